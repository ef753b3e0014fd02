import type { FactorColumns } from '../episode/columns/columns.ts';
import { FactorCollector } from '../episode/columns/event-columns.ts';
import type { EpisodeStore, PendingRow, ResolvedRow } from '../episode/episode-store.ts';
import type { OutcomeHistory, OutcomeRevision } from '../episode/outcome.ts';
import { parseHistory, revisionAsOf } from '../episode/outcome.ts';
import { readWriter } from '../episode/read-packed-episode.ts';
import type { RegisteredWriter, WriterStore } from '../episode/writer.ts';
import { Fault, faultCode } from '../errors.ts';
import { makesLadderLessons } from '../lesson/lesson.ts';
import type { Split } from '../override/arm.ts';
import { armOf } from '../override/arm.ts';
import type { PatternKey } from '../pattern/pattern-key.ts';
import { DAY_MS } from '../time.ts';

/** Number of damaged events that a reason lists by id. */
const MAX_LISTED = 5;
/** Characters of an id in a reason. */
const MAX_ID_LENGTH = 64;

/**
 * Reads the events of the window whose outcome was known at `asOf` (contract, section 6), as columns.
 * A corrected outcome counts as known from its correction on, so the walk-forward does not use it earlier.
 * @param asOf end of the window, milliseconds since 1970; start and end are inclusive
 * @param lookbackDays length of the window, days
 * @param excluded numbers of writers whose events and outcomes are left out
 * @param guard is given the same events, from its own first one on
 * @throws Fault `damaged_event` listing the events that cannot be read, or a fault of the store
 */
export async function readColumns(
  episodes: Pick<EpisodeStore, 'resolved'>,
  pattern: PatternKey,
  asOf: number,
  lookbackDays: number,
  excluded: ReadonlySet<number> = new Set(),
  guard?: GuardEvents,
): Promise<FactorColumns> {
  const collector = new FactorCollector({ withDxCount: makesLadderLessons(pattern) });
  const damaged = new DamagedEvents();
  const from = asOf - lookbackDays * DAY_MS;
  for await (const page of episodes.resolved(pattern, Math.min(from, guard?.from ?? from), asOf)) {
    for (const row of page) {
      try {
        const revision = revisionAsOf(withoutExcluded(parseHistory(row.history), excluded), asOf);
        if (isExcluded(row, excluded)) continue;
        if (revision && row.time >= from) collector.add(row.packed, row.time, revision);
        guard?.add(row, revision);
      } catch (error) {
        damaged.add(row, error);
      }
    }
  }
  damaged.throwIfNotEmpty();
  return collector.columns();
}

/** Returns the numbers of some writers. */
export function numbersOf(writers: readonly RegisteredWriter[]): ReadonlySet<number> {
  return new Set(writers.map(({ id }) => id));
}

/** Returns the numbers of the writers that an operator has excluded, for what is computed beside runs. */
export async function excludedNumbers(writers: Pick<WriterStore, 'writers'>): Promise<ReadonlySet<number>> {
  return numbersOf((await writers.writers()).filter(({ excluded }) => excluded));
}

const isExcluded = ({ packed }: PendingRow, excluded: ReadonlySet<number>): boolean =>
  excluded.size > 0 && excluded.has(readWriter(packed));

function withoutExcluded(history: OutcomeHistory, excluded: ReadonlySet<number>): OutcomeHistory {
  return excluded.size === 0 ? history : history.filter(({ writer }) => !writer || !excluded.has(writer.id));
}

/** The outcome of an event without one: no outcome, known at no time. */
const NO_OUTCOME: OutcomeRevision = {
  outcome: 'neutral',
  resolvedAt: Number.POSITIVE_INFINITY,
  correction: false,
};

/**
 * Collects the events that the guard judges, with and without an outcome. Pending events are read before the others, so an
 * event whose outcome arrives meanwhile is found; it is then in both lists, and counts once.
 */
export class GuardEvents {
  /** Time of the first event, milliseconds since 1970. */
  readonly from: number;
  readonly #excluded: ReadonlySet<number>;
  readonly #pending = new Map<string, PendingRow>();
  readonly #collector = new FactorCollector({ withDxCount: false });
  readonly #split: Split | undefined;
  /** 1 for each row whose episode falls into the candidate arm. */
  readonly #inCandidateArm: number[] = [];

  /**
   * @param excluded numbers of writers whose events are left out
   * @param split that of a rollout, for the arms of the rows
   */
  constructor(from: number, excluded: ReadonlySet<number> = new Set(), split?: Split) {
    this.from = from;
    this.#excluded = excluded;
    this.#split = split;
  }

  async readPending(episodes: Pick<EpisodeStore, 'pending'>, pattern: PatternKey, to: number): Promise<void> {
    for await (const page of episodes.pending(pattern, this.from, to))
      for (const row of page) if (!isExcluded(row, this.#excluded)) this.#pending.set(idOf(row), row);
  }

  /** Adds an event that has an outcome in the store. @param revision the one that counts; undefined: not known yet */
  add(row: ResolvedRow, revision: OutcomeRevision | undefined): void {
    if (row.time < this.from) return;
    this.#pending.delete(idOf(row));
    this.#add(row, revision ?? NO_OUTCOME);
  }

  /** Returns the columns of all events; those without an outcome became known at infinity. It is called once. */
  columns(): FactorColumns {
    for (const row of this.#pending.values()) this.#add(row, NO_OUTCOME);
    return this.#collector.columns();
  }

  /** Returns whether the episode of a row of `columns` falls into the candidate arm, at the present share. */
  isInCandidateArm(row: number): boolean {
    return this.#inCandidateArm[row] === 1;
  }

  #add({ packed, time, episodeId }: PendingRow, revision: OutcomeRevision): void {
    this.#collector.add(packed, time, revision);
    if (this.#split) this.#inCandidateArm.push(Number(armOf(this.#split, episodeId) === 'candidate'));
  }
}

const idOf = ({ episodeId, window }: PendingRow): string => JSON.stringify([episodeId, window]);

/** Collects the damaged events of a window. The whole window is read, so that one error lists all of them. */
class DamagedEvents {
  readonly #listed: string[] = [];
  #count = 0;

  /** @throws any error that is not `damaged_event` */
  add({ episodeId, window }: ResolvedRow, error: unknown): void {
    if (faultCode(error) !== 'damaged_event') throw error;
    this.#count++;
    if (this.#listed.length === MAX_LISTED) return;
    const id = JSON.stringify(episodeId.slice(0, MAX_ID_LENGTH));
    this.#listed.push(window === undefined ? id : `${id} window ${JSON.stringify(window)}`);
  }

  /** @throws Fault `damaged_event` with the number of damaged events and the first of their ids */
  throwIfNotEmpty(): void {
    if (this.#count === 0) return;
    const more = this.#count > MAX_LISTED ? ` and ${this.#count - MAX_LISTED} more` : '';
    throw new Fault('damaged_event', `${this.#count} damaged: ${this.#listed.join(', ')}${more}`);
  }
}
