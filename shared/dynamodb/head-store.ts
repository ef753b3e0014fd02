import { randomUUID } from 'node:crypto';
import { Fault } from '../errors.ts';
import type { Change, Generation } from '../generation/generation.ts';
import { changeSchema, generationSchema } from '../generation/generation.ts';
import type { Head } from '../generation/head.ts';
import { headSchema } from '../generation/head.ts';
import type { HeadStore, PatternOverview, StoredDays } from '../generation/ports.ts';
import { shortHash } from '../hash.ts';
import type { NearLesson } from '../lesson/lesson.ts';
import type { PolicyComparison } from '../override/evaluation/evaluation.ts';
import { evidenceSchema } from '../override/evaluation/evaluation.ts';
import type { PatternKey } from '../pattern/pattern-key.ts';
import { parsePatternKey } from '../pattern/pattern-key.ts';
import type { Item } from './client.ts';
import type { ControlTable } from './control-table.ts';
import type { Counter } from './counter-updates.ts';
import { COUNTERS } from './counter-updates.ts';
import { isExpired } from './expiry.ts';
import * as keys from './keys.ts';
import { assertReadable } from './stored-format.ts';

/** Days after which a superseded generation expires. */
export const HISTORY_DAYS = 30;
/** Days after which an audit record expires. */
const AUDIT_DAYS = 400;
/** Maximum number of audit records that are read at once. */
const AUDIT_PAGE = 100;

/** Heads of patterns in the control table, with their generations, audit, counters, near lessons and evidence. */
export class DynamoHeadStore implements HeadStore {
  readonly #control: ControlTable;
  /** Patterns that this process has registered; there are few, and they are never removed. */
  readonly #registered = new Set<PatternKey>();

  constructor(control: ControlTable) {
    this.#control = control;
  }

  async patterns(): Promise<PatternKey[]> {
    const items = await this.#control.db.query(this.#control.partition(keys.PATTERNS));
    return items.map(item => parsePatternKey(String(item.sk)));
  }

  async register(patterns: readonly PatternKey[]): Promise<void> {
    for (const pattern of patterns) {
      if (this.#registered.has(pattern)) continue;
      await this.#control.db.update({
        TableName: this.#control.name,
        Key: { pk: keys.PATTERNS, sk: pattern },
        UpdateExpression: 'SET since = if_not_exists(since, :now)',
        ExpressionAttributeValues: { ':now': this.#control.now() },
      });
      this.#registered.add(pattern);
    }
  }

  async head(pattern: PatternKey): Promise<Head | undefined> {
    return toHead(await this.#get(pattern, keys.HEAD));
  }

  async replaceHead(pattern: PatternKey, head: Head): Promise<boolean> {
    const first = head.version === 1;
    return this.#control.db.put({
      TableName: this.#control.name,
      Item: { pk: keys.patternPartition(pattern), sk: keys.HEAD, version: head.version, head },
      ConditionExpression: first ? 'attribute_not_exists(pk)' : 'version = :before',
      ...(!first && { ExpressionAttributeValues: { ':before': head.version - 1 } }),
    });
  }

  async archive(pattern: PatternKey, generation: Generation): Promise<void> {
    await this.#put(pattern, keys.generationSort(generation.generation), { generation }, HISTORY_DAYS);
  }

  async archived(pattern: PatternKey): Promise<Generation[]> {
    const items = await this.#control.db.query({
      ...this.#control.partition(keys.patternPartition(pattern), keys.GENERATION_PREFIX),
      ScanIndexForward: false,
    });
    return items.filter(item => !isExpired(item, this.#control.now())).map(toGeneration);
  }

  async audit(pattern: PatternKey, change: Change): Promise<void> {
    await this.#put(pattern, keys.auditSort(change.at, randomUUID().slice(0, 8)), { change }, AUDIT_DAYS);
  }

  async audits(pattern: PatternKey): Promise<Change[]> {
    const items = await this.#control.db.queryPage({
      ...this.#control.partition(keys.patternPartition(pattern), keys.AUDIT_PREFIX),
      ScanIndexForward: false,
      Limit: AUDIT_PAGE,
    });
    return items.map(item => changeSchema.parse(item.change));
  }

  async overview(): Promise<PatternOverview[]> {
    const patterns = await this.#control.db.query(this.#control.partition(keys.PATTERNS));
    const itemKeys = patterns.flatMap(({ sk }) =>
      [keys.HEAD, keys.COUNTS].map(sort => ({
        pk: keys.patternPartition(parsePatternKey(String(sk))),
        sk: sort,
      })),
    );
    const items = await this.#control.db.getMany(this.#control.name, itemKeys);
    const itemsByKey = new Map(items.map(item => [`${item.pk} ${item.sk}`, item]));
    return patterns.map(({ sk, since }) => {
      const pattern = parsePatternKey(String(sk));
      const pk = keys.patternPartition(pattern);
      const head = toHead(itemsByKey.get(`${pk} ${keys.HEAD}`));
      return { pattern, since: Number(since), head, ...toCounts(itemsByKey.get(`${pk} ${keys.COUNTS}`)) };
    });
  }

  async near(pattern: PatternKey): Promise<NearLesson[]> {
    const item = await this.#get(pattern, keys.NEAR);
    return typeof item?.rows === 'string' ? (JSON.parse(item.rows) as NearLesson[]) : [];
  }

  async putNear(pattern: PatternKey, near: readonly NearLesson[]): Promise<void> {
    await this.#putIfChanged(pattern, keys.NEAR, JSON.stringify(near));
  }

  async evidence(pattern: PatternKey): Promise<PolicyComparison | undefined> {
    const item = await this.#get(pattern, keys.EVIDENCE);
    if (typeof item?.rows !== 'string') return undefined;
    const evidence = evidenceSchema.safeParse(JSON.parse(item.rows));
    // A record that an earlier version wrote with other fields is ignored; the next run replaces it.
    return evidence.success ? evidence.data : undefined;
  }

  async putEvidence(pattern: PatternKey, evidence: PolicyComparison): Promise<void> {
    await this.#putIfChanged(pattern, keys.EVIDENCE, JSON.stringify(evidence));
  }

  async storedDays(pattern: PatternKey): Promise<StoredDays> {
    const item = await this.#get(pattern, keys.BASE_DAYS);
    if (typeof item?.rows !== 'string') return { writtenOn: 0, days: [] };
    const rows = JSON.parse(item.rows) as [day: number, winners: number, losers: number][];
    const days = rows.map(([day, winners, losers]) => ({ day, winners, losers }));
    return { writtenOn: Number(item.written_on), days };
  }

  /** Writes one item of at most 366 short entries, about 5 kB. */
  async putStoredDays(pattern: PatternKey, { writtenOn, days }: StoredDays): Promise<void> {
    const rows = JSON.stringify(days.map(({ day, winners, losers }) => [day, winners, losers]));
    await this.#put(pattern, keys.BASE_DAYS, { rows, written_on: writtenOn });
  }

  async #putIfChanged(pattern: PatternKey, sort: string, rows: string): Promise<void> {
    const hash = shortHash(rows);
    const stored = await this.#control.db.get({
      TableName: this.#control.name,
      Key: { pk: keys.patternPartition(pattern), sk: sort },
      ProjectionExpression: '#h',
      ExpressionAttributeNames: { '#h': 'hash' },
    });
    if (stored?.hash !== hash) await this.#put(pattern, sort, { rows, hash });
  }

  async #get(pattern: PatternKey, sort: string): Promise<Item | undefined> {
    return this.#control.get(keys.patternPartition(pattern), sort);
  }

  async #put(pattern: PatternKey, sort: string, content: Item, days?: number): Promise<void> {
    await this.#control.put(keys.patternPartition(pattern), sort, content, days);
  }
}

/** @throws Fault `newer_data`, `damaged_generation` */
function toHead(item: Item | undefined): Head | undefined {
  if (!item) return undefined;
  assertReadable(item, 'the head of this pattern');
  const head = headSchema.safeParse(item.head);
  if (!head.success) throw new Fault('damaged_generation', 'the head is unreadable', { cause: head.error });
  return head.data;
}

/** @throws Fault `newer_data` */
function toGeneration(item: Item): Generation {
  assertReadable(item, 'an archived generation');
  return generationSchema.parse(item.generation);
}

function toCounts(item: Item | undefined): Pick<PatternOverview, 'counts' | 'conflicts'> {
  const countOf = (counter: Counter): number => {
    const value = item?.[COUNTERS[counter]];
    return typeof value === 'number' ? Math.max(0, value) : 0;
  };
  return {
    counts: { total: countOf('total'), withOutcome: countOf('withOutcome'), parked: countOf('parked') },
    conflicts: { events: countOf('eventConflicts'), outcomes: countOf('outcomeConflicts') },
  };
}
