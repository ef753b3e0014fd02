import { expect, test } from 'vitest';
import type { CycleRun, MinedPattern } from '../../shared/cycle/cycle.ts';
import { failureReason } from '../../shared/cycle/failed-run.ts';
import { publishPattern } from '../../shared/cycle/publish.ts';
import { readShortfall } from '../../shared/cycle/shortfall.ts';
import type { Candidate } from '../../shared/generation/candidate.ts';
import type { Head } from '../../shared/generation/head.ts';
import type { GenerationStores } from '../../shared/generation/ports.ts';
import type { Lesson } from '../../shared/lesson/lesson.ts';
import { quadrantStats } from '../../shared/lesson/lesson-kind.ts';
import { mineLessons } from '../../shared/lesson/mine-lessons.ts';
import type { PolicyInput } from '../../shared/override/compute-overrides.ts';
import { computeOverrides } from '../../shared/override/compute-overrides.ts';
import { walkForward } from '../../shared/override/evaluation/walk-forward.ts';
import { explainLessons } from '../../shared/override/explain-lessons.ts';
import type { ReplayResult } from '../../shared/override/policies/replay.ts';
import { describeOverride } from '../../shared/override/replay/describe.ts';
import { parsePatternKey } from '../../shared/pattern/pattern-key.ts';
import { normalizeScope } from '../../shared/pattern/scope.ts';
import { scopeHash } from '../../shared/pattern/scope-hash.ts';
import type { Reason } from '../../shared/reason.ts';
import { reasonCodeSchema } from '../../shared/reason.ts';
import { DAY, DX, S1, S3 } from '../support/episodes.ts';
import type { KnownEvent } from '../support/factor-columns.ts';
import { factorColumns } from '../support/factor-columns.ts';
import { AS_OF, core, INDEPENDENT_EVENTS, inside, replayEvents, spread } from '../support/replay-events.ts';
import { runWhatIf, times, worked } from '../support/what-if.ts';

const S4 = parsePatternKey('pm.uptrend.S4.entry');
const PAYOFF = { win: 2, loss: 1 };
const SETTINGS = { payoff: PAYOFF, n_min: 33, lookback_days: 90, max_overrides: 20_000 };

/** Returns the reason with a code among all reasons of a replay. */
function replayReason(result: ReplayResult, code: string): Reason {
  const rows = [...result.overrides, ...result.noOverrideReasons, ...result.disabled];
  const found = rows.find(row => row.reason_code === code);
  expect(found, `no reason has the code ${code}`).toBeDefined();
  return { code: found?.reason_code ?? 'internal', text: found?.reason ?? '' };
}

const scoped = (scope: object) => {
  const scope_subset = normalizeScope(scope);
  return { scope_subset, scope_hash: scopeHash(scope_subset) };
};
const gateLesson = (misses: number, fps: number, n: number, scope: object = {}): Lesson => ({
  action_category: 'tuning',
  ...scoped(scope),
  n,
  stats: quadrantStats([0, fps, 0, misses, n - misses - fps, 0]),
});
const ladderLesson = (one: number, three: number, n: number, scope: object = {}): Lesson => ({
  action_category: 'tuning_dx_ladder',
  ...scoped(scope),
  n,
  stats: {
    avg_dx_count: 2,
    count_1: one,
    count_2: n - one - three,
    count_3: three,
    n_success: n,
    n_failure: 0,
    n_total: n,
    failure_rate: 0,
    ladder_pressure: (three - one) / n,
  },
});
const input = (
  events: readonly KnownEvent[],
  lessons: readonly Lesson[] = [],
  pattern = S1,
): PolicyInput => ({
  pattern,
  lessons,
  columns: factorColumns(events),
  asOf: AS_OF,
  settings: SETTINGS,
});
const driftOverride = (lesson: Lesson, pattern = S1): Reason => {
  const [override] = computeOverrides('drift', input([], [lesson], pattern)).overrides;
  return { code: override?.reason_code ?? 'internal', text: override?.reason ?? '' };
};
const unexplained = (policy: 'drift' | 'replay', lesson: Lesson, pattern = S1): Reason =>
  computeOverrides(policy, input([], [lesson], pattern)).explainNoOverride(lesson);
const ladderReason = (...lessons: [Lesson, ...Lesson[]]): Reason => {
  const { explainNoOverride } = computeOverrides('replay', input([], lessons, DX));
  return explainNoOverride(lessons.at(-1) ?? lessons[0]);
};

const near = (outcome: 'success' | 'failure', n: number, scope = {}): KnownEvent[] =>
  spread(n, { outcome, ts: 0.58, halo: 0.2, scope });
const fifteen = { timeframe: '15m' };
const hourly = { timeframe: '1h' };
const opened = [
  ...core(60, { scope: { ...fifteen, side: 'a' } }),
  ...core(60, { scope: { ...hourly, side: 'a' } }),
  ...near('success', 60, { ...fifteen, side: 'a' }),
  ...near('failure', 20, { ...hourly, side: 'a' }),
];
/** Replaces numbers of events by values, or takes them away. */
const withNumbers = (
  events: readonly KnownEvent[],
  changes: Record<string, number | undefined>,
): KnownEvent[] =>
  events.map(known => {
    const numbers = new Map([...known.episode.numbers].filter(([name]) => !Object.hasOwn(changes, name)));
    for (const [name, value] of Object.entries(changes))
      if (value !== undefined) numbers.set(name as 'ts_min', value);
    return { ...known, episode: { ...known.episode, numbers } };
  });
const held = replayEvents([
  ...core(),
  ...spread(120, { outcome: 'success', ts: 0.58, halo: 0.2, daysAgo: 22 }),
  ...Array.from({ length: 60 }, (_, i) =>
    spread(1, { outcome: 'failure', ts: 0.58, halo: 0.2, daysAgo: 20 + i / 60, resolvedDaysAgo: 6 }),
  ).flat(),
]);
const flipped = { winners: 0, losers: 0, gain: 0, error: 0, changed: 0 };
const besideOthers = (changed: object, lower: number): Reason =>
  describeOverride(
    {
      move: 'ts_min × 0.96',
      scope: fifteen,
      opens: true,
      flipped: { ...flipped, ...changed },
      lower,
      expected: { days: 28, events: 4, gain: 3, low: -2, high: 8 },
    },
    { days: 90, settings: INDEPENDENT_EVENTS, overrides: 2, loses: false, heldOut: undefined },
  );
const noteOf = (events: readonly KnownEvent[], pattern = S1): Reason | undefined =>
  computeOverrides('replay', input(events, [], pattern)).note;

const shortfall = (
  pattern = S1,
  events: readonly KnownEvent[] = [],
  counts = { total: 288, withOutcome: 276, parked: 0 },
  newest: number | undefined = AS_OF - 100 * DAY,
): Promise<Reason | undefined> => {
  const columns = factorColumns(events);
  const stores = {
    heads: { counts: async () => counts },
    episodes: { newestResolved: async () => newest },
  };
  const window = { asOf: AS_OF, days: 90, nMin: 33, events: columns.size };
  return readShortfall(stores, pattern, mineLessons(pattern, columns, 33), window);
};

const unwritten = { now: () => AS_OF } as GenerationStores;
const mined = {
  lessons: { rows: 0 },
  overrides: { rows: 0 },
  evidence: [],
  warnings: [],
  head_version: 0,
} as unknown as MinedPattern;
const published = async (head: Partial<Head>, result: Partial<MinedPattern> = {}): Promise<Reason> => {
  const computed = { ...mined, ...result };
  const run = await publishPattern(unwritten, S1, { cycle_id: 'c' } as CycleRun, computed, head as Head);
  return { code: run.reason_code ?? 'internal', text: run.reason ?? '' };
};
const kept = { kept_until: new Date(AS_OF + 60 * DAY).toISOString() };
const tried = (cycle_id: string) =>
  ({ generation: { generation: 8, cycle_id, lessons: kept, overrides: kept }, share: 0.1 }) as Candidate;
/** The reason for a result that is new to look-ups, under guarded rollouts. */
const guarded = (head: Partial<Head>): Promise<Reason> =>
  published(
    { version: 0, mode: 'live', ...head },
    {
      lessons: { rows: 1 } as MinedPattern['lessons'],
      overrides: { rows: 1 } as MinedPattern['overrides'],
      guarded: { moves: 'm', differs: true },
    },
  );
const failure = (error: string): Reason => {
  const { reason, reason_code } = failureReason(error);
  return { code: reason_code, text: reason };
};
const sameEvents = (): Reason => {
  const general = gateLesson(25, 5, 104, { chain: 'sol' });
  const twin: Lesson = {
    ...gateLesson(25, 5, 104, { chain: 'sol', side: 'a' }),
    same_as: general.scope_hash,
  };
  const output = { overrides: [general], explainNoOverride: () => failure('internal') };
  const explained = explainLessons([general, twin], output)[1];
  return { code: explained?.reason_code ?? 'internal', text: explained?.why_not ?? '' };
};
const unscored = (events: readonly KnownEvent[], pattern = S1): Reason => {
  const [row] = walkForward(pattern, factorColumns(events), AS_OF, ['replay'], SETTINGS).policies;
  return { code: row?.reason_code ?? 'internal', text: row?.reason ?? '' };
};

/** 100 events with 210 dimensions have 21,945 pairs of dimensions. */
const wide = (): Reason => {
  const scope = Object.fromEntries(Array.from({ length: 210 }, (_, d) => [`d${d}`, '1']));
  const lesson = gateLesson(5, 5, 100, { d98: '1', d99: '1' });
  const events = [...core(50, { scope }), ...near('failure', 50, scope)];
  return computeOverrides('replay', input(events, [lesson])).explainNoOverride(lesson);
};

/** Each row makes a reason from an input that fits its sentence: kind of reason, how to make it, the whole sentence. */
const ROWS: [string, () => Reason | undefined | Promise<Reason | undefined>, string][] = [
  [
    'misses_exceed_false_positives',
    () => driftOverride(gateLesson(25, 5, 104)),
    '25 misses against 5 false positives in 104 events: pressure +20, looser',
  ],
  [
    'false_positives_exceed_misses',
    () => driftOverride(gateLesson(5, 25, 104)),
    '5 misses against 25 false positives in 104 events: pressure -20, tighter',
  ],
  [
    'three_rungs_prevail',
    () => driftOverride(ladderLesson(20, 60, 100), DX),
    '60 successes of 3 rungs against 20 of 1 among 100: ladder pressure +0.4',
  ],
  [
    'one_rung_prevails',
    () => driftOverride(ladderLesson(60, 20, 100), DX),
    '20 successes of 3 rungs against 60 of 1 among 100: ladder pressure -0.4',
  ],
  [
    'taking_more_gains',
    () => replayReason(replayEvents(opened), 'taking_more_gains'),
    'ts_min × 0.96 on timeframe=15m: in the last 90 days 60 more winners and 0 more losers would have been taken, +120 at 2:1, +91 after allowing for chance; in the next 28 days +35 is expected (90 %: +1 to +69)',
  ],
  [
    'taking_fewer_gains',
    () =>
      replayReason(
        replayEvents([
          ...core(),
          ...spread(40, { outcome: 'failure', ts: 1.5, halo: 0.95 }),
          ...near('failure', 0),
          ...spread(40, { outcome: 'failure', ts: 0.2, halo: 0.2 }),
        ]),
        'taking_fewer_gains',
      ),
    'halo_max × 0.90 on everything: in the last 90 days 0 fewer winners and 40 fewer losers would have been taken, +40 at 2:1, +18 after allowing for chance; in the next 28 days +17 is expected (90 %: +2.7 to +31)',
  ],
  [
    'nothing_beside_other_overrides',
    () => besideOthers({}, -6.7),
    'ts_min × 0.96 on timeframe=15m: in the last 90 days it changes no winner and no loser beside the other overrides',
  ],
  [
    'not_above_chance_beside_other_overrides',
    () => besideOthers({ winners: 3, losers: 2, gain: 4, changed: 5 }, -4.7),
    'ts_min × 0.96 on timeframe=15m: in the last 90 days 3 more winners and 2 more losers would have been taken beside the other overrides, +4 at 2:1, −4.7 after allowing for chance; in the next 28 days +3 is expected (90 %: −2 to +8)',
  ],
  [
    'withheld_by_held_out_days',
    () => replayReason(held, 'withheld_by_held_out_days'),
    'held-out days disagree: overrides learned without the last 7 days lose on them against the base thresholds, −60 (standard error 7.7) at 2:1; all are withheld',
  ],
  ['same_events_as_override', sameEvents, 'chain=sol contains the same events and has the override'],
  [
    'covered_by_override',
    () => replayReason(replayEvents(opened), 'covered_by_override'),
    'covered by timeframe=15m, whose override holds here too',
  ],
  [
    'moved_in_part_of_slice',
    () => replayReason(replayEvents(opened), 'moved_in_part_of_slice'),
    'timeframe=15m, a part of it, has an override of its own, and nothing more is proven',
  ],
  [
    'step_limit_reached',
    () =>
      replayReason(
        replayEvents([...core(), ...near('success', 30)], { ...INDEPENDENT_EVENTS, maxSteps: 0 }),
        'step_limit_reached',
      ),
    'the best step, ts_min × 0.96, gains +60 ± 25 at 2:1 in 90 days, and 0 steps are the limit',
  ],
  [
    'first_step_not_proven',
    () =>
      replayReason(
        replayEvents(
          [
            ...core(),
            ...near('success', 20),
            ...near('failure', 8),
            ...spread(40, { outcome: 'failure', ...inside }),
          ],
          {
            ...INDEPENDENT_EVENTS,
            firstStep: {
              uninformativeZ: [2.9, 3, 3],
              informativeZ: [1, 1, 1],
              informative: [{ errors: 3, effect: 0 }],
              secondDirection: 1,
            },
          },
        ),
        'first_step_not_proven',
      ),
    'the best step, ts_min × 0.96, gains +32 ± 23 at 2:1 in 90 days: 2.8 standard errors above 0, and a first step needs 2.9',
  ],
  [
    'within_chance',
    () =>
      replayReason(
        replayEvents([...core(), ...near('success', 12), ...near('failure', 10)]),
        'within_chance',
      ),
    'the best step, ts_min × 0.96, changes utility by +14 ± 20 at 2:1 in 90 days: within chance',
  ],
  [
    'within_chance',
    () => ladderReason(ladderLesson(8, 12, 40)),
    '12 successes of 3 rungs against 8 of 1 among 40: +0.8 standard errors from even, and 2.6 are needed',
  ],
  [
    'wider_slice_suffices',
    () => ladderReason(ladderLesson(300, 700, 1000), ladderLesson(2750, 7250, 10_000, { a: '1' })),
    '7250 successes of 3 rungs against 2750 of 1 among 10000: the overrides of wider slices move the spacing as far already',
  ],
  [
    'best_step_loses',
    () => replayReason(replayEvents([...core(), ...near('failure', 60)]), 'best_step_loses'),
    'the best step, ts_min × 0.96, loses: −60 ± 25 at 2:1 in 90 days',
  ],
  [
    'nothing_proven',
    () => noteOf([...core(), ...near('success', 12), ...near('failure', 10)]),
    'no step of a lever that can be tested is proven',
  ],
  [
    'pressure_too_small',
    () => unexplained('drift', gateLesson(8, 7, 50)),
    'pressure +1 would move ts_min by -0.499 % and halo_max by +0.501 %: under 1 % is left out',
  ],
  [
    'pressure_too_small',
    () => unexplained('drift', gateLesson(9, 7, 50), S3),
    'pressure +2 would move ts_min by -0.995 % and dx_min by -0.995 %: under 1 % is left out',
  ],
  [
    'pressure_zero',
    () => unexplained('drift', gateLesson(7, 7, 50)),
    'pressure 0: 7 misses and 7 false positives',
  ],
  [
    'pressure_zero',
    () => unexplained('drift', gateLesson(0, 0, 50)),
    'pressure 0: no miss and no false positive',
  ],
  [
    'ladder_pressure_too_small',
    () => unexplained('drift', ladderLesson(50, 52, 200), DX),
    'ladder pressure +0.01: within 0.05 of 0',
  ],
  [
    'ladder_pressure_too_small',
    () => unexplained('drift', ladderLesson(50, 68, 200), DX),
    'ladder pressure +0.09 would move dx_atr_mult by +1.82 %: under 2 % is left out',
  ],
  [
    'no_event_near_gate',
    () =>
      replayReason(
        replayEvents([...core(), ...spread(40, { outcome: 'success', ts: 0.1, halo: 0.2 })]),
        'no_event_near_gate',
      ),
    'no winner or loser of this slice that passes the other gates lies between ts_min × 0.65 and ts_min × 1.54',
  ],
  [
    'gate_never_blocked',
    () => replayReason(replayEvents([...core(), ...near('success', 10)]), 'gate_never_blocked'),
    'halo_max blocked none of the 60 winners and losers that pass the other gates, and none of this slice is near it',
  ],
  [
    'other_gates_decide',
    () =>
      replayReason(
        replayEvents([
          ...spread(40, { outcome: 'success', ts: 0.58, halo: 1.05 }),
          ...spread(40, { outcome: 'neutral', ...inside }),
        ]),
        'other_gates_decide',
      ),
    'all 40 winners and losers fail another gate',
  ],
  [
    'not_replayable',
    () =>
      replayReason(
        replayEvents([
          ...spread(40, { outcome: 'success', ...inside, blockedBy: ['edx'] }),
          ...spread(20, { outcome: 'neutral', ...inside }),
        ]),
        'not_replayable',
      ),
    'none of 60 events can be replayed: 20 have a neutral outcome, 40 were blocked by a gate without a lever, or log neither factor nor result of a gate',
  ],
  [
    'factor_constant',
    () => replayReason(replayEvents([...core(), ...near('success', 10)]), 'factor_constant'),
    'ema60_slope is 0.003 on all 70 events that log it: only a factor that varies can be tested',
  ],
  [
    'too_few_events',
    () => replayReason(replayEvents([...core(60), ...core(32, { scope: fifteen })]), 'too_few_events'),
    '32 of 33 needed events in the last 90 days',
  ],
  [
    'too_few_events',
    () => shortfall(),
    '0 of 33 events with an outcome in the 90 days to 2025-03-01; 276 are outside, the newest of 2024-11-21; 12 have no outcome yet',
  ],
  [
    'too_few_events',
    () => shortfall(S1, core(20), { total: 21, withOutcome: 20, parked: 0 }),
    '20 of 33 events with an outcome in the 90 days to 2025-03-01; 1 has no outcome yet',
  ],
  [
    'too_few_events',
    () => shortfall(S1, core(20), { total: 25, withOutcome: 25, parked: 0 }, AS_OF - DAY),
    '20 of 33 events with an outcome in the 90 days to 2025-03-01; 5 are outside or became known later',
  ],
  [
    'too_few_successes',
    () => unexplained('drift', ladderLesson(3, 5, 8), DX),
    '8 of 10 needed successes with a dx_count',
  ],
  [
    'too_few_successes',
    () => ladderReason(ladderLesson(3, 5, 8)),
    '8 of 10 needed successes with a dx_count',
  ],
  [
    'too_few_successes',
    () => shortfall(DX),
    '0 of 33 successes with a dx_count in the 90 days to 2025-03-01; 276 more events with an outcome are outside, the newest of 2024-11-21; 12 have no outcome yet',
  ],
  [
    'too_many_dimensions',
    () => unexplained('replay', gateLesson(5, 5, 50, { a: '1', b: '2', c: '3' })),
    'replay tests slices of at most 2 dimensions, and this one has 3',
  ],
  [
    'left_out_by_cap',
    () => {
      const lessons = [gateLesson(90, 5, 200), gateLesson(40, 5, 50, { a: '1' })];
      const settings = { ...SETTINGS, max_overrides: 2 };
      const { explainNoOverride } = computeOverrides('drift', { ...input([], lessons), settings });
      return explainNoOverride(lessons[1] as Lesson);
    },
    'left out: 2 of 4 overrides left out, the most specific ones: more than max_overrides, 2',
  ],
  [
    'left_out_by_budget',
    wide,
    'left out to bound the work: slices of 2 dimensions: 2156 of 21945 combinations left out, more than 20,000 slices',
  ],
  [
    'threshold_not_positive',
    () => replayReason(replayEvents(withNumbers(core(), { ts_min: -0.3 })), 'threshold_not_positive'),
    'ts_min is 0 or below on 60 of 60 events, and a multiplier moves thresholds above 0 only',
  ],
  [
    'threshold_missing',
    () => replayReason(replayEvents(withNumbers(core(), { ts_min: undefined })), 'threshold_missing'),
    '60 of 60 events log no number ts_min: log it in factors, on at least 50 % of the events',
  ],
  [
    'factor_missing',
    () => replayReason(replayEvents(withNumbers(core(), { ts_score: undefined })), 'factor_missing'),
    '60 of 60 events log no number ts_score: log it in factors, on at least 50 % of the events',
  ],
  [
    'factor_missing',
    () =>
      runWhatIf(
        [
          ...worked,
          ...times(2, {
            outcome: 'success',
            scope: { a: '1' },
            numbers: { ts_score: Number.NaN },
            flags: [['ts_ok', true]],
          }),
        ],
        { scope: { a: '1' } },
      ).reason,
    'the threshold decides none of 2 events: 2 log no usable pair of ts_score and ts_min',
  ],
  [
    'factor_too_rare',
    () => replayReason(replayEvents([...core(20)]), 'factor_too_rare'),
    '20 of 33 needed events log ts_score and a usable ts_min',
  ],
  [
    'only_acted_events',
    () => replayReason(replayEvents(core()), 'only_acted_events'),
    'all 60 events that log ts_score and ts_min were acted: log both for skipped events too',
  ],
  [
    'only_skipped_events',
    () => replayReason(replayEvents(near('success', 60)), 'only_skipped_events'),
    'all 60 events that log ts_score and ts_min were skipped: log both for acted events too',
  ],
  [
    'optional_gate_not_logged',
    () => replayReason(replayEvents(core()), 'optional_gate_not_logged'),
    'no event logs sr_boost, whose gate only some patterns have: if this one has it, log sr_boost and sr_min in factors',
  ],
  [
    'no_lever',
    () => unexplained('drift', gateLesson(25, 5, 104), S4),
    'S4 has no lever; levers exist for S1 to S3: no threshold of this pattern can move',
  ],
  [
    'no_lever',
    () => noteOf(core(), S4),
    'S4 has no lever; levers exist for S1 to S3: no threshold of this pattern can move',
  ],
  [
    'no_lever',
    () => unscored(core(), S4),
    'S4 has no lever; levers exist for S1 to S3: no threshold of this pattern can move',
  ],
  [
    'loses_at_base_thresholds',
    () => noteOf([...core(10), ...spread(60, { outcome: 'failure', ...inside }), ...near('success', 60)]),
    'base gates take 10 winners and 60 losers in the last 90 days, −40 (standard error 14) at 2:1: this pattern loses at its base gates',
  ],
  [
    'near_slices',
    () => shortfall(S1, [...core(40), ...core(32, { scope: fifteen })]),
    'just short of a lesson: 32 of 33 in timeframe=15m',
  ],
  [
    'not_logged',
    () => unscored(core(), DX),
    'nothing can be scored: events do not log what another spacing of the ladder would have changed',
  ],
  [
    'no_events',
    () => runWhatIf(worked, { days: 9 }).reason,
    'no event of the slice in the last 9 days has a known outcome',
  ],
  [
    'frozen_by_operator',
    () =>
      published({
        version: 0,
        mode: 'frozen',
        last_change: { who: 'anna', at: '', what: 'mode', why: 'mode frozen: bad prices' },
      }),
    'an operator froze the pattern: mode frozen: bad prices',
  ],
  [
    'held_for_jump',
    () =>
      published(
        { version: 0, mode: 'live' },
        { lessons: { rows: 1 } as MinedPattern['lessons'], held: 'one override would move too far' },
      ),
    'one override would move too far',
  ],
  [
    'candidate_started',
    () => guarded({ candidate: tried('c') }),
    'generation 8 is tried on 10 % of the episodes from now on',
  ],
  [
    'candidate_pinned',
    () => guarded({ candidate: tried('before') }),
    'generation 8 is tried on 10 % of the episodes until it is decided',
  ],
  [
    'candidate_tried_before',
    () => guarded({ tried: [{ moves: 'm', generation: 7, at: new Date(AS_OF).toISOString() }] }),
    'generation 7 had the same overrides and was not promoted: they are tried again after 14 days',
  ],
  [
    'changed_meanwhile',
    () => published({ version: 3, mode: 'live' }),
    'another run or an operator changed the pattern meanwhile',
  ],
  ['timeout', () => failure('States.Timeout'), 'failed: timeout'],
  ['internal', () => failure('TypeError'), 'failed: internal'],
  ...(
    [
      'no_result',
      'damaged_event',
      'damaged_generation',
      'newer_data',
      'store_unavailable',
      'store_throttled',
      'interrupted',
      'invalid_request',
      'policy_not_available',
    ] as const
  ).map((code): (typeof ROWS)[number] => [code, () => failure(code), `failed: ${code}`]),
];

test.each(ROWS)('[L6] The reason %s says what is true of its input', async (code, make, sentence) => {
  expect(await make()).toEqual({ code, text: sentence });
});

test('[L6] Every reason code is reached by a row of this test', () => {
  expect([...new Set(ROWS.map(([code]) => code))].toSorted()).toEqual(reasonCodeSchema.options.toSorted());
});
