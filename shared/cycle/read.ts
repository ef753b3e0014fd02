import { parseHistory, revisionAsOf } from '../episode/outcome.ts';
import { FactorCollector } from '../lesson/collect-factors.ts';
import type { FactorColumns } from '../lesson/columns.ts';
import { makesLadderLessons } from '../lesson/lesson.ts';
import type { PatternKey } from '../pattern/pattern-key.ts';
import type { EpisodeStore } from '../store/stores.ts';
import { DamagedEvents } from './damage.ts';

const DAY_MS = 86_400_000;

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
        damaged.note(row.episodeId, error);
      }
    }
  }
  damaged.throwIfAny();
  return collector.columns();
}
