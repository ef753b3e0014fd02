import type { Hono } from 'hono';
import type { EventReader, StoredEvent } from '../../episode/event-reader.ts';
import type { OutcomeChange } from '../../episode/outcome-state.ts';
import { changesOf } from '../../episode/outcome-state.ts';
import { requireKnownPattern } from '../../generation/known-pattern.ts';
import type { HeadStore } from '../../generation/ports.ts';
import { parsePatternKey } from '../../pattern/pattern-key.ts';
import { pageFits } from '../answer-size.ts';
import { addRoute, emptySpan, readQuery } from '../app.ts';
import { ROUTES } from '../routes.ts';
import type { StoredEventAnswer } from '../schemas/events.ts';

export interface EventRoutesDeps {
  readonly heads: Pick<HeadStore, 'isRegistered' | 'patterns'>;
  readonly eventReader: EventReader;
}

/** Registers the route that reads stored events. */
export function eventRoutes(app: Hono, deps: EventRoutesDeps): void {
  addRoute(app, ROUTES.getEvents, async c => {
    const { pattern_key, episode_id, from, to, limit, next } = readQuery(c, ROUTES.getEvents.query);
    if (from !== undefined && to !== undefined && from > to) throw emptySpan();
    const pattern = await requireKnownPattern(deps.heads, parsePatternKey(pattern_key));
    const events: StoredEventAnswer[] = [];
    const fits = pageFits(limit);
    const page = await deps.eventReader.page({ pattern, episodeId: episode_id, from, to, next }, event => {
      const answer = toAnswer(event);
      const isTaken = fits(answer);
      if (isTaken) events.push(answer);
      return isTaken;
    });
    return c.json({ events, ...page });
  });
}

/** Returns an event as it was sent, with its outcome history. */
function toAnswer({ episode, state }: StoredEvent): StoredEventAnswer {
  const { pattern, id, window, decision, scope, factors, timestamp, tradeId } = episode;
  return {
    pattern_key: pattern,
    episode_id: id,
    ...(window !== undefined && { window }),
    decision,
    scope: { ...scope },
    factors: { ...factors },
    timestamp: new Date(timestamp).toISOString(),
    ...(tradeId !== undefined && { trade_id: tradeId }),
    outcomes: changesOf(state).map(outcomeAnswer),
    ...(state.isInherited && { outcomes_of: 'episode' }),
  };
}

function outcomeAnswer({ revision, factors }: OutcomeChange): StoredEventAnswer['outcomes'][number] {
  return {
    outcome: revision.outcome,
    resolved_at: new Date(revision.resolvedAt).toISOString(),
    ...(revision.assumed && { resolved_at_assumed: true }),
    ...(revision.return !== undefined && { return: revision.return }),
    ...(revision.correction && { correction: true }),
    ...(Object.keys(factors).length > 0 && { factors: { ...factors } }),
  };
}
