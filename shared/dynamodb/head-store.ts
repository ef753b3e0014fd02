import { randomUUID } from 'node:crypto';
import { Fault } from '../errors.ts';
import type { Change, Generation, Head } from '../generation/head.ts';
import { changeSchema, generationSchema, headSchema } from '../generation/head.ts';
import type { HeadStore, PatternOverview } from '../generation/ports.ts';
import { shortHash } from '../hash.ts';
import type { NearLesson } from '../lesson/lesson.ts';
import type { PolicyComparison } from '../override/evaluation/evaluation.ts';
import { evidenceSchema } from '../override/evaluation/evaluation.ts';
import type { PatternKey } from '../pattern/pattern-key.ts';
import { parsePatternKey } from '../pattern/pattern-key.ts';
import { DAY_MS } from '../time.ts';
import type { Dynamo, Item } from './client.ts';
import type { Counter } from './counter-updates.ts';
import { COUNTERS } from './counter-updates.ts';
import * as keys from './keys.ts';

/** Superseded generations and the audit are kept this long. */
export const HISTORY_DAYS = 30;
const AUDIT_DAYS = 400;
const AUDIT_PAGE = 100;

/** Heads and what belongs to a pattern, in the control table. */
export class DynamoHeadStore implements HeadStore {
  readonly #db: Dynamo;
  readonly #table: string;
  readonly #now: () => number;
  /** Patterns that are known to be registered; there are few, and they are never removed. */
  readonly #registered = new Set<PatternKey>();

  constructor(db: Dynamo, table: string, now: () => number) {
    this.#db = db;
    this.#table = table;
    this.#now = now;
  }

  async patterns(): Promise<PatternKey[]> {
    const items = await this.#db.query(this.#partition(keys.PATTERNS));
    return items.map(item => parsePatternKey(String(item.sk)));
  }

  async register(patterns: readonly PatternKey[]): Promise<void> {
    for (const pattern of patterns) {
      if (this.#registered.has(pattern)) continue;
      await this.#db.update({
        TableName: this.#table,
        Key: { pk: keys.PATTERNS, sk: pattern },
        UpdateExpression: 'SET since = if_not_exists(since, :now)',
        ExpressionAttributeValues: { ':now': this.#now() },
      });
      this.#registered.add(pattern);
    }
  }

  async head(pattern: PatternKey): Promise<Head | undefined> {
    return toHead(await this.#get(pattern, keys.HEAD));
  }

  async replaceHead(pattern: PatternKey, head: Head): Promise<boolean> {
    const first = head.version === 1;
    return this.#db.put({
      TableName: this.#table,
      Item: { pk: keys.patternPartition(pattern), sk: keys.HEAD, version: head.version, head },
      ConditionExpression: first ? 'attribute_not_exists(pk)' : 'version = :before',
      ...(!first && { ExpressionAttributeValues: { ':before': head.version - 1 } }),
    });
  }

  async archive(pattern: PatternKey, generation: Generation): Promise<void> {
    await this.#put(pattern, keys.generationSort(generation.generation), { generation }, HISTORY_DAYS);
  }

  async archived(pattern: PatternKey): Promise<Generation[]> {
    const items = await this.#db.query({
      ...this.#partition(keys.patternPartition(pattern), keys.GENERATION_PREFIX),
      ScanIndexForward: false,
    });
    return items.filter(item => !this.#expired(item)).map(item => generationSchema.parse(item.generation));
  }

  async audit(pattern: PatternKey, change: Change): Promise<void> {
    await this.#put(pattern, keys.auditSort(change.at, randomUUID().slice(0, 8)), { change }, AUDIT_DAYS);
  }

  async audits(pattern: PatternKey): Promise<Change[]> {
    const items = await this.#db.queryPage({
      ...this.#partition(keys.patternPartition(pattern), keys.AUDIT_PREFIX),
      ScanIndexForward: false,
      Limit: AUDIT_PAGE,
    });
    return items.map(item => changeSchema.parse(item.change));
  }

  async overview(): Promise<PatternOverview[]> {
    const patterns = await this.#db.query(this.#partition(keys.PATTERNS));
    const wanted = patterns.flatMap(({ sk }) =>
      [keys.HEAD, keys.COUNTS].map(sort => ({
        pk: keys.patternPartition(parsePatternKey(String(sk))),
        sk: sort,
      })),
    );
    const items = await this.#db.getMany(this.#table, wanted);
    const found = new Map(items.map(item => [`${item.pk} ${item.sk}`, item]));
    return patterns.map(({ sk, since }) => {
      const pattern = parsePatternKey(String(sk));
      const pk = keys.patternPartition(pattern);
      const head = toHead(found.get(`${pk} ${keys.HEAD}`));
      return { pattern, since: Number(since), head, ...toCounts(found.get(`${pk} ${keys.COUNTS}`)) };
    });
  }

  async near(pattern: PatternKey): Promise<NearLesson[]> {
    const item = await this.#get(pattern, keys.NEAR);
    return typeof item?.rows === 'string' ? (JSON.parse(item.rows) as NearLesson[]) : [];
  }

  async putNear(pattern: PatternKey, near: readonly NearLesson[]): Promise<void> {
    await this.#putIfNew(pattern, keys.NEAR, JSON.stringify(near));
  }

  async evidence(pattern: PatternKey): Promise<PolicyComparison | undefined> {
    const item = await this.#get(pattern, keys.EVIDENCE);
    if (typeof item?.rows !== 'string') return undefined;
    const evidence = evidenceSchema.safeParse(JSON.parse(item.rows));
    // From a version that recorded other figures: the next run writes it anew.
    return evidence.success ? evidence.data : undefined;
  }

  async putEvidence(pattern: PatternKey, evidence: PolicyComparison): Promise<void> {
    await this.#putIfNew(pattern, keys.EVIDENCE, JSON.stringify(evidence));
  }

  async #putIfNew(pattern: PatternKey, sort: string, rows: string): Promise<void> {
    const hash = shortHash(rows);
    const stored = await this.#db.get({
      TableName: this.#table,
      Key: { pk: keys.patternPartition(pattern), sk: sort },
      ProjectionExpression: '#h',
      ExpressionAttributeNames: { '#h': 'hash' },
    });
    if (stored?.hash !== hash) await this.#put(pattern, sort, { rows, hash });
  }

  async #get(pattern: PatternKey, sort: string): Promise<Item | undefined> {
    return this.#db.get({ TableName: this.#table, Key: { pk: keys.patternPartition(pattern), sk: sort } });
  }

  async #put(pattern: PatternKey, sort: string, content: Item, days?: number): Promise<void> {
    const expires = days && { [keys.TTL_ATTRIBUTE]: Math.ceil((this.#now() + days * DAY_MS) / 1000) };
    const Item = { pk: keys.patternPartition(pattern), sk: sort, ...content, ...expires };
    await this.#db.put({ TableName: this.#table, Item });
  }

  /** DynamoDB deletes expired items within days; until then they are gone for readers. */
  #expired(item: Item): boolean {
    const expires = item[keys.TTL_ATTRIBUTE];
    return typeof expires === 'number' && expires * 1000 <= this.#now();
  }

  #partition(partition: string, prefix?: string) {
    return {
      TableName: this.#table,
      ConsistentRead: true,
      KeyConditionExpression: prefix === undefined ? 'pk = :p' : 'pk = :p AND begins_with(sk, :s)',
      ExpressionAttributeValues: { ':p': partition, ...(prefix !== undefined && { ':s': prefix }) },
    };
  }
}

function toHead(item: Item | undefined): Head | undefined {
  if (!item) return undefined;
  const head = headSchema.safeParse(item.head);
  if (!head.success) throw new Fault('damaged_generation', 'the head is unreadable', { cause: head.error });
  return head.data;
}

function toCounts(item: Item | undefined): Pick<PatternOverview, 'counts' | 'conflicts'> {
  const of = (counter: Counter): number => {
    const value = item?.[COUNTERS[counter]];
    return typeof value === 'number' ? Math.max(0, value) : 0;
  };
  return {
    counts: { total: of('total'), withOutcome: of('withOutcome'), parked: of('parked') },
    conflicts: { events: of('eventConflicts'), outcomes: of('outcomeConflicts') },
  };
}
