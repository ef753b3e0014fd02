import type { CycleRecord, CycleSummary, PatternRun } from '../cycle/cycle.ts';
import { cycleSummarySchema, patternRunSchema } from '../cycle/cycle.ts';
import type { CycleStore } from '../cycle/cycle-store.ts';
import { coversAllPatterns } from '../cycle/health.ts';
import { mapBatches } from './client.ts';
import type { ControlTable } from './control-table.ts';
import { CYCLES, cyclePartition, LAST_CYCLE, LAST_FULL } from './keys.ts';

/** Days after which the record of a run expires. */
const RECORD_DAYS = 90;

/** Records of runs in the control table: one summary per run, and one item per pattern of a run. */
export class DynamoCycleStore implements CycleStore {
  readonly #control: ControlTable;

  constructor(control: ControlTable) {
    this.#control = control;
  }

  async put(summary: CycleSummary): Promise<void> {
    await this.#control.put(CYCLES, summary.cycle_id, { summary }, RECORD_DAYS);
    if (summary.finished_at !== undefined && coversAllPatterns(summary))
      await this.#control.put(LAST_CYCLE, LAST_FULL, { summary }, RECORD_DAYS);
  }

  async lastFull(): Promise<CycleSummary | undefined> {
    const item = await this.#control.get(LAST_CYCLE, LAST_FULL);
    return item && cycleSummarySchema.parse(item.summary);
  }

  async putRun(cycleId: string, run: PatternRun): Promise<void> {
    await this.#control.put(cyclePartition(cycleId), run.pattern_key, { run }, RECORD_DAYS);
  }

  async runs(cycleId: string): Promise<PatternRun[]> {
    const items = await this.#control.db.query(this.#control.partition(cyclePartition(cycleId)));
    return items.map(item => patternRunSchema.parse(item.run));
  }

  async get(cycleId: string): Promise<CycleRecord | undefined> {
    const item = await this.#control.get(CYCLES, cycleId);
    if (!item) return undefined;
    return { ...cycleSummarySchema.parse(item.summary), patterns: await this.runs(cycleId) };
  }

  async list(limit: number, before?: string): Promise<CycleSummary[]> {
    const items = await this.#control.db.queryPage({
      TableName: this.#control.name,
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
}
