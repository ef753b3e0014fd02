import type { healthReasons } from '../cycle/health.ts';
import type { PatternChange } from '../generation/generation.ts';
import { changeEvent, changeIdentity, changeType } from './change-event.ts';
import { coalesceEvents } from './coalesce.ts';
import { healthChange, healthCodes, missingRunEvent } from './health-events.ts';
import type { EventType, NotificationEvent } from './notification-event.ts';
import { EVENT_TYPES, eventSubject } from './notification-event.ts';
import type { NotificationState } from './notification-state.ts';
import type { FinishedRun } from './run-findings.ts';
import { failedRunEvent, findingEvents } from './run-findings.ts';

/** The input of a poll. */
export interface NotificationFacts {
  /** Changes from the cursor on, oldest first; those that were seen may be among them. */
  readonly changes: readonly PatternChange[];
  /** The newest runs other than trials that have finished, oldest first, without those read before. */
  readonly finished: readonly FinishedRun[];
  /** Ids of the newest runs that have finished, those read before among them. */
  readonly runs: readonly string[];
  readonly health: ReturnType<typeof healthReasons>;
  /** Milliseconds since 1970. */
  readonly now: number;
}

/**
 * Time by which a change may reach the list after its own time, milliseconds. The guard's decision has the time of a run's
 * first step and is listed by a later one; a run ends within 50 minutes.
 */
export const LATE_CHANGES_MS = 60 * 60_000;
/** Steps in which the cursor moves, milliseconds, so that a poll without news writes nothing. */
const CURSOR_STEP_MS = 10 * 60_000;
/** Identities of changes that the cursor keeps. */
const MAX_SEEN = 2000;

/** Returns the state of a first poll: what is in the past, or already firing, becomes no event. */
export function firstState({ changes, finished, runs, health, now }: NotificationFacts): NotificationState {
  const firing = new Set<string>();
  // Every kind counts as firing, so that a target that is added later gets no old finding.
  for (const run of finished) findingEvents(run, firing, new Set(EVENT_TYPES));
  missingRunEvent(health, firing, now);
  return {
    version: 0,
    since: now,
    changes: { from: now, seen: changes.map(changeIdentity) },
    runs: [...runs],
    health: healthCodes(health),
    firing: [...firing].sort(),
    sent: {},
    outbox: [],
    outbox_until: 0,
  };
}

/**
 * Returns the events that follow from a state and the facts, and the state after them. It is a function: the same input
 * has the same events with the same ids.
 * @param wanted kinds that at least one target gets; others become no event and take no place in the memory
 */
export function detect(
  before: NotificationState,
  facts: NotificationFacts,
  wanted: ReadonlySet<EventType>,
): { readonly events: NotificationEvent[]; readonly state: NotificationState } {
  const firing = new Set(before.firing);
  const { events: changed, cursor } = changeEvents(before, facts, firing, wanted);
  const found = facts.finished.flatMap(run => {
    const failed = failedRunEvent(run);
    const told = failed && wanted.has('cycle.failed') ? [failed] : [];
    return [...told, ...findingEvents(run, firing, wanted)];
  });
  const missing = missingRunEvent(facts.health, firing, facts.now);
  const health = healthChange(before.health, facts.health, facts.now);
  const events = [
    ...changed,
    ...found,
    ...(missing && wanted.has('cycle.missing') ? [missing] : []),
    ...(health && wanted.has('health.changed') ? [health] : []),
  ];
  const { send, memory } = coalesceEvents(before.sent, events, facts.now);
  return {
    events: send,
    state: {
      ...before,
      changes: cursor,
      runs: [...facts.runs],
      health: healthCodes(facts.health),
      firing: [...firing].sort(),
      sent: memory,
    },
  };
}

/** Reads the changes that were not seen. The guard's change and the warning of its run are one finding. */
function changeEvents(
  { since, changes: { seen } }: NotificationState,
  { changes, now }: NotificationFacts,
  firing: Set<string>,
  wanted: ReadonlySet<EventType>,
): { readonly events: NotificationEvent[]; readonly cursor: NotificationState['changes'] } {
  const known = new Set(seen);
  const from = Math.max(since, Math.floor((now - LATE_CHANGES_MS) / CURSOR_STEP_MS) * CURSOR_STEP_MS);
  const events: NotificationEvent[] = [];
  const kept: { readonly at: number; readonly identity: string }[] = [];
  for (const change of changes) {
    const type = changeType(change);
    if (type === undefined || !wanted.has(type)) continue;
    const event = changeEvent(change, type);
    const identity = changeIdentity(change);
    const at = Date.parse(change.at);
    if (at >= from) kept.push({ at, identity });
    if (known.has(identity)) continue;
    known.add(identity);
    if (event.type === 'guard.harmful') {
      if (firing.has(eventSubject(event))) continue;
      firing.add(eventSubject(event));
    }
    events.push(event);
  }
  return { events, cursor: boundCursor(from, kept) };
}

/** Returns the cursor. With too many changes it moves on behind those that it forgets, so that none becomes an event twice. */
function boundCursor(
  from: number,
  kept: readonly { readonly at: number; readonly identity: string }[],
): NotificationState['changes'] {
  const forgotten = kept[kept.length - MAX_SEEN - 1];
  const start = forgotten === undefined ? from : forgotten.at + 1;
  const seen = kept.filter(({ at }) => at >= start).map(({ identity }) => identity);
  return { from: start, seen: [...new Set(seen)] };
}
