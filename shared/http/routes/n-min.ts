import type { Hono } from 'hono';
import type { CycleDeps } from '../../cycle/dependencies.ts';
import { excludedNumbers, readColumns } from '../../cycle/event-window.ts';
import type { EpisodeStore } from '../../episode/episode-store.ts';
import { effectiveSettings } from '../../generation/effective-settings.ts';
import { requireKnownPattern } from '../../generation/known-pattern.ts';
import { studyNMin } from '../../lesson/n-min/study.ts';
import { addRoute, patternParam, readQuery } from '../app.ts';
import { limitEvents } from '../limit-events.ts';
import { ROUTES } from '../routes.ts';
import type { NMinAnswer } from '../schemas/n-min.ts';

type NMinDeps = Pick<CycleDeps, 'heads' | 'defaults' | 'now' | 'writers'> & {
  readonly episodes: Pick<EpisodeStore, 'resolved'>;
};

/**
 * Maximum events of a study. One vCPU reads them in about 8 s and studies them in at most 10 s. The HTTP API times out
 * after 30 s.
 */
const MAX_EVENTS = 500_000;

/**
 * Registers the route for the study of `N_MIN`, which changes nothing.
 * @param maxEvents a window with more events is rejected
 */
export function nMinRoutes(app: Hono, deps: NMinDeps, maxEvents = MAX_EVENTS): void {
  const episodes = limitEvents(deps.episodes, maxEvents);
  addRoute(app, ROUTES.getNMin, async c => {
    const query = readQuery(c, ROUTES.getNMin.query);
    const pattern = await requireKnownPattern(deps.heads, patternParam(c));
    const head = await deps.heads.head(pattern);
    const { n_min, lookback_days } = effectiveSettings(deps.defaults, head?.settings, {
      lookback_days: query.lookback_days,
    });
    const asOf = query.as_of === undefined ? deps.now() : Date.parse(query.as_of);
    const columns = await readColumns(
      episodes,
      pattern,
      asOf,
      lookback_days,
      await excludedNumbers(deps.writers),
    );
    const answer: NMinAnswer = {
      pattern_key: pattern,
      as_of: new Date(asOf).toISOString(),
      lookback_days,
      ...studyNMin(pattern, columns, n_min),
    };
    return c.json(answer);
  });
}
