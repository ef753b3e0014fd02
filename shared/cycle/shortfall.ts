import type { EpisodeStore, EventCounts } from '../episode/episode-store.ts';
import type { HeadStore } from '../generation/ports.ts';
import { makesLadderLessons } from '../lesson/lesson.ts';
import type { MinedLessons } from '../lesson/mine-lessons.ts';
import { describeScope } from '../pattern/describe-scope.ts';
import type { PatternKey } from '../pattern/pattern-key.ts';
import type { Reason } from '../reason.ts';
import { DAY_MS, isoDate } from '../time.ts';

/** Number of slices just below `n_min` that a shortfall lists. */
const LISTED_SLICES = 3;

/** The window of a run and the events that it read. */
interface ReadWindow {
  /** End of the window, milliseconds since 1970. */
  readonly asOf: number;
  readonly days: number;
  readonly nMin: number;
  /** Events of the window with an outcome known at `asOf`. */
  readonly events: number;
}

interface ShortfallStores {
  readonly heads: Pick<HeadStore, 'counts'>;
  readonly episodes: Pick<EpisodeStore, 'newestResolved'>;
}

/**
 * Returns how many events slices lack: without any lesson the whole pattern, and where its other events are; else the
 * slices just below `n_min`. Only a pattern without a lesson costs further reads: its counters and, when events lie
 * outside of the window, one item of each shard.
 */
export async function readShortfall(
  stores: ShortfallStores,
  pattern: PatternKey,
  mined: Pick<MinedLessons, 'lessons' | 'near' | 'support'>,
  window: ReadWindow,
): Promise<Reason | undefined> {
  if (mined.lessons.length > 0) return nearSlices(mined, window);
  const counts = await stores.heads.counts(pattern);
  const outside = counts.withOutcome > window.events;
  const newest = outside ? await stores.episodes.newestResolved(pattern) : undefined;
  return describeShortfall(makesLadderLessons(pattern), mined.support, window, counts, newest);
}

function nearSlices({ near }: Pick<MinedLessons, 'near'>, { nMin }: ReadWindow): Reason | undefined {
  if (near.length === 0) return undefined;
  const slices = near
    .slice(0, LISTED_SLICES)
    .map(lesson => `${nMin - lesson.lacks} of ${nMin} in ${describeScope(lesson.scope_subset)}`);
  return { code: 'near_slices', text: `just short of a lesson: ${slices.join('; ')}` };
}

/**
 * Returns one sentence such as "0 of 33 events with an outcome in the 90 days to 2025-04-23; 276 are outside, the newest
 * of 2025-01-20; 12 have no outcome yet".
 * @param support events of the window that count towards `n_min`
 * @param newest time of the newest stored event with an outcome, milliseconds since 1970
 */
function describeShortfall(
  ladder: boolean,
  support: number,
  { asOf, days, nMin, events }: ReadWindow,
  { total, withOutcome }: EventCounts,
  newest: number | undefined,
): Reason {
  const unit = ladder ? 'successes with a dx_count' : 'events with an outcome';
  const parts = [`${support} of ${nMin} ${unit} in the ${days} days to ${isoDate(asOf)}`];
  const others = withOutcome - events;
  if (others > 0) {
    const unread = ladder ? `${others} more events with an outcome` : String(others);
    parts.push(`${unread} ${whereabouts(newest, asOf, days)}`);
  }
  const pending = total - withOutcome;
  if (pending > 0) parts.push(`${pending} ${pending === 1 ? 'has' : 'have'} no outcome yet`);
  return { code: ladder ? 'too_few_successes' : 'too_few_events', text: parts.join('; ') };
}

/** Returns where the events with an outcome are that a window does not count. */
function whereabouts(newest: number | undefined, asOf: number, days: number): string {
  if (newest === undefined) return 'have expired';
  // The outcome of an event inside the window may have become known after its end.
  if (newest >= asOf - days * DAY_MS && newest <= asOf) return 'are outside or became known later';
  return `are outside, the newest of ${isoDate(newest)}`;
}
