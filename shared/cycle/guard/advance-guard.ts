import type { FactorColumns } from '../../episode/columns/columns.ts';
import { fillThresholds } from '../../episode/columns/fill-thresholds.ts';
import { selectRows } from '../../episode/columns/select-rows.ts';
import type { EffectiveSettings } from '../../generation/effective-settings.ts';
import type { Head } from '../../generation/head.ts';
import type { Served } from '../../generation/served.ts';
import { servedGeneration, servedUnderService } from '../../generation/served.ts';
import { guardBlockHours } from '../../guard/block-hours.ts';
import { flipBlocks, HOUR_MS } from '../../guard/flips.ts';
import type { GuardState } from '../../guard/guard-state.ts';
import type { GuardTest } from '../../guard/guard-test.ts';
import { evaluateTest, recentStart, startTest } from '../../guard/guard-test.ts';
import { sentenceOf, verdictOf } from '../../guard/verdict.ts';
import { replaySettings } from '../../override/compute-overrides.ts';
import type { Payoff } from '../../override/payoff.ts';
import { prepareGates } from '../../override/replay/gates.ts';
import { rowsWhere } from '../../override/rows-where.ts';
import type { PatternKey } from '../../pattern/pattern-key.ts';
import type { Warning } from '../../warning/warning.ts';
import type { CycleRun } from '../cycle.ts';
import type { CycleDeps } from '../dependencies.ts';
import { GuardEvents } from '../event-window.ts';
import { movesInForce } from './moves-in-force.ts';

type GuardDeps = Pick<CycleDeps, 'guards' | 'episodes' | 'heads' | 'overrides' | 'now'>;

/** The guard of one pattern in a run: its state before, and the events that it judges. */
interface OpenGuard {
  readonly before: GuardState | undefined;
  /** The heads of the pattern, and those that look-ups got: none while the whole service was off. */
  readonly served: readonly Served[];
  readonly answered: readonly Served[];
  /** Start of the test, milliseconds since 1970. */
  readonly since: number;
  readonly events: GuardEvents;
}

/**
 * Prepares the guard of a pattern, and reads its events without an outcome. Trials do not advance it, and it does not run
 * where nothing is served.
 */
export async function openGuard(
  { guards, episodes, heads }: GuardDeps,
  cycle: CycleRun,
  pattern: PatternKey,
  head: Head | undefined,
  settings: EffectiveSettings,
  excluded: ReadonlySet<number>,
): Promise<OpenGuard | undefined> {
  if (cycle.trial || settings.guard === 'off' || !head || servedGeneration(head) === 0) return undefined;
  const service = await heads.serviceSwitch();
  if (service?.mode === 'off') return undefined;
  const asOf = Date.parse(cycle.as_of);
  const before = await guards.guard(pattern);
  // A run that publishes as of an earlier time knows fewer outcomes than the state.
  if (before && cycle.as_of < before.as_of) return undefined;
  const served = mergeServed(before, head, asOf);
  const since = testStart(before?.whole, served, head);
  // A run as of a time before the pattern went live has no events to judge.
  if (since > asOf) return undefined;
  const isSame = since === before?.whole?.since;
  const from = Math.min(firstUnsealed(before?.whole), firstUnsealed(before?.recent ?? before?.whole));
  const events = new GuardEvents(isSame ? from : since, excluded);
  await events.readPending(episodes, pattern, asOf);
  return { before, served, answered: servedUnderService(served, service?.history ?? []), since, events };
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

/** Returns the time from which events may still change the test, milliseconds since 1970. */
function firstUnsealed(test: GuardTest | undefined): number {
  if (!test) return 0;
  return Math.max(test.since, (test.sealed.through + 1) * test.block_hours * HOUR_MS);
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
 * Evaluates the test of a pattern and stores its state by one conditional write. A crossing of the harm line is decided in
 * that write, once for each test; the step that publishes carries it out.
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
  payoff: Payoff,
): Promise<Warning[]> {
  const asOf = Date.parse(cycle.as_of);
  const columns = fillThresholds(guard.events.columns(), settings.base_thresholds);
  const gates = prepareGates(
    pattern,
    columns,
    { ...replaySettings({ ...settings, payoff }), clusters: [] },
    'base',
  );
  const moves = await movesInForce(deps, pattern, columns, guard.answered, head.current, guard.events.from);
  const policy = head.current?.policy ?? settings.policy;
  const start = (at: number): GuardTest => startTest(at, blockHoursBefore(window, at), payoff, policy);
  const [first, second] = testsOf(guard, asOf, start).map(test =>
    evaluateTest(test, flipBlocks(gates, moves, test.since, test.block_hours), asOf),
  );
  if (!first) return [];
  const results = [first.result, ...(second ? [second.result] : [])];
  const decision = decisionOf(guard, pattern, results, settings.guard, deps.now());
  await deps.guards.replaceGuard(pattern, {
    version: (guard.before?.version ?? 0) + 1,
    as_of: cycle.as_of,
    served: guard.served.map(([at, g]) => [at, g]),
    whole: first.test,
    ...(second && { recent: second.test }),
    results,
    ...(decision && { decision }),
  });
  return guardWarnings(pattern, results);
}

/** Returns the test since the start, and the one that starts anew every 28 days, each as it was stored or new. */
function testsOf({ before, since }: OpenGuard, asOf: number, start: (at: number) => GuardTest): GuardTest[] {
  const renewed = recentStart(since, asOf);
  const whole = before?.whole?.since === since ? before.whole : start(since);
  if (renewed === undefined) return [whole];
  return [whole, before?.recent?.since === renewed ? before.recent : start(renewed)];
}

/** Returns the decision of the test: the stored one, or a new one at its first crossing of the line. */
function decisionOf(
  { before, since }: OpenGuard,
  pattern: PatternKey,
  results: GuardState['results'],
  mode: EffectiveSettings['guard'],
  now: number,
): GuardState['decision'] {
  if (before?.decision?.since === since) return before.decision;
  const harmful = results.find(result => verdictOf(result) === 'harmful');
  if (!harmful || mode === 'off') return undefined;
  return { since, at: new Date(now).toISOString(), action: mode, sentence: sentenceOf(pattern, harmful) };
}

function blockHoursBefore(window: FactorColumns, start: number): number {
  const before = rowsWhere(window, (time, resolvedAt) => time < start && resolvedAt <= start);
  return guardBlockHours(selectRows(window, before));
}

function guardWarnings(pattern: PatternKey, results: GuardState['results']): Warning[] {
  const harmful = results.find(result => verdictOf(result) === 'harmful');
  const found = harmful ?? results.find(result => verdictOf(result) === 'blind');
  if (!found) return [];
  const code = harmful ? 'guard_harmful' : 'guard_blind';
  return [{ code, message: sentenceOf(pattern, found), pattern_key: pattern }];
}
