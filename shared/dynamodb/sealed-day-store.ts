import type { DayState, Seal, SealedDayStore, SealedRow } from '../episode/sealed-days.ts';
import { MARK_AFTER_MS, MARK_AGAIN_MS } from '../episode/sealed-days.ts';
import type { PatternKey } from '../pattern/pattern-key.ts';
import { DAY_MS, dayOf, expiryAfter } from '../time.ts';
import type { Item } from './client.ts';
import { mapBatches } from './client.ts';
import type { ControlTable } from './control-table.ts';
import * as keys from './keys.ts';
import { sealRows, unsealRows } from './sealed-rows.ts';

/** Seals of days in the control table; keys.ts lists their attributes. */
export class DynamoSealedDays implements SealedDayStore {
  readonly #control: ControlTable;

  constructor(control: ControlTable) {
    this.#control = control;
  }

  async states(pattern: PatternKey, first: number, last: number): Promise<ReadonlyMap<number, DayState>> {
    const items = await this.#control.db.query(
      this.#span(keys.daysPartition(pattern), keys.daySort(first), keys.daySort(last)),
    );
    return new Map(items.map(item => [Number(item.sk), toState(item)]));
  }

  /** Parts of days are read in the order of the days, so that one day at a time is held. */
  async *read(
    pattern: PatternKey,
    seals: ReadonlyMap<number, Seal>,
  ): AsyncGenerator<readonly [day: number, rows: readonly SealedRow[] | undefined]> {
    for (const [first, last] of spansOf([...seals.keys()].sort((a, b) => a - b))) {
      const missing = new Set([...seals.keys()].filter(day => first <= day && day <= last));
      const query = this.#span(keys.sealedPartition(pattern), keys.daySort(first), `${keys.daySort(last)}~`);
      const pages = this.#control.db.pages({ ...query, ConsistentRead: false });
      for await (const [day, parts] of byDay(pages)) {
        const seal = seals.get(day);
        const rows = seal && unseal(day, seal, parts);
        if (rows && missing.delete(day)) yield [day, rows];
      }
      for (const day of missing) yield [day, await this.#readAgain(pattern, day, seals.get(day))];
    }
  }

  /** Reads a day whose parts were missing or other ones, as they may be just after they were written. */
  async #readAgain(
    pattern: PatternKey,
    day: number,
    seal: Seal | undefined,
  ): Promise<readonly SealedRow[] | undefined> {
    const [first, last] = [keys.daySort(day), `${keys.daySort(day)}~`];
    const parts = await this.#control.db.query(this.#span(keys.sealedPartition(pattern), first, last));
    return seal && unseal(day, seal, parts);
  }

  async seal(
    pattern: PatternKey,
    day: number,
    rows: readonly SealedRow[],
    { marked, seal }: DayState,
  ): Promise<boolean | undefined> {
    const { fingerprint, parts } = sealRows(day * DAY_MS, rows);
    const isSame = seal && seal.fingerprint === fingerprint;
    const pk = keys.sealedPartition(pattern);
    const now = this.#control.now();
    const items = parts.map((z, part) => ({ pk, sk: keys.sealedSort(day, part), z, ...expiryOf(day, now) }));
    if (!isSame) await this.#control.db.putMany(this.#control.name, items);
    const isSealed = await this.#control.db.update({
      TableName: this.#control.name,
      Key: { pk: keys.daysPartition(pattern), sk: keys.daySort(day) },
      // A result that was computed from another content is found by the mark.
      UpdateExpression: `SET f = :f, p = :p, c = :now, #x = :x${isSame === false ? ', m = :now' : ''}`,
      ExpressionAttributeNames: { '#x': keys.TTL_ATTRIBUTE },
      ConditionExpression: marked === undefined ? 'attribute_not_exists(m)' : 'm = :m',
      ExpressionAttributeValues: {
        ':f': fingerprint,
        ':p': parts.length,
        ':now': now,
        ':x': expiryOf(day, now)[keys.TTL_ATTRIBUTE],
        ...(marked !== undefined && { ':m': marked }),
      },
    });
    // The mark of a writer explains a difference.
    return isSealed ? isSame : undefined;
  }

  #span(pk: string, first: string, last: string) {
    return {
      TableName: this.#control.name,
      ConsistentRead: true,
      KeyConditionExpression: 'pk = :p AND sk BETWEEN :first AND :last',
      ExpressionAttributeValues: { ':p': pk, ':first': first, ':last': last },
    };
  }
}

/** Marks the days of old events, before they are written. */
export class DayMarks {
  readonly #control: ControlTable;
  /** When this process last marked a day. */
  readonly #marked = new Map<string, number>();

  constructor(control: ControlTable) {
    this.#control = control;
  }

  /** Returns the earliest time of an event whose day is not marked, milliseconds since 1970. */
  firstUnmarked(): number {
    return this.#control.now() - MARK_AFTER_MS;
  }

  /**
   * Marks the days of events that are about to be written, or whose outcomes are. The mark takes the seal of the day away.
   * @param times of the events, milliseconds since 1970
   * @throws Fault of the store; then nothing may be written
   */
  async mark(pattern: PatternKey, times: readonly number[]): Promise<void> {
    const now = this.#control.now();
    const old = times.filter(time => time < this.firstUnmarked()).map(dayOf);
    const days = [...new Set(old)].filter(day => !this.#isMarked(`${day} ${pattern}`, now));
    await mapBatches(days, 1, async ([day = 0]) => {
      await this.#control.db.update({
        TableName: this.#control.name,
        Key: { pk: keys.daysPartition(pattern), sk: keys.daySort(day) },
        UpdateExpression: 'SET m = :now, #x = :x REMOVE f, p, c',
        ExpressionAttributeNames: { '#x': keys.TTL_ATTRIBUTE },
        ExpressionAttributeValues: { ':now': now, ':x': expiryOf(day, now)[keys.TTL_ATTRIBUTE] },
      });
      this.#remember(`${day} ${pattern}`, now);
    });
  }

  #isMarked(key: string, now: number): boolean {
    const at = this.#marked.get(key);
    return at !== undefined && now - at < MARK_AGAIN_MS && now >= at;
  }

  #remember(key: string, now: number): void {
    if (this.#marked.size >= MAX_REMEMBERED) this.#marked.clear();
    this.#marked.set(key, now);
  }
}

/** Days after which a day expires: more than any window reads. */
const KEPT_DAYS = 400;

/** Days after which the mark of an older day expires: more than a writer relies on it. */
const KEPT_AT_LEAST_DAYS = 7;

const expiryOf = (day: number, now: number): { readonly [keys.TTL_ATTRIBUTE]: number } => ({
  [keys.TTL_ATTRIBUTE]: Math.max(expiryAfter(day * DAY_MS, KEPT_DAYS), expiryAfter(now, KEPT_AT_LEAST_DAYS)),
});

/** Days of patterns that a process remembers as marked; without its memory it marks them again. */
const MAX_REMEMBERED = 10_000;

function toState({ m, f, p, c }: Item): DayState {
  const isSealed = typeof f === 'string' && typeof p === 'number' && typeof c === 'number';
  return {
    ...(typeof m === 'number' && { marked: m }),
    ...(isSealed && { seal: { fingerprint: f, parts: p, checked: c } }),
  };
}

function unseal(day: number, { fingerprint, parts }: Seal, items: readonly Item[]): SealedRow[] | undefined {
  const stored = items.slice(0, parts).flatMap(({ z }) => (z instanceof Uint8Array ? [z] : []));
  return stored.length === parts ? unsealRows(day * DAY_MS, { fingerprint, parts: stored }) : undefined;
}

/** Yields the parts of each day, in their order. */
async function* byDay(
  pages: AsyncIterable<readonly Item[]>,
): AsyncGenerator<readonly [day: number, parts: readonly Item[]]> {
  let day: number | undefined;
  let parts: Item[] = [];
  for await (const page of pages)
    for (const item of page) {
      const of = Number(String(item.sk).slice(0, keys.DAY_DIGITS));
      if (day !== undefined && of !== day) {
        yield [day, parts];
        parts = [];
      }
      day = of;
      parts.push(item);
    }
  if (day !== undefined) yield [day, parts];
}

/** Days without a seal that a query reads over rather than starting another query. */
const BRIDGED_DAYS = 3;

/** Returns spans that hold all given days and few others. @param days ascending */
function spansOf(days: readonly number[]): [first: number, last: number][] {
  const spans: [number, number][] = [];
  for (const day of days) {
    const span = spans.at(-1);
    if (span && day - span[1] <= BRIDGED_DAYS) span[1] = day;
    else spans.push([day, day]);
  }
  return spans;
}
