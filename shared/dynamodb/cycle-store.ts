import type { ComputedSets, CycleRecord, CycleSummary, PatternRun } from '../cycle/cycle.ts';
import { computedSetsSchema, cycleSummarySchema, patternRunSchema } from '../cycle/cycle.ts';
import type { CycleStore } from '../cycle/cycle-store.ts';
import { coversAllPatterns } from '../cycle/health.ts';
import type { PatternKey } from '../pattern/pattern-key.ts';
import { storedPatternKey } from '../pattern/pattern-key.ts';
import { expiryAfter } from '../time.ts';
import type { Item } from './client.ts';
import type { ControlTable } from './control-table.ts';
import {
  CYCLES,
  cyclePartition,
  LAST_CYCLE,
  LAST_FULL,
  pageSort,
  runPatternsPartition,
  TRIALS,
  TTL_ATTRIBUTE,
} from './keys.ts';

/** Days after which the record of a run expires. */
const RECORD_DAYS = 90;
/** Days after which the list of the patterns of a run expires. No run takes longer than an hour. */
const LIST_DAYS = 2;
/** Patterns in one item of the list. Each step of a pattern reads one item. */
const PAGE_SIZE = 25;

/**
 * Records of runs in the control table: one summary per run, and one item per pattern of a run. Summaries of trials have
 * a partition of their own, so that no number of trials hides the last run that publishes.
 */
export class DynamoCycleStore implements CycleStore {
  readonly #control: ControlTable;

  constructor(control: ControlTable) {
    this.#control = control;
  }

  async put(summary: CycleSummary): Promise<void> {
    await this.#control.put(summary.trial ? TRIALS : CYCLES, summary.cycle_id, { summary }, RECORD_DAYS);
    if (summary.finished_at !== undefined && coversAllPatterns(summary))
      await this.#control.put(LAST_CYCLE, LAST_FULL, { summary }, RECORD_DAYS);
  }

  async lastFull(): Promise<CycleSummary | undefined> {
    const item = await this.#control.get(LAST_CYCLE, LAST_FULL);
    return item && cycleSummarySchema.parse(item.summary);
  }

  async putPatterns(cycleId: string, patterns: readonly PatternKey[]): Promise<void> {
    const { db, name, now } = this.#control;
    const pages = Array.from({ length: Math.ceil(patterns.length / PAGE_SIZE) }, (_, page) => ({
      pk: runPatternsPartition(cycleId),
      sk: pageSort(page),
      patterns: patterns.slice(page * PAGE_SIZE, (page + 1) * PAGE_SIZE),
      [TTL_ATTRIBUTE]: expiryAfter(now(), LIST_DAYS),
    }));
    await db.putMany(name, pages);
  }

  async patterns(cycleId: string): Promise<PatternKey[]> {
    const items = await this.#control.db.query(this.#control.partition(runPatternsPartition(cycleId)));
    return items.flatMap(patternsOf);
  }

  async pattern(cycleId: string, item: number): Promise<PatternKey | undefined> {
    const page = await this.#control.get(
      runPatternsPartition(cycleId),
      pageSort(Math.floor(item / PAGE_SIZE)),
    );
    return page && patternsOf(page)[item % PAGE_SIZE];
  }

  async putRun(cycleId: string, run: PatternRun, computed?: ComputedSets): Promise<void> {
    const content = { run, ...(computed && { computed }) };
    await this.#control.put(cyclePartition(cycleId), run.pattern_key, content, RECORD_DAYS);
  }

  async runs(cycleId: string): Promise<PatternRun[]> {
    const items = await this.#control.db.query(this.#control.partition(cyclePartition(cycleId)));
    return items.map(item => patternRunSchema.parse(item.run));
  }

  async computed(cycleId: string, pattern: PatternKey) {
    const item = await this.#control.get(cyclePartition(cycleId), pattern);
    if (!item) return undefined;
    return {
      run: patternRunSchema.parse(item.run),
      ...(item.computed !== undefined && { sets: computedSetsSchema.parse(item.computed) }),
    };
  }

  async summary(cycleId: string): Promise<CycleSummary | undefined> {
    const [run, trial] = await Promise.all([CYCLES, TRIALS].map(pk => this.#control.get(pk, cycleId)));
    const item = run ?? trial;
    return item && cycleSummarySchema.parse(item.summary);
  }

  async get(cycleId: string): Promise<CycleRecord | undefined> {
    const summary = await this.summary(cycleId);
    return summary && { ...summary, patterns: await this.runs(cycleId) };
  }

  async list(limit: number, before?: string): Promise<CycleSummary[]> {
    return this.#newest(CYCLES, limit, before);
  }

  async listAll(limit: number, before?: string): Promise<CycleSummary[]> {
    const lists = await Promise.all([CYCLES, TRIALS].map(pk => this.#newest(pk, limit, before)));
    return lists
      .flat()
      .sort((a, b) => (a.cycle_id < b.cycle_id ? 1 : -1))
      .slice(0, limit);
  }

  async #newest(partition: string, limit: number, before?: string): Promise<CycleSummary[]> {
    const items = await this.#control.db.queryPage({
      TableName: this.#control.name,
      ConsistentRead: true,
      KeyConditionExpression: before === undefined ? 'pk = :p' : 'pk = :p AND sk < :b',
      ExpressionAttributeValues: { ':p': partition, ...(before !== undefined && { ':b': before }) },
      ScanIndexForward: false,
      Limit: limit,
    });
    return items.map(item => cycleSummarySchema.parse(item.summary));
  }
}

function patternsOf({ patterns }: Item): PatternKey[] {
  return Array.isArray(patterns) ? patterns.map(pattern => storedPatternKey(String(pattern))) : [];
}
