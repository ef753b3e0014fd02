import { cycleIdStart } from '../cycle/cycle.ts';
import type { CycleStore } from '../cycle/cycle-store.ts';
import { healthReasons, latestNow } from '../cycle/health.ts';
import type { HealthDeps } from '../cycle/health-facts.ts';
import { readHealthFacts } from '../cycle/health-facts.ts';
import type { PatternChange } from '../generation/generation.ts';
import type { ChangeStore } from '../generation/ports.ts';
import type { NotificationFacts } from './detect.ts';
import { detect, firstState } from './detect.ts';
import type { EventType, NotificationEvent } from './notification-event.ts';
import type { NotificationState, NotificationStore } from './notification-state.ts';
import type { FinishedRun } from './run-findings.ts';
import { WARNING_EVENTS } from './run-findings.ts';

interface DetectionDeps extends HealthDeps {
  readonly changes: Pick<ChangeStore, 'page'>;
  readonly cycles: HealthDeps['cycles'] & Pick<CycleStore, 'list' | 'runs'>;
}

export interface PollDeps extends DetectionDeps {
  readonly notifications: Pick<NotificationStore, 'state' | 'replaceState'>;
}

/** Newest runs that a poll looks through. */
const RECENT_RUNS = 20;
/** Changes that one request and one poll read at most. */
const PAGE_CHANGES = 1000;
const MAX_CHANGES = 20_000;
/** Time in which a poller hands its events over, milliseconds. After it another poller does, with the same ids. */
const HAND_OVER_MS = 120_000;

/**
 * Reads what happened since a state, and returns the events and the state after them. It writes nothing.
 * @param before undefined: the first poll, which has no events
 * @param wanted kinds of events that at least one target gets
 */
export async function detectEvents(
  deps: DetectionDeps,
  before: NotificationState | undefined,
  wanted: ReadonlySet<EventType>,
): Promise<{ readonly events: NotificationEvent[]; readonly state: NotificationState }> {
  const facts = await readFacts(deps, before);
  return before ? detect(before, facts, wanted) : { events: [], state: firstState(facts) };
}

/**
 * Polls once: finds new events, and hands them over. One conditional write decides which of several pollers sends them.
 * The events are in that write, so a crash after it loses none: after two minutes the next poll hands them over again,
 * with the same ids.
 */
export async function pollNotifications(
  deps: PollDeps,
  wanted: ReadonlySet<EventType>,
  handOver: (events: readonly NotificationEvent[]) => Promise<void>,
): Promise<void> {
  const { notifications, now } = deps;
  const before = await notifications.state();
  const waits = before !== undefined && before.outbox.length > 0;
  if (waits && before.outbox_until > now()) return;
  const { events, state } = waits
    ? { events: before.outbox, state: before }
    : await detectEvents(deps, before, wanted);
  if (before && events.length === 0 && JSON.stringify(state) === JSON.stringify(before)) return;
  const version = (before?.version ?? 0) + 1;
  const found = { ...state, version, outbox: events, outbox_until: now() + HAND_OVER_MS };
  if (!(await notifications.replaceState(found)) || events.length === 0) return;
  await handOver(events);
  await notifications.replaceState({ ...found, version: version + 1, outbox: [], outbox_until: 0 });
}

async function readFacts(
  deps: DetectionDeps,
  before: NotificationState | undefined,
): Promise<NotificationFacts> {
  const now = deps.now();
  const [changes, recent, health] = await Promise.all([
    readChanges(deps, before?.changes.from ?? now),
    deps.cycles.list(RECENT_RUNS, cycleIdStart(latestNow(now))),
    readHealthFacts(deps),
  ]);
  const ended = recent.filter(({ finished_at }) => finished_at !== undefined).reverse();
  const read = new Set(before?.runs);
  const added = ended.filter(({ cycle_id }) => !read.has(cycle_id));
  const finished: FinishedRun[] = [];
  let mayFire = (before?.firing.length ?? 0) > 0;
  // At the first poll only the newest run shows what fires.
  for (const summary of before ? added : added.slice(-1)) {
    mayFire ||= hasFindings(summary);
    finished.push({ summary, patterns: mayFire ? await deps.cycles.runs(summary.cycle_id) : [] });
  }
  return {
    changes,
    finished,
    runs: ended.map(({ cycle_id }) => cycle_id),
    health: healthReasons(health),
    now,
  };
}

function hasFindings({ status, warnings }: FinishedRun['summary']): boolean {
  return status !== 'succeeded' || warnings.some(({ code }) => WARNING_EVENTS.has(code));
}

/** Reads the changes from a time on, milliseconds since 1970. @returns oldest first */
async function readChanges({ changes }: DetectionDeps, from: number): Promise<PatternChange[]> {
  const all: PatternChange[] = [];
  let next: string | undefined;
  do {
    let taken = 0;
    const page = await changes.page(
      { from, limit: PAGE_CHANGES, ...(next !== undefined && { next }) },
      () => ++taken <= PAGE_CHANGES,
    );
    all.push(...page.changes);
    next = page.next;
  } while (next !== undefined && all.length < MAX_CHANGES);
  return all.reverse();
}
