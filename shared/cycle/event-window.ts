import type { FactorColumns } from '../episode/columns/columns.ts';
import { FactorCollector } from '../episode/columns/event-columns.ts';
import type { EpisodeStore } from '../episode/episode-store.ts';
import { parseHistory, revisionAsOf } from '../episode/outcome.ts';
import { Fault, faultCode } from '../errors.ts';
import { makesLadderLessons } from '../lesson/lesson.ts';
import type { PatternKey } from '../pattern/pattern-key.ts';
import { DAY_MS } from '../time.ts';

/** How many damaged events a reason names. */
const NAMED = 5;
/** Of an id in a reason, so many characters. */
const ID_LENGTH = 64;

/**
 * The events of the window whose outcome was known at `asOf` (contract, section 3), as columns. An outcome that was
 * corrected counts as known since the correction: what was said before it is not seen in any week of the evidence.
 * @param asOf end of the window, milliseconds since 1970; both ends belong to it
 * @param lookbackDays length of the window, days
 * @throws Fault `damaged_event` naming the events that cannot be read, or a fault of the store
 */
export async function readColumns(
  episodes: Pick<EpisodeStore, 'resolved'>,
  pattern: PatternKey,
  asOf: number,
  lookbackDays: number,
): Promise<FactorColumns> {
  const collector = new FactorCollector({ withDxCount: makesLadderLessons(pattern) });
  const damaged = new DamagedEvents();
  for await (const page of episodes.resolved(pattern, asOf - lookbackDays * DAY_MS, asOf)) {
    for (const row of page) {
      try {
        const revision = revisionAsOf(parseHistory(row.history), asOf);
        if (revision) collector.add(row.packed, row.time, revision);
      } catch (error) {
        damaged.add(row.episodeId, error);
      }
    }
  }
  damaged.throwIfNotEmpty();
  return collector.columns();
}

/** Events of a window that cannot be read: all of it is read, so that an operator learns of each at once. */
class DamagedEvents {
  readonly #named: string[] = [];
  #count = 0;

  /** Notes an event that could not be read. @throws what is no damage */
  add(episodeId: string, error: unknown): void {
    if (faultCode(error) !== 'damaged_event') throw error;
    this.#count++;
    if (this.#named.length < NAMED) this.#named.push(JSON.stringify(episodeId.slice(0, ID_LENGTH)));
  }

  /** @throws Fault `damaged_event` that names the first of them and says how many there are */
  throwIfNotEmpty(): void {
    if (this.#count === 0) return;
    const more = this.#count > NAMED ? ` and ${this.#count - NAMED} more` : '';
    throw new Fault('damaged_event', `${this.#count} damaged: ${this.#named.join(', ')}${more}`);
  }
}
