import type { FactorColumns } from '../../episode/columns/columns.ts';
import { fillThresholds } from '../../episode/columns/fill-thresholds.ts';
import { selectRows } from '../../episode/columns/select-rows.ts';
import type { Candidate } from '../../generation/candidate.ts';
import type { EffectiveSettings } from '../../generation/effective-settings.ts';
import type { Head } from '../../generation/head.ts';
import type { Served } from '../../generation/served.ts';
import { servedGeneration, servedUnderService } from '../../generation/served.ts';
import { guardBlockHours } from '../../guard/block-hours.ts';
import type { GuardState } from '../../guard/guard-state.ts';
import type { GuardTest } from '../../guard/guard-test.ts';
import { firstUnsealed, startTest } from '../../guard/guard-test.ts';
import type { RolloutState } from '../../guard/rollout/rollout-state.ts';
import { sentenceOf, verdictOf } from '../../guard/verdict.ts';
import { replaySettings } from '../../override/compute-overrides.ts';
import { prepareGates } from '../../override/replay/gates.ts';
import { rowsWhere } from '../../override/rows-where.ts';
import type { PatternKey } from '../../pattern/pattern-key.ts';
import type { Warning } from '../../warning/warning.ts';
import type { CycleRun } from '../cycle.ts';
import type { CycleDeps } from '../dependencies.ts';
import { GuardEvents } from '../event-window.ts';
import { testCandidate } from '../rollout/test-candidate.ts';
import type { TuningResult } from '../tune-pattern.ts';
import { movesInForce, movesReader } from './moves-in-force.ts';
import { testChallengers, testedChallengers } from './test-challengers.ts';
import type { OpenTest } from './test-in-force.ts';
import { testsInForce } from './test-in-force.ts';

type GuardDeps = Pick<CycleDeps, 'guards' | 'episodes' | 'heads' | 'overrides' | 'now'>;

/** The guard of one pattern in a run: its state before, and the events that it judges. */
interface OpenGuard {
  readonly before: GuardState | undefined;
  readonly served: readonly Served[];
  /** The test of what is in force; absent where nothing is, or the setting guard is off. */
  readonly inForce?: OpenTest;
  /** Absent while none is tried. */
  readonly candidate?: Candidate;
  /** Since when the whole service is live, milliseconds since 1970; 0 when it was never off. */
  readonly liveSince: number;
  readonly events: GuardEvents;
}

/**
 * Prepares the tests of a pattern, and reads its events without an outcome: what is in force against the base thresholds, and
 * a candidate against what is in force. Trials do not advance them, and they do not run where nothing is served.
 */
export async function openGuard(
  { guards, episodes, heads }: GuardDeps,
  cycle: CycleRun,
  pattern: PatternKey,
  head: Head | undefined,
  settings: EffectiveSettings,
  excluded: ReadonlySet<number>,
): Promise<OpenGuard | undefined> {
  const isTested = settings.guard !== 'off' && servedGeneration(head) > 0;
  if (cycle.trial || !head || !(isTested || head.candidate)) return undefined;
  const service = await heads.serviceSwitch();
  if (service?.mode === 'off') return undefined;
  const asOf = Date.parse(cycle.as_of);
  const before = await guards.guard(pattern);
  // A run that publishes as of an earlier time knows fewer outcomes than the state.
  if (before && cycle.as_of < before.as_of) return undefined;
  const served = mergeServed(before, head, asOf);
  const since = testStart(before?.whole, served, head);
  const answered = servedUnderService(served, service?.history ?? []);
  // A run as of a time before the pattern went live has no events to judge.
  const inForce =
    isTested && since <= asOf ? { answered, since, from: firstEvent(before, since) } : undefined;
  const { candidate } = head;
  if (!inForce && !candidate) return undefined;
  const ofChallengers = inForce
    ? testedChallengers(before, settings).map(({ test }) => firstUnsealed(test))
    : [];
  const starts = [inForce?.from, candidate && Date.parse(candidate.started_at), ...ofChallengers];
  const from = Math.min(...starts.filter(start => start !== undefined));
  const events = new GuardEvents(from, excluded, candidate);
  await events.readPending(episodes, pattern, asOf);
  const liveSince = service?.history?.at(-1)?.[0] ?? 0;
  return { before, served, ...(inForce && { inForce }), ...(candidate && { candidate }), liveSince, events };
}

/** Returns the time of the first event that may still change a test with the given start. */
function firstEvent(before: GuardState | undefined, since: number): number {
  if (since !== before?.whole?.since) return since;
  return Math.min(firstUnsealed(before.whole), firstUnsealed(before.recent ?? before.whole));
}

/** Joins what earlier runs knew with the entries of the head. A head of an earlier version has none: it counts from now. */
function mergeServed(before: GuardState | undefined, head: Head, asOf: number): Served[] {
  const entries = new Map([...(before?.served ?? []), ...(head.served ?? [])].map(([at, g]) => [at, g]));
  if (entries.size === 0) return [[asOf, servedGeneration(head)]];
  const served = [...entries].sort((a, b) => a[0] - b[0]);
  const horizon = firstUnsealed(before?.whole);
  const last = served.findLastIndex(([at]) => at <= horizon);
  return served.slice(Math.max(0, last));
}

/** Returns when the test started: when the pattern went live or its policy changed. A rollback goes on with the same test. */
function testStart(test: GuardTest | undefined, served: readonly Served[], head: Head): number {
  const start = served.findLastIndex(([, g], i) => g > 0 && (served[i - 1]?.[1] ?? (test ? 1 : 0)) === 0);
  const wentLive = served[start]?.[0] ?? Number.NEGATIVE_INFINITY;
  if (!test || wentLive > test.since) return Math.max(wentLive, served[0]?.[0] ?? 0);
  const last = served[served.length - 1]?.[0] ?? test.since;
  return head.current?.policy === test.policy ? test.since : Math.max(last, test.since);
}

/**
 * Evaluates the tests of a pattern and stores their state by one conditional write. What they decide is in that write, once
 * for each test and each step of a rollout; the step that publishes carries it out.
 * @returns warnings for the record of the run
 */
export async function advanceGuard(
  deps: GuardDeps,
  cycle: CycleRun,
  pattern: PatternKey,
  head: Head,
  guard: OpenGuard,
  window: FactorColumns,
  settings: EffectiveSettings,
  { payoff, challengers }: Pick<TuningResult, 'payoff' | 'challengers'>,
): Promise<Warning[]> {
  const asOf = Date.parse(cycle.as_of);
  const { before, served, inForce, candidate, liveSince, events } = guard;
  const columns = fillThresholds(events.columns(), settings.base_thresholds);
  const ofReplay = { ...replaySettings({ ...settings, payoff }), clusters: [] };
  const gates = prepareGates(pattern, columns, ofReplay, 'base');
  const start = (policy: GuardTest['policy']) => (at: number) =>
    startTest(at, blockHoursBefore(window, at), payoff, policy);
  const readMoves = movesReader(deps, pattern, columns);
  const tested = inForce && {
    before,
    inForce,
    gates,
    moves: await movesInForce(deps, readMoves, pattern, columns, inForce.answered, head.current, events.from),
    start: start(head.current?.policy ?? settings.policy),
    mode: settings.guard,
    now: deps.now(),
  };
  const rollout =
    candidate &&
    (await testCandidate(readMoves, {
      pattern,
      head,
      candidate,
      before: before?.rollout,
      gates,
      events,
      settings,
      start: start(candidate.generation.policy),
      liveSince,
      asOf,
      now: deps.now(),
    }));
  const state = tested ? testsInForce(pattern, tested, asOf) : { results: [] };
  const ofChallengers =
    tested &&
    (await testChallengers(deps, pattern, {
      before: testedChallengers(before, settings),
      readMoves,
      computed: challengers,
      gates,
      inForce: tested.moves,
      start,
      asOf,
    }));
  await deps.guards.replaceGuard(pattern, {
    version: (before?.version ?? 0) + 1,
    // A run as of tomorrow knows no more than now, and must not stop the runs until then.
    as_of: new Date(Math.min(asOf, deps.now())).toISOString(),
    served: served.map(([at, g]) => [at, g]),
    ...state,
    ...(ofChallengers && { challengers: ofChallengers }),
    ...(rollout && { rollout }),
  });
  return [...guardWarnings(pattern, state.results), ...rolloutWarnings(pattern, candidate, rollout)];
}

function blockHoursBefore(window: FactorColumns, start: number): number {
  const before = rowsWhere(window, (time, resolvedAt) => time < start && resolvedAt <= start);
  return guardBlockHours(selectRows(window, before));
}

/** Returns a warning while a rollout is held by its health. */
function rolloutWarnings(
  pattern: PatternKey,
  candidate: Candidate | undefined,
  rollout: RolloutState | undefined,
): Warning[] {
  const decided = rollout?.decision?.action === 'hold' ? rollout.decision.hold : undefined;
  const code = decided ?? (rollout?.decision?.action === 'resume' ? undefined : candidate?.held?.code);
  if (!candidate || code === undefined || code === 'operator') return [];
  const text = decided === undefined ? candidate.held?.text : rollout?.decision?.sentence;
  const message = `the rollout of generation ${candidate.generation.generation} waits: ${text}`;
  const kind = code === 'virtual_outcomes_differ' ? code : 'rollout_held';
  return [{ code: kind, message, pattern_key: pattern }];
}

function guardWarnings(pattern: PatternKey, results: GuardState['results']): Warning[] {
  const harmful = results.find(result => verdictOf(result) === 'harmful');
  const found = harmful ?? results.find(result => verdictOf(result) === 'blind');
  if (!found) return [];
  const code = harmful ? 'guard_harmful' : 'guard_blind';
  return [{ code, message: sentenceOf(pattern, found), pattern_key: pattern }];
}
