import type { Hono } from 'hono';
import type { EventReader, ParkedOutcomes, StoredEvent } from '../../episode/event-reader.ts';
import type { OutcomeChange } from '../../episode/outcome-state.ts';
import { changesOf } from '../../episode/outcome-state.ts';
import type { Writer, WriterStore } from '../../episode/writer.ts';
import { LOCAL } from '../../episode/writer.ts';
import type { Defaults } from '../../generation/effective-settings.ts';
import { effectiveSettings } from '../../generation/effective-settings.ts';
import { requireKnownPattern } from '../../generation/known-pattern.ts';
import type { HeadStore } from '../../generation/ports.ts';
import { servesOverrides } from '../../generation/served.ts';
import { parsePatternKey } from '../../pattern/pattern-key.ts';
import { diagnose } from '../../warning/doctor.ts';
import { pageFits } from '../answer-size.ts';
import { addRoute, emptySpan, patternParam, readQuery } from '../app.ts';
import { ROUTES } from '../routes.ts';
import type { ParkedAnswer, StoredEventAnswer } from '../schemas/events.ts';

export interface EventRoutesDeps {
  readonly heads: Pick<HeadStore, 'head' | 'isRegistered' | 'patterns'>;
  readonly eventReader: EventReader;
  readonly writers: WriterStore;
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
    const nameOf = await writerNames(deps.writers);
    const events: StoredEventAnswer[] = [];
    const fits = pageFits(limit);
    const page = await deps.eventReader.page({ pattern, episodeId: episode_id, from, to, next }, event => {
      const answer = toAnswer(event, nameOf);
      const isTaken = fits(answer);
      if (isTaken) events.push(answer);
      return isTaken;
    });
    return c.json({ events, ...page });
  });

  addRoute(app, ROUTES.getParked, async c => {
    const { pattern_key, limit, next } = readQuery(c, ROUTES.getParked.query);
    const pattern = await requireKnownPattern(deps.heads, parsePatternKey(pattern_key));
    const nameOf = await writerNames(deps.writers);
    const parked: ParkedAnswer[] = [];
    const fits = pageFits(limit);
    const page = await deps.eventReader.parked(pattern, next, outcomes => {
      const answer = parkedAnswer(outcomes, nameOf);
      const isTaken = fits(answer);
      if (isTaken) parked.push(answer);
      return isTaken;
    });
    return c.json({ pattern_key: pattern, parked, ...page });
  });
}

/** Returns the members of an answer that say who wrote something. */
type NameOf = (writer: Writer | undefined) => { readonly writer?: string; readonly by_operator?: true };

async function writerNames(writers: WriterStore): Promise<NameOf> {
  const names = new Map((await writers.writers()).map(({ id, name }) => [id, name]));
  return writer => {
    if (!writer) return {};
    const name = names.get(writer.id) ?? `unknown:${writer.id}`;
    return { writer: name, ...(writer.isOperator && name !== LOCAL.name && { by_operator: true }) };
  };
}

const PARKED_REASONS: Readonly<Record<ParkedAnswer['reason_code'], string>> = {
  no_event: 'the event has not arrived: compare episode_id, window and pattern_key with those of the events',
  not_your_episode:
    'another caller sent the event: the outcome must come from that caller, or from an operator',
  outcome_before_event: 'resolved_at lies before the event: send the time when the outcome became known',
  factor_conflict: 'the event has another value of a factor: send correction: true to replace it',
  event_too_large: 'the event and the factors together are too large: send fewer factors',
};

function parkedAnswer({ episodeId, window, state, code }: ParkedOutcomes, nameOf: NameOf): ParkedAnswer {
  const known = Object.keys(PARKED_REASONS) as ParkedAnswer['reason_code'][];
  const reason_code = known.find(each => each === code) ?? 'no_event';
  return {
    episode_id: episodeId,
    ...(window !== undefined && { window }),
    outcomes: changesOf(state).map(change => outcomeAnswer(change, nameOf)),
    reason: PARKED_REASONS[reason_code],
    reason_code,
  };
}

/** Returns an event as it was sent, with its outcome history. */
function toAnswer({ episode, state, writer }: StoredEvent, nameOf: NameOf): StoredEventAnswer {
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
    ...nameOf(writer),
    outcomes: changesOf(state).map(change => outcomeAnswer(change, nameOf)),
    ...(state.isInherited && { outcomes_of: 'episode' }),
  };
}

function outcomeAnswer(
  { revision, factors }: OutcomeChange,
  nameOf: NameOf,
): StoredEventAnswer['outcomes'][number] {
  return {
    outcome: revision.outcome,
    resolved_at: new Date(revision.resolvedAt).toISOString(),
    ...(revision.assumed && { resolved_at_assumed: true }),
    ...(revision.return !== undefined && { return: revision.return }),
    ...(revision.correction && { correction: true }),
    ...(Object.keys(factors).length > 0 && { factors: { ...factors } }),
    ...nameOf(revision.writer),
  };
}
