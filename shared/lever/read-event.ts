import type { Episode } from '../episode/episode.ts';
import { readEpisode } from '../episode/episode-schema.ts';
import { Fault } from '../errors.ts';
import { readApplied } from './applied.ts';

/** Maximum number of places that a fault names, and maximum characters of a place. */
const MAX_ISSUES = 20;
const MAX_PATH = 200;

/**
 * Reads one event as a bot sends it. Besides `readEpisode` it checks `factors.applied` against the pattern's levers.
 * @param now receipt, milliseconds since 1970
 * @throws Fault of `readEpisode`; `invalid_event` naming every place of `factors.applied` that cannot be read
 */
export function readEvent(raw: unknown, now: number): Episode {
  const episode = readEpisode(raw, now);
  const issues = readApplied(episode.pattern, episode.factors.applied)
    .issues.slice(0, MAX_ISSUES)
    .map(({ path, message }) => ({ path: path.slice(0, MAX_PATH), message }));
  const [first] = issues;
  if (first) throw new Fault('invalid_event', `${first.path}: ${first.message}`, { issues });
  return episode;
}
