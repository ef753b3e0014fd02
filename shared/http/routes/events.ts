import type { Hono } from 'hono';
import type { EventReader, StoredEvent } from '../../episode/event-reader.ts';
import type { OutcomeChange } from '../../episode/outcome-state.ts';
import { changesOf } from '../../episode/outcome-state.ts';
import type { Defaults } from '../../generation/effective-settings.ts';
import { effectiveSettings } from '../../generation/effective-settings.ts';
import { requireKnownPattern } from '../../generation/known-pattern.ts';
import type { HeadStore } from '../../generation/ports.ts';
import { servesOverrides } from '../../lookup/look-up.ts';
import { parsePatternKey } from '../../pattern/pattern-key.ts';
import { diagnose } from '../../warning/doctor.ts';
import { pageFits } from '../answer-size.ts';
import { addRoute, emptySpan, patternParam, readQuery } from '../app.ts';
import { ROUTES } from '../routes.ts';
import type { StoredEventAnswer } from '../schemas/events.ts';

export interface EventRoutesDeps {
  readonly heads: Pick<HeadStore, 'head' | 'isRegistered' | 'patterns'>;
  readonly eventReader: EventReader;
  readonly defaults: Defaults;
}

/** Newest events of a pattern that are examined. */
const EXAMINED_EVENTS = 500;

/** Registers the routes that read stored events, and examine them. */
export function eventRoutes(app: Hono, deps: EventRoutesDeps): void {
  addRoute(app, ROUTES.getDoctor, async c => {
    const pattern = await requireKnownPattern(deps.heads, patternParam(c));
    const [head, events] = await Promise.all([
      deps.heads.head(pattern),
      deps.eventReader.newest(pattern, EXAMINED_EVENTS),
    ]);
    const diagnosis = diagnose(pattern, events, {
      baseThresholds: effectiveSettings(deps.defaults, head?.settings).base_thresholds,
      servesOverrides:
        head?.mode !== undefined && servesOverrides(head.mode) && (head.current?.overrides.rows ?? 0) > 0,
    });
    return c.json({ pattern_key: pattern, ...diagnosis });
  });

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
