import type { PatternKey } from '../pattern/pattern-key.ts';
import { DAY_MS, dayOf, isoDate } from '../time.ts';
import type { EpisodeStore, ResolvedRow } from './episode-store.ts';

/*
 * Sealed days: the events of days that change no more, in a tenth of the bytes (docs/decisions/0012-sealed-days.md).
 *
 * - A writer marks the day of an old event before it writes the event or its outcome. The mark takes the seal away.
 * - A run seals a day that ended a while ago and whose mark is old, from the events that it has read anyway.
 * - Each run reads a few sealed days again and compares, so that a change without a mark is found within a week.
 */

/** A writer marks the day of an event that is older than this. */
export const MARK_AFTER_MS = 2 * DAY_MS;
/** A day is sealed when it ended this long ago: the difference is the longest time that a write may take. */
const SEAL_AFTER_MS = 3 * DAY_MS;
/** A marked day is sealed after this time without another mark, so that late outcomes of many hours seal it once. */
const QUIET_MS = DAY_MS;
/** A writer does not mark a day again within this time. */
export const MARK_AGAIN_MS = DAY_MS / 24;
/** Fewer events than this stay unsealed: a seal would not save a read. */
const MIN_ROWS = 50;
/** Most events that one run seals, but for the last days; the next runs seal the rest. It bounds the memory of a run. */
const MAX_ROWS = 100_000;
/** Runs in which every sealed day is read again: a week of hourly runs. */
const CHECK_RUNS = 7 * 24;

/** An event of a sealed day. It has no id, because runs need none. */
export type SealedRow = Pick<ResolvedRow, 'time' | 'packed' | 'history'>;

/** The seal of a day. */
export interface Seal {
  /** SHA-256 of the events. */
  readonly fingerprint: string;
  readonly parts: number;
  /** When the events were last compared with the seal, milliseconds since 1970. */
  readonly checked: number;
}

/** The mark and the seal of a day in the store. */
export interface DayState {
  /** When a writer last marked the day, milliseconds since 1970. */
  readonly marked?: number;
  /** Absent when the day was marked since it was sealed. */
  readonly seal?: Seal;
}

/** The days of a pattern, numbered from 1970 (UTC). */
export interface SealedDayStore {
  /** Returns what is stored about some days. @param first inclusive, as is `last` */
  states(pattern: PatternKey, first: number, last: number): Promise<ReadonlyMap<number, DayState>>;
  /** Yields the events of sealed days, and undefined for a day whose parts differ from its seal. */
  read(
    pattern: PatternKey,
    seals: ReadonlyMap<number, Seal>,
  ): AsyncIterable<readonly [day: number, rows: readonly SealedRow[] | undefined]>;
  /**
   * Seals a day, unless it was marked since its state was read.
   * @returns whether the events are those of the seal before; undefined when the day had none, or was marked
   */
  seal(
    pattern: PatternKey,
    day: number,
    rows: readonly SealedRow[],
    state: DayState,
  ): Promise<boolean | undefined>;
}

interface Settings {
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Days after which the store forgets an event; then its seal counts no more. */
  readonly retentionDays: number;
}

/** A day whose events were read from the store, and that may be sealed. */
interface ReadDay {
  readonly state: DayState;
  readonly rows: SealedRow[];
}

/** Reads the events of a pattern that have an outcome: those of sealed days from their seals. */
export class SealedEvents implements Pick<EpisodeStore, 'resolved'> {
  readonly #episodes: Pick<EpisodeStore, 'resolved'>;
  readonly #days: SealedDayStore;
  readonly #settings: Settings;
  readonly #idsFrom: number;
  /** undefined: the day is not collected. */
  readonly #read = new Map<number, ReadDay | undefined>();
  readonly #differed = new Set<number>();
  #collected = 0;

  /** @param idsFrom events from this time on have their id, milliseconds since 1970; those of sealed days have none */
  constructor(
    episodes: Pick<EpisodeStore, 'resolved'>,
    days: SealedDayStore,
    settings: Settings,
    idsFrom = Number.POSITIVE_INFINITY,
  ) {
    this.#episodes = episodes;
    this.#days = days;
    this.#settings = settings;
    this.#idsFrom = idsFrom;
  }

  /** Yields what `EpisodeStore.resolved` does. */
  async *resolved(pattern: PatternKey, from: number, to: number): AsyncGenerator<readonly ResolvedRow[]> {
    const [first, last] = [dayOf(from), dayOf(to)];
    const states = await this.#days.states(pattern, first, last);
    const isWhole = (day: number): boolean => from <= startOf(day) && startOf(day + 1) - 1 <= to;
    const seals = this.#usableSeals(states, isWhole);
    const isAsked = ({ time }: SealedRow): boolean => from <= time && time <= to;
    for await (const [day, rows] of this.#days.read(pattern, seals)) {
      if (rows) yield rows.filter(isAsked).map(withoutId);
      else {
        seals.delete(day);
        this.#differed.add(day);
      }
    }
    for (const [start, end] of spansWithout(seals, first, last)) {
      const [begin, stop] = [Math.max(from, startOf(start)), Math.min(to, startOf(end + 1) - 1)];
      for await (const page of this.#episodes.resolved(pattern, begin, stop)) {
        for (const row of page) this.#collect(row, states, isWhole);
        yield page;
      }
    }
  }

  /** Seals the days that were read from the store and may be sealed. It is called after all their events were valid. */
  async seal(pattern: PatternKey): Promise<void> {
    for (const [day, read] of this.#read) {
      const wasSealed = read?.state.seal !== undefined || this.#differed.has(day);
      if (!read || (read.rows.length < MIN_ROWS && !wasSealed)) continue;
      const isSame = await this.#days.seal(pattern, day, read.rows, read.state);
      if (isSame === false) this.#differed.add(day);
    }
    this.#read.clear();
  }

  /** Returns the days whose seal was damaged, or differed from the events although no writer had marked them. */
  differed(): string[] {
    const days = [...this.#differed].sort((a, b) => a - b);
    return days.map(day => isoDate(startOf(day)));
  }

  /** Returns the seals of days, without those that have to be read from the store, or are due for a comparison with it. */
  #usableSeals(states: ReadonlyMap<number, DayState>, isWhole: (day: number) => boolean): Map<number, Seal> {
    const now = this.#settings.now();
    // An event may be stored up to a day before its time.
    const remembered = now - (this.#settings.retentionDays - 1) * DAY_MS;
    const seals = new Map<number, Seal>();
    for (const [day, { seal }] of states)
      if (seal && startOf(day + 1) <= this.#idsFrom && startOf(day) >= remembered) seals.set(day, seal);
    const due = [...seals]
      .filter(([day]) => isWhole(day))
      .sort(([a, first], [b, second]) => first.checked - second.checked || a - b)
      .slice(0, Math.ceil(seals.size / CHECK_RUNS));
    for (const [day] of due) {
      seals.delete(day);
      this.#read.set(day, { state: states.get(day) ?? {}, rows: [] });
    }
    return seals;
  }

  #collect(row: ResolvedRow, states: ReadonlyMap<number, DayState>, isWhole: (day: number) => boolean): void {
    const day = dayOf(row.time);
    if (!this.#read.has(day)) {
      const { seal, ...rest } = states.get(day) ?? {};
      // A seal whose parts are damaged counts for nothing: the parts are written anew.
      const state = seal && !this.#differed.has(day) ? { ...rest, seal } : rest;
      const now = this.#settings.now();
      const isQuiet = (state.marked ?? 0) <= now - QUIET_MS;
      const isOld = startOf(day + 1) <= now - SEAL_AFTER_MS;
      const isSealable = isWhole(day) && isQuiet && isOld && this.#collected < MAX_ROWS;
      this.#read.set(day, isSealable ? { state, rows: [] } : undefined);
    }
    const read = this.#read.get(day);
    if (!read) return;
    read.rows.push(row);
    this.#collected++;
  }
}

const startOf = (day: number): number => day * DAY_MS;
const withoutId = (row: SealedRow): ResolvedRow => ({ ...row, episodeId: '', window: undefined });

/** Returns the spans of adjacent days without a seal, as first and last day. */
function spansWithout(seals: ReadonlyMap<number, Seal>, first: number, last: number): [number, number][] {
  const spans: [number, number][] = [];
  for (let day = first; day <= last; day++) {
    if (seals.has(day)) continue;
    const span = spans.at(-1);
    if (span && span[1] === day - 1) span[1] = day;
    else spans.push([day, day]);
  }
  return spans;
}
