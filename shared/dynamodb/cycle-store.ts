import type { CycleRecord, CycleSummary, PatternRun } from '../cycle/cycle.ts';
import { cycleSummarySchema, patternRunSchema } from '../cycle/cycle.ts';
import type { CycleStore } from '../cycle/cycle-store.ts';
import { DAY_MS } from '../time.ts';
import type { Dynamo } from './client.ts';
import { mapBatches } from './client.ts';
import { CYCLES, cyclePartition, TTL_ATTRIBUTE } from './keys.ts';

/** Records of runs are kept this long. */
const RECORD_DAYS = 90;
/** The record of every run, in the control table: one summary, and one row per pattern. */
export class DynamoCycleStore implements CycleStore {
  readonly #db: Dynamo;
  readonly #table: string;
  readonly #now: () => number;

  constructor(db: Dynamo, table: string, now: () => number) {
    this.#db = db;
    this.#table = table;
    this.#now = now;
  }

  async put(summary: CycleSummary): Promise<void> {
    await this.#put(CYCLES, summary.cycle_id, { summary });
  }

  async putRun(cycleId: string, run: PatternRun): Promise<void> {
    await this.#put(cyclePartition(cycleId), run.pattern_key, { run });
  }

  async runs(cycleId: string): Promise<PatternRun[]> {
    const items = await this.#db.query({
      TableName: this.#table,
      ConsistentRead: true,
      KeyConditionExpression: 'pk = :p',
      ExpressionAttributeValues: { ':p': cyclePartition(cycleId) },
    });
    return items.map(item => patternRunSchema.parse(item.run));
  }

  async get(cycleId: string): Promise<CycleRecord | undefined> {
    const item = await this.#db.get({ TableName: this.#table, Key: { pk: CYCLES, sk: cycleId } });
    if (!item) return undefined;
    return { ...cycleSummarySchema.parse(item.summary), patterns: await this.runs(cycleId) };
  }

  async list(limit: number, before?: string): Promise<CycleSummary[]> {
    const items = await this.#db.queryPage({
      TableName: this.#table,
      ConsistentRead: true,
      KeyConditionExpression: before === undefined ? 'pk = :p' : 'pk = :p AND sk < :b',
      ExpressionAttributeValues: { ':p': CYCLES, ...(before !== undefined && { ':b': before }) },
      ScanIndexForward: false,
      Limit: limit,
    });
    return items.map(item => cycleSummarySchema.parse(item.summary));
  }

  async records(limit: number, before?: string): Promise<CycleRecord[]> {
    const summaries = await this.list(limit, before);
    const runs = await mapBatches(summaries, 1, ([summary]) => this.runs(summary?.cycle_id ?? ''));
    return summaries.map((summary, i) => ({ ...summary, patterns: runs[i] ?? [] }));
  }

  async #put(pk: string, sk: string, content: object): Promise<void> {
    const expires = Math.ceil((this.#now() + RECORD_DAYS * DAY_MS) / 1000);
    await this.#db.put({ TableName: this.#table, Item: { pk, sk, ...content, [TTL_ATTRIBUTE]: expires } });
  }
}
