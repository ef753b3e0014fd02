import type { FactorColumns } from '../episode/columns/columns.ts';
import { FactorCollector } from '../episode/columns/event-columns.ts';
import type { EpisodeStore, ResolvedRow } from '../episode/episode-store.ts';
import type { OutcomeHistory } from '../episode/outcome.ts';
import { parseHistory, revisionAsOf } from '../episode/outcome.ts';
import { readWriter } from '../episode/read-packed-episode.ts';
import type { RegisteredWriter, WriterStore } from '../episode/writer.ts';
import { Fault, faultCode } from '../errors.ts';
import { makesLadderLessons } from '../lesson/lesson.ts';
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
 * @throws Fault `damaged_event` listing the events that cannot be read, or a fault of the store
 */
export async function readColumns(
  episodes: Pick<EpisodeStore, 'resolved'>,
  pattern: PatternKey,
  asOf: number,
  lookbackDays: number,
  excluded: ReadonlySet<number> = new Set(),
): Promise<FactorColumns> {
  const collector = new FactorCollector({ withDxCount: makesLadderLessons(pattern) });
  const damaged = new DamagedEvents();
  for await (const page of episodes.resolved(pattern, asOf - lookbackDays * DAY_MS, asOf)) {
    for (const row of page) {
      try {
        const revision = revisionAsOf(withoutExcluded(parseHistory(row.history), excluded), asOf);
        if (revision && !isExcluded(row, excluded)) collector.add(row.packed, row.time, revision);
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

const isExcluded = ({ packed }: ResolvedRow, excluded: ReadonlySet<number>): boolean =>
  excluded.size > 0 && excluded.has(readWriter(packed));

function withoutExcluded(history: OutcomeHistory, excluded: ReadonlySet<number>): OutcomeHistory {
  return excluded.size === 0 ? history : history.filter(({ writer }) => !writer || !excluded.has(writer.id));
}

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
