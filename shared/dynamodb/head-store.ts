import type { EventCounts } from '../episode/episode-store.ts';
import { Fault, faultCode } from '../errors.ts';
import type { Generation, RetainedRowSetRef } from '../generation/generation.ts';
import { generationSchema, keptSetSchema } from '../generation/generation.ts';
import type { Head } from '../generation/head.ts';
import { headSchema } from '../generation/head.ts';
import type {
  HeadStore,
  PatternOverview,
  RowSetStore,
  StoredDays,
  WriterCounts,
} from '../generation/ports.ts';
import { storeUnlessUnchanged } from '../generation/retention.ts';
import { revived } from '../generation/retired.ts';
import type { ServiceSwitch } from '../generation/service-mode.ts';
import { serviceSwitchSchema } from '../generation/service-mode.ts';
import type { NearLesson } from '../lesson/lesson.ts';
import { byFewestMissing } from '../lesson/lesson.ts';
import type { PolicyComparison } from '../override/evaluation/evaluation.ts';
import { evidenceSchema } from '../override/evaluation/evaluation.ts';
import type { PatternKey } from '../pattern/pattern-key.ts';
import { storedPatternKey } from '../pattern/pattern-key.ts';
import type { Item } from './client.ts';
import { mapBatches } from './client.ts';
import type { ControlTable } from './control-table.ts';
import type { Counter } from './counter-updates.ts';
import { BY_WRITER, COUNTERS, WAITING, WAITING_SINCE } from './counter-updates.ts';
import { isExpired } from './expiry.ts';
import * as keys from './keys.ts';
import { assertReadable } from './stored-format.ts';

/** Days after which a superseded generation expires. */
export const HISTORY_DAYS = 30;

/** Heads of patterns in the control table, with their generations, counters, near lessons and evidence. */
export class DynamoHeadStore implements HeadStore {
  readonly #control: ControlTable;
  readonly #nearSets: RowSetStore<NearLesson>;
  /** Patterns that this process has registered or found registered; there are few, and they are never removed. */
  readonly #registered = new Set<PatternKey>();

  /** @param nearSets stores near lessons as row sets, because a list of them may exceed the size of an item */
  constructor(control: ControlTable, nearSets: RowSetStore<NearLesson>) {
    this.#control = control;
    this.#nearSets = nearSets;
  }

  async patterns(): Promise<PatternKey[]> {
    const items = await this.#control.db.query(this.#control.partition(keys.PATTERNS));
    return items.filter(isNamedByEvent).map(item => storedPatternKey(String(item.sk)));
  }

  async register(patterns: readonly PatternKey[], namedBy: 'event' | 'outcome' = 'event'): Promise<void> {
    const attribute = namedBy === 'event' ? 'since' : 'waiting';
    const unknown = patterns.filter(pattern => !this.#registered.has(pattern));
    const write = async ([pattern]: readonly PatternKey[]): Promise<void> => {
      await this.#control.db.update({
        TableName: this.#control.name,
        Key: { pk: keys.PATTERNS, sk: pattern },
        UpdateExpression: `SET ${attribute} = if_not_exists(${attribute}, :now)`,
        ExpressionAttributeValues: { ':now': this.#control.now() },
      });
      if (pattern !== undefined && namedBy === 'event') this.#registered.add(pattern);
    };
    await mapBatches(unknown, 1, write, 16);
  }

  async unregistered(
    patterns: readonly PatternKey[],
    namedBy: 'event' | 'outcome',
  ): Promise<readonly PatternKey[]> {
    const unknown = patterns.filter(pattern => !this.#registered.has(pattern));
    const itemKeys = unknown.map(pattern => ({ pk: keys.PATTERNS, sk: pattern }));
    const items = await this.#control.db.getMany(this.#control.name, itemKeys);
    const named = new Set(items.filter(item => namedBy === 'outcome' || isNamedByEvent(item)).map(i => i.sk));
    for (const { sk } of items.filter(isNamedByEvent)) this.#registered.add(storedPatternKey(String(sk)));
    return unknown.filter(pattern => !named.has(pattern));
  }

  async isRegistered(pattern: PatternKey): Promise<boolean> {
    if (this.#registered.has(pattern)) return true;
    const item = await this.#control.get(keys.PATTERNS, pattern);
    if (!item || !isNamedByEvent(item)) return false;
    this.#registered.add(pattern);
    return true;
  }

  async head(pattern: PatternKey): Promise<Head | undefined> {
    return this.#asItCounts(pattern, toHead(await this.#get(pattern, keys.HEAD)));
  }

  async headAndService(pattern: PatternKey) {
    const headKey = { pk: keys.patternPartition(pattern), sk: keys.HEAD };
    const items = await this.#control.db.getMany(this.#control.name, [headKey, keys.SERVICE_KEY]);
    const stored = items.find(item => item.sk === keys.SERVICE_KEY.sk);
    const head = toHead(items.find(item => item.sk === keys.HEAD));
    return { head: await this.#asItCounts(pattern, head), service: toSwitch(stored)?.mode ?? 'live' };
  }

  async serviceSwitch(): Promise<ServiceSwitch | undefined> {
    return toSwitch(await this.#control.get(keys.SERVICE_KEY.pk, keys.SERVICE_KEY.sk));
  }

  async replaceServiceSwitch(next: ServiceSwitch): Promise<boolean> {
    const before = next.version - 1;
    return this.#control.db.put({
      TableName: this.#control.name,
      Item: { ...keys.SERVICE_KEY, version: next.version, switch: next },
      ConditionExpression: before === 0 ? 'attribute_not_exists(pk)' : 'version = :before',
      ...(before > 0 && { ExpressionAttributeValues: { ':before': before } }),
    });
  }

  /** Only the head of a retired pattern takes a second read. */
  async #asItCounts(pattern: PatternKey, head: Head | undefined): Promise<Head | undefined> {
    return head?.mode === 'retired' ? revived(head, (await this.counts(pattern)).total) : head;
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

  async counts(pattern: PatternKey): Promise<EventCounts> {
    return toCounts(await this.#get(pattern, keys.COUNTS)).counts;
  }

  async activePatterns() {
    const { patterns, itemOf } = await this.#headsAndCounts();
    return patterns.filter(isNamedByEvent).flatMap(({ sk }) => {
      const pattern = storedPatternKey(String(sk));
      const retirement = retirementOf(itemOf(pattern, keys.HEAD), itemOf(pattern, keys.COUNTS));
      return retirement === 'retired' ? [] : [{ pattern, isBack: retirement === 'ended' }];
    });
  }

  async overview(): Promise<PatternOverview[]> {
    const { patterns, itemOf } = await this.#headsAndCounts();
    return patterns.map(({ sk, since, waiting }) => {
      const pattern = storedPatternKey(String(sk));
      const head = toReadableHead(itemOf(pattern, keys.HEAD));
      const counted = toCounts(itemOf(pattern, keys.COUNTS));
      return {
        pattern,
        since: Number(since ?? waiting),
        head: head && revived(head, counted.counts.total),
        ...(itemOf(pattern, keys.HEAD) && !head && { isHeadDamaged: true }),
        ...counted,
      };
    });
  }

  async writerCounts(pattern?: PatternKey): Promise<WriterCounts[]> {
    const patterns = pattern === undefined ? await this.patterns() : [pattern];
    const itemKeys = patterns.map(key => ({ pk: keys.patternPartition(key), sk: keys.COUNTS }));
    const items = await this.#control.db.getMany(this.#control.name, itemKeys);
    return items.map(item => ({ total: toCounts(item).counts.total, byWriter: eventsByWriter(item) }));
  }

  /** Reads the registered patterns, and the head and the counts of each. */
  async #headsAndCounts() {
    const patterns = await this.#control.db.query(this.#control.partition(keys.PATTERNS));
    const itemKeys = patterns.flatMap(({ sk }) =>
      [keys.HEAD, keys.COUNTS].map(sort => ({
        pk: keys.patternPartition(storedPatternKey(String(sk))),
        sk: sort,
      })),
    );
    const items = await this.#control.db.getMany(this.#control.name, itemKeys);
    const itemsByKey = new Map(items.map(item => [`${item.pk} ${item.sk}`, item]));
    const itemOf = (pattern: PatternKey, sort: string): Item | undefined =>
      itemsByKey.get(`${keys.patternPartition(pattern)} ${sort}`);
    return { patterns, itemOf };
  }

  async near(pattern: PatternKey): Promise<NearLesson[]> {
    const item = await this.#get(pattern, keys.NEAR);
    // Release 0.1.0 stored the rows in the item itself.
    if (typeof item?.rows === 'string') return JSON.parse(item.rows) as NearLesson[];
    const set = keptSetSchema.safeParse(item?.set);
    // The rows of a list that no run has confirmed for two months have expired.
    if (!set.success || Date.parse(set.data.kept_until) <= this.#control.now()) return [];
    return this.nearOf(pattern, set.data);
  }

  async nearOf(pattern: PatternKey, set: RetainedRowSetRef): Promise<NearLesson[]> {
    return (await this.#nearSets.read(pattern, set)).sort(byFewestMissing);
  }

  async storeNear(pattern: PatternKey, near: readonly NearLesson[]): Promise<RetainedRowSetRef> {
    return this.#storeNear(pattern, near, await this.#storedNear(pattern));
  }

  async putNear(pattern: PatternKey, near: readonly NearLesson[]): Promise<RetainedRowSetRef> {
    const stored = await this.#storedNear(pattern);
    const set = await this.#storeNear(pattern, near, stored);
    if (set !== stored) await this.#put(pattern, keys.NEAR, { set });
    return set;
  }

  async #storedNear(pattern: PatternKey): Promise<RetainedRowSetRef | undefined> {
    return keptSetSchema.safeParse((await this.#get(pattern, keys.NEAR))?.set).data;
  }

  async #storeNear(
    pattern: PatternKey,
    near: readonly NearLesson[],
    stored: RetainedRowSetRef | undefined,
  ): Promise<RetainedRowSetRef> {
    const rows = near.toSorted((a, b) => (a.scope_hash < b.scope_hash ? -1 : 1));
    return storeUnlessUnchanged(this.#control, this.#nearSets, pattern, rows, stored);
  }

  async evidence(pattern: PatternKey): Promise<PolicyComparison | undefined> {
    const item = await this.#get(pattern, keys.EVIDENCE);
    if (typeof item?.rows !== 'string') return undefined;
    const evidence = evidenceSchema.safeParse(JSON.parse(item.rows));
    // A record that an earlier version wrote with other fields is ignored; the next run replaces it.
    return evidence.success ? evidence.data : undefined;
  }

  async putEvidence(pattern: PatternKey, evidence: PolicyComparison): Promise<void> {
    await this.#control.putIfChanged(keys.patternPartition(pattern), keys.EVIDENCE, JSON.stringify(evidence));
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

/** Returns whether a pattern is retired, or an event has ended its retirement. An unreadable head counts as neither. */
function retirementOf(head: Item | undefined, counts: Item | undefined): 'retired' | 'ended' | undefined {
  const stored = headSchema.safeParse(head?.head).data;
  if (stored?.mode !== 'retired') return undefined;
  return revived(stored, toCounts(counts).counts.total).mode === 'retired' ? 'retired' : 'ended';
}

/** Returns whether an event has named a pattern; else only outcomes that wait for their events have. */
const isNamedByEvent = ({ since }: Item): boolean => since !== undefined;

/** @throws Fault `damaged_generation` */
function toSwitch(item: Item | undefined): ServiceSwitch | undefined {
  if (!item) return undefined;
  const parsed = serviceSwitchSchema.safeParse(item.switch);
  if (parsed.success) return parsed.data;
  throw new Fault('damaged_generation', 'the mode of the service is unreadable', { cause: parsed.error });
}

/** Returns undefined for a damaged head, so that it hides no other pattern. @throws Fault `newer_data` */
function toReadableHead(item: Item | undefined): Head | undefined {
  try {
    return toHead(item);
  } catch (error) {
    if (faultCode(error) === 'damaged_generation') return undefined;
    throw error;
  }
}

/** @throws Fault `newer_data` */
function toGeneration(item: Item): Generation {
  assertReadable(item, 'an archived generation');
  return generationSchema.parse(item.generation);
}

function eventsByWriter(item: Item): Map<number, number> {
  const counted = Object.entries(item).filter(([name]) => name.startsWith(BY_WRITER));
  return new Map(
    counted.map(([name, events]) => [Number.parseInt(name.slice(BY_WRITER.length), 36), Number(events)]),
  );
}

function toCounts(item: Item | undefined): Pick<PatternOverview, 'counts' | 'conflicts'> {
  const countOf = (counter: Counter): number => {
    const value = item?.[COUNTERS[counter]];
    return typeof value === 'number' ? Math.max(0, value) : 0;
  };
  const [count, since] = [item?.[WAITING], item?.[WAITING_SINCE]];
  return {
    counts: {
      total: countOf('total'),
      withOutcome: countOf('withOutcome'),
      parked: countOf('parked'),
      waiting:
        typeof count === 'number' && typeof since === 'number' && count > 0 ? { count, since } : undefined,
    },
    conflicts: { events: countOf('eventConflicts'), outcomes: countOf('outcomeConflicts') },
  };
}
