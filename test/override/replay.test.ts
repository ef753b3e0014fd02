import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { FIRST_REPLAY_SETTINGS } from '../../bench/policy/first-settings.ts';
import { Random } from '../../bench/policy/random.ts';
import { readEpisode } from '../../shared/episode/episode.ts';
import type { Outcome } from '../../shared/episode/outcome.ts';
import type { GateFlag, NumericFactor } from '../../shared/episode/packed-episode.ts';
import { packEpisode, unpackEpisode } from '../../shared/episode/packed-episode.ts';
import { replayLeversOf } from '../../shared/lever/replay-lever.ts';
import { overrideSchema } from '../../shared/override/override.ts';
import type { ReplayResult } from '../../shared/override/policies/replay.ts';
import { replay } from '../../shared/override/policies/replay.ts';
import { describeNoOverride } from '../../shared/override/replay/describe.ts';
import { reasonsBySlice } from '../../shared/override/replay/no-override-reasons.ts';
import type { ReplaySettings } from '../../shared/override/replay/settings.ts';
import { REPLAY_SETTINGS } from '../../shared/override/replay/settings.ts';
import { parsePatternKey } from '../../shared/pattern/pattern-key.ts';
import { scopeHash } from '../../shared/pattern/scope.ts';
import type { KnownEvent } from '../support/factor-columns.ts';
import { factorColumns } from '../support/factor-columns.ts';

const S1 = parsePatternKey('pm.uptrend.S1.entry');
const S3 = parsePatternKey('pm.uptrend.S3.retest');
const DAY = 86_400_000;
const HOUR = 3_600_000;
const AS_OF = Date.UTC(2025, 2, 1);

interface Draft {
  readonly outcome: Outcome;
  readonly ts?: number;
  readonly halo?: number;
  /** 0.003 unless said. */
  readonly slope?: number | undefined;
  readonly dx?: number;
  readonly scope?: Readonly<Record<string, string>>;
  /** Before `AS_OF`. */
  readonly daysAgo?: number;
  readonly resolvedDaysAgo?: number;
  readonly trade?: string;
  readonly pair?: string;
  readonly flags?: Partial<Record<GateFlag, boolean>>;
  readonly blockedBy?: readonly string[];
}

/** Gates of every draft: ts_min 0.6, halo_max 1, slope_min 0, dx_min 10. */
function event(d: Draft): KnownEvent {
  const gates: [NumericFactor, number | undefined, NumericFactor, number][] = [
    ['ts_score', d.ts, 'ts_min', 0.6],
    ['halo_distance', d.halo, 'halo_max', 1],
    ['ema60_slope', 'slope' in d ? d.slope : 0.003, 'slope_min', 0],
    ['dx', d.dx, 'dx_min', 10],
  ];
  const numbers = gates.flatMap(([factor, value, threshold, base]) =>
    value === undefined ? [] : [[factor, value] as const, [threshold, base] as const],
  );
  const passes = (d.ts ?? 1) >= 0.6 && (d.halo ?? 0) <= 1 && (d.slope ?? 0) >= 0 && (d.dx ?? 10) >= 10;
  const daysAgo = d.daysAgo ?? 40;
  return {
    episode: {
      scope: d.scope ?? {},
      decision: passes && !d.blockedBy?.length ? 'acted' : 'skipped',
      numbers: new Map(numbers),
      flags: new Map(Object.entries(d.flags ?? {}) as [GateFlag, boolean][]),
      blockedBy: d.blockedBy && new Set(d.blockedBy),
      tradeId: d.trade,
    },
    outcome: d.outcome,
    time: AS_OF - daysAgo * DAY,
    resolvedAt: AS_OF - (d.resolvedDaysAgo ?? daysAgo - 1) * DAY,
    ...(d.pair !== undefined && { pair: d.pair }),
  };
}

/** `count` events, one every seven hours, so that no two share a block. */
function spread(count: number, draft: Draft): KnownEvent[] {
  return Array.from({ length: count }, (_, i) =>
    event({ ...draft, daysAgo: (draft.daysAgo ?? 40) + (i * 7 * HOUR) / DAY }),
  );
}

const inside = { ts: 1.5, halo: 0.2 };
/** Acted winners far inside all gates: nothing to gain from moving a gate past them. */
const core = (count = 60, draft: Partial<Draft> = {}): KnownEvent[] =>
  spread(count, { outcome: 'success', ...inside, ...draft });

/** Round constants for cases worked by hand. */
const INDEPENDENT = FIRST_REPLAY_SETTINGS;
const DEPENDENT: ReplaySettings = { ...INDEPENDENT, clusters: REPLAY_SETTINGS.clusters };

const run = (events: readonly KnownEvent[], settings = INDEPENDENT, pattern = S1): ReplayResult =>
  replay(pattern, factorColumns(events), AS_OF, settings);

const moves = (result: ReplayResult): unknown[] =>
  result.overrides.map(o => [
    o.action_category,
    o.scope_subset,
    Number((o.multiplier ?? o.delta ?? 0).toFixed(4)),
  ]);

describe('one lever, by hand', () => {
  // ln(0.58 / 0.6) = -0.034: the first step, 0.04, flips them.
  const nearMisses = [
    ...spread(30, { outcome: 'success', ts: 0.58, halo: 0.2 }),
    ...spread(10, { outcome: 'failure', ts: 0.58, halo: 0.2 }),
  ];

  test('thirty winners and ten losers just under ts_min open it by the smallest step that takes them', () => {
    const result = run([...core(), ...nearMisses]);
    expect(moves(result)).toEqual([['tuning_ts_min', {}, 0.9608]]);
    const [override] = result.overrides;
    // G = 2·30 − 10; V = max(4·30 + 10, 2·40) = 130; lower bound 50 − 2·sqrt(130 + 2·20).
    expect(override?.evidence).toMatchObject({ winners: 30, losers: 10, gain: 50, window_days: 90 });
    expect(override?.evidence.lower_bound).toBeCloseTo(50 - 2 * Math.sqrt(170), 9);
    expect(override?.reason).toBe(
      'ts_min × 0.96 on everything: in the last 90 days 30 more winners and 10 more losers would have been taken, +50 at 2:1, +24 after allowing for chance',
    );
    expect(override && overrideSchema.parse(override)).toMatchObject({ action_category: 'tuning_ts_min' });
  });

  test('a step that loses beyond chance is said to lose', () => {
    expect(describeNoOverride({ gain: -24, margin: 17, errors: -3, required: 3.6 })).toBe(
      'every step loses, the least of them −24 ± 17',
    );
    expect(describeNoOverride({ gain: -16, margin: 17, errors: -2, required: 3.6 })).toBe(
      'interval includes 0: −16 ± 17',
    );
  });

  test('twelve winners and ten losers are not enough: the interval includes 0', () => {
    const few = [
      ...spread(12, { outcome: 'success', ts: 0.58, halo: 0.2 }),
      ...spread(10, { outcome: 'failure', ts: 0.58, halo: 0.2 }),
    ];
    const result = run([...core(), ...few]);
    expect(result.overrides).toEqual([]);
    // G = 14, 2·sqrt(4·12 + 10 + 40) = 19.8
    expect(result.noOverrideReasons).toContainEqual(
      expect.objectContaining({
        action_category: 'tuning_ts_min',
        scope_subset: {},
        reason: 'interval includes 0: +14 ± 20',
      }),
    );
  });

  test('losers just inside the halo close it', () => {
    // ln(0.95) = -0.051: closing by 0.1 leaves them out.
    const losers = spread(40, { outcome: 'failure', ts: 1.5, halo: 0.95 });
    const result = run([...core(), ...losers, ...spread(40, { outcome: 'failure', ts: 0.2, halo: 0.2 })]);
    expect(moves(result)).toEqual([['tuning_halo', {}, 0.9048]]);
    expect(result.overrides[0]?.evidence).toMatchObject({ winners: 0, losers: -40, gain: 40 });
  });

  test('a slope override is a delta in the unit of the factor, a whole step of its spread', () => {
    const slopes = [
      ...core(60, { slope: 0.003 }),
      ...spread(40, { outcome: 'success', ...inside, slope: -0.0001 }),
      ...spread(20, { outcome: 'failure', ...inside, slope: -0.02 }),
    ];
    const values = [...Array(60).fill(0.003), ...Array(40).fill(-0.0001), ...Array(20).fill(-0.02)];
    const mean = values.reduce((s, v) => s + v, 0) / 120;
    const sd = Math.sqrt(values.reduce((s, v) => s + (v - mean) ** 2, 0) / 119);
    const [override] = run(slopes).overrides;
    expect(override?.action_category).toBe('tuning_slope_min');
    expect(override?.delta).toBeCloseTo(-sd / 6, 9);
    expect(override?.reason).toContain('slope_min − 0.0014 on everything');
  });

  test('in S3 the levers are TS and DX', () => {
    const dx = [...core(60, { dx: 30 }), ...spread(40, { outcome: 'success', ...inside, dx: 9.8 })];
    expect(moves(run(dx, INDEPENDENT, S3))).toEqual([['tuning_dx_min', {}, 0.9608]]);
  });

  test('an event that fails two gates is flipped by neither lever', () => {
    const both = spread(80, { outcome: 'success', ts: 0.58, halo: 1.05 });
    expect(run([...core(), ...both]).overrides).toEqual([]);
  });

  test('neutral outcomes count in n and gain nothing', () => {
    const neutral = spread(120, { outcome: 'neutral', ts: 0.58, halo: 0.2 });
    const result = run([...core(), ...neutral]);
    expect(result.overrides).toEqual([]);
    expect(result.noOverrideReasons[0]).toMatchObject({
      n: 180,
      reason: 'no event with an outcome stands near the gate',
    });
  });
});

describe('slices', () => {
  const fifteen = { timeframe: '15m' };
  const hourly = { timeframe: '1h' };
  const mixed = [
    ...core(60, { scope: fifteen }),
    ...core(60, { scope: hourly }),
    ...spread(60, { outcome: 'success', ts: 0.58, halo: 0.2, scope: fifteen }),
    ...spread(60, { outcome: 'failure', ts: 0.58, halo: 0.2, scope: hourly }),
  ];

  test('a gate that is too tight in one timeframe is opened there only', () => {
    expect(moves(run(mixed))).toEqual([['tuning_ts_min', fifteen, 0.9608]]);
  });

  test('what a chosen slice already takes is said to be covered by it', () => {
    const scoped = mixed.map((e, i) => ({
      ...e,
      episode: { ...e.episode, scope: { ...e.episode.scope, side: i % 2 ? 'a' : 'b' } },
    }));
    const result = run(scoped);
    expect(moves(result)).toEqual([['tuning_ts_min', fifteen, 0.9608]]);
    expect(result.noOverrideReasons).toContainEqual(
      expect.objectContaining({
        action_category: 'tuning_ts_min',
        scope_subset: { side: 'a', timeframe: '15m' },
        reason: 'covered by timeframe=15m',
      }),
    );
  });

  test('two slices with the same events tie, and the first by name is chosen', () => {
    const twins = mixed.map(e => ({
      ...e,
      episode: { ...e.episode, scope: { ...e.episode.scope, twin: e.episode.scope.timeframe ?? '' } },
    }));
    expect(moves(run(twins))).toEqual([['tuning_ts_min', fifteen, 0.9608]]);
  });

  test('a slice just under N_MIN is listed with what it has', () => {
    const result = run([...core(60), ...core(32, { scope: fifteen })]);
    expect(result.noOverrideReasons.at(-1)).toMatchObject({
      scope_subset: fifteen,
      reason: '32 of 33 events',
    });
  });

  test('the same events in any order make the same bytes', () => {
    const random = new Random(11);
    const events = drawn(random, 3000, 0.55);
    const first = JSON.stringify(run(events, REPLAY_SETTINGS));
    expect(JSON.parse(first).overrides.length).toBeGreaterThan(0);
    for (let k = 0; k < 3; k++)
      expect(JSON.stringify(run(random.shuffled(events), REPLAY_SETTINGS))).toBe(first);
  });
});

describe('events that share their fate', () => {
  const winners = (draft: (i: number) => Partial<Draft>): KnownEvent[] =>
    Array.from({ length: 40 }, (_, i) =>
      event({ outcome: 'success', ts: 0.58, halo: 0.2, daysAgo: 30 + (i * 7) / 24, ...draft(i) }),
    );

  test('forty winners of forty moments are an edge', () => {
    expect(run([...core(), ...winners(() => ({}))], DEPENDENT).overrides).toHaveLength(1);
  });

  test.each<[string, (i: number) => Partial<Draft>]>([
    ['one block of hours', () => ({ daysAgo: 30 })],
    ['one trade', () => ({ trade: 't1' })],
    ['three blocks of one pair', i => ({ daysAgo: 30 + (i % 3), pair: 'SOL' })],
  ])('forty winners of %s are not', (_, draft) => {
    const result = run([...core(), ...winners(draft)], DEPENDENT);
    expect(result.overrides).toEqual([]);
    expect(result.noOverrideReasons[0]?.reason).toMatch(/^interval includes 0: \+80 ± /);
  });
});

describe('factors that are missing', () => {
  const halo = spread(40, { outcome: 'failure', halo: 0.95, flags: { ts_ok: true } });

  test('a lever is off when too few events carry its factor, and its gate stands as it was logged', () => {
    const events = [
      ...core(29),
      ...spread(31, { outcome: 'success', halo: 0.2, flags: { ts_ok: true } }),
      ...spread(20, { outcome: 'success', halo: 0.97, flags: { ts_ok: false } }),
      ...spread(20, { outcome: 'failure', halo: 1.8, flags: { ts_ok: true } }),
      ...halo,
    ];
    const result = run(events);
    expect(result.disabled).toContainEqual({
      action_category: 'tuning_ts_min',
      reason: 'factor ts_score missing on 79 %',
    });
    // The 20 winners at 0.97 fail the logged TS gate: they are not lost by closing the halo.
    expect(moves(result)).toEqual([['tuning_halo', {}, 0.9048]]);
    expect(result.overrides[0]?.evidence).toMatchObject({ winners: 0, losers: -40 });
  });

  test('an event that neither carries a factor nor logged its gate is left out, and counts for n', () => {
    const silent = spread(100, { outcome: 'success', halo: 0.97 });
    const result = run([...core(60), ...spread(45, { outcome: 'failure', ts: 0.3, halo: 0.2 }), ...silent]);
    expect(result.overrides).toEqual([]);
    expect(result.noOverrideReasons[0]).toMatchObject({ n: 205 });
    expect(result.base).toMatchObject({ winners: 60, losers: 0 });
  });

  test('factors that only acted events carry say nothing', () => {
    const result = run([...core(80), ...spread(40, { outcome: 'failure', halo: 0.5, blockedBy: ['ts'] })]);
    expect(result.disabled).toContainEqual({
      action_category: 'tuning_ts_min',
      reason: 'only acted events carry ts_score',
    });
  });

  test('without any factor nothing is emitted, and every lever says why', () => {
    const result = run(spread(100, { outcome: 'success', slope: undefined, blockedBy: ['ts'] }));
    expect(result.overrides).toEqual([]);
    expect(result.disabled.map(o => o.reason)).toEqual([
      'factor ts_score missing on 100 %',
      'factor halo_distance missing on 100 %',
      'factor ema60_slope missing on 100 %',
      'factor sr_boost missing on 100 %',
    ]);
  });

  test('an event that another gate blocked is moved by no lever', () => {
    const blocked = spread(80, { outcome: 'success', ts: 0.58, halo: 0.2, blockedBy: ['edx'] });
    expect(run([...core(), ...blocked]).overrides).toEqual([]);
  });
});

describe('time', () => {
  const good = spread(40, { outcome: 'success', ts: 0.58, halo: 0.2 });

  test('an outcome that was not known yet is not seen', () => {
    const later = good.map(e => ({ ...e, resolvedAt: AS_OF + 1 }));
    expect(run([...core(), ...later]).overrides).toEqual([]);
  });

  test('what the held-out days contradict is not emitted, and says so', () => {
    const bad = Array.from({ length: 60 }, (_, i) =>
      event({ outcome: 'failure', ts: 0.58, halo: 0.2, daysAgo: 20 + i / 60, resolvedDaysAgo: 6 }),
    );
    const result = run([
      ...core(),
      ...spread(120, { outcome: 'success', ts: 0.58, halo: 0.2, daysAgo: 22 }),
      ...bad,
    ]);
    expect(result.overrides).toEqual([]);
    expect(result.withheld).toBe('held-out days disagree: −60 ± 7.7 against the base gates');
    expect(result.noOverrideReasons).toContainEqual(
      expect.objectContaining({ action_category: 'tuning_ts_min', reason: result.withheld }),
    );
  });

  test('the last thirty days are learned from when they stand the held-out days better', () => {
    const draft = (outcome: Outcome, daysAgo: number, resolved: number, count: number): KnownEvent[] =>
      Array.from({ length: count }, (_, i) =>
        event({ outcome, ts: 0.58, halo: 0.2, daysAgo: daysAgo + i / count, resolvedDaysAgo: resolved }),
      );
    const flip = [
      ...core(60),
      ...draft('failure', 60, 55, 300),
      ...draft('success', 20, 15, 80),
      ...draft('success', 10, 3, 60),
    ];
    const result = run(flip);
    expect(result.window_days).toBe(30);
    expect(result.overrides[0]?.evidence).toMatchObject({ winners: 140, losers: 0, window_days: 30 });
    expect(result.held_out).toMatchObject({ gain: 120, events: 60 });
  });
});

describe('the first step of a pattern', () => {
  // G = 40 − 8 = 32 by 2·sqrt(88 + 40): above 0 by 2.8 standard errors.
  const once = [
    ...spread(20, { outcome: 'success', ts: 0.58, halo: 0.2 }),
    ...spread(8, { outcome: 'failure', ts: 0.58, halo: 0.2 }),
  ];
  const asking = (blind: number, telling: number): ReplaySettings => ({
    ...INDEPENDENT,
    entry: {
      uninformativeZ: [blind, blind, blind],
      informativeZ: [telling, telling, telling],
      informativeErrors: 3,
    },
  });

  test('must prove more than an acceptable one where the factor tells nothing', () => {
    const blind = [...core(), ...once, ...spread(40, { outcome: 'failure', ...inside })];
    expect(run(blind).overrides).toHaveLength(1);
    expect(run(blind, asking(2.8, 1)).overrides).toHaveLength(1);
    const result = run(blind, asking(2.9, 1));
    expect(result.overrides).toEqual([]);
    expect(result.noOverrideReasons[0]?.reason).toBe(
      'not proven: +32 ± 23 exceeds 0 by 2.8 standard errors, 2.9 are asked of a first step',
    );
  });

  test('proves enough where winners lie further inside than losers', () => {
    const far = spread(90, { outcome: 'failure', ts: 0.25, halo: 0.2 });
    expect(run([...core(), ...once, ...far], asking(9, 2.8)).overrides).toHaveLength(1);
    expect(run([...core(), ...once, ...far], asking(9, 2.9)).overrides).toEqual([]);
  });

  test('in the global slice it opens no other, in another slice it opens all', () => {
    const both = (global: number, one: number): ReplaySettings => ({
      ...INDEPENDENT,
      entry: { uninformativeZ: [global, one, 9], informativeZ: [global, one, 9], informativeErrors: 3 },
    });
    const side = (a: string, outcome: Outcome, count: number): KnownEvent[] =>
      spread(count, { outcome, ts: 0.58, halo: 0.2, scope: { side: a } });
    const events = [
      ...core(60, { scope: { side: 'a' } }),
      ...core(60, { scope: { side: 'b' } }),
      ...side('a', 'success', 60),
      ...side('b', 'success', 20),
      ...side('b', 'failure', 75),
    ];
    expect(moves(run(events))).toEqual([['tuning_ts_min', { side: 'a' }, 0.9608]]);
    // 160 − 75 = 85 by sqrt(4·80 + 75 + 40): 4.1 standard errors; side a: 120 by sqrt(240 + 40), 7.2.
    expect(moves(run(events, both(4, 8)))).toEqual([['tuning_ts_min', {}, 0.9608]]);
    expect(moves(run(events, both(9, 7)))).toEqual([['tuning_ts_min', { side: 'a' }, 0.9608]]);
    expect(moves(run(events, both(9, 8)))).toEqual([]);
  });
});

describe('gates that not every pattern has', () => {
  const sr = (draft: Draft, boost: number): KnownEvent => withNumbers(draft, { sr_boost: boost, sr_min: 1 });
  const withNumbers = (draft: Draft, more: Partial<Record<NumericFactor, number>>): KnownEvent => {
    const made = event(draft);
    const numbers = new Map([
      ...made.episode.numbers,
      ...(Object.entries(more) as [NumericFactor, number][]),
    ]);
    const passes = (more.sr_boost ?? 1) >= (more.sr_min ?? 1) && (more.edx ?? 0) <= (more.edx_max ?? 1);
    const decision = made.episode.decision === 'acted' && passes ? 'acted' : 'skipped';
    return { ...made, episode: { ...made.episode, numbers, decision } };
  };
  const many = (count: number, make: (daysAgo: number) => KnownEvent): KnownEvent[] =>
    Array.from({ length: count }, (_, i) => make(40 + (i * 7) / 24));

  test('a boost that must reach its least is multiplied by more to let winners in', () => {
    const events = [
      ...many(60, daysAgo => sr({ outcome: 'success', ...inside, daysAgo }, 3)),
      // ln(0.97) = -0.03: the first step, 0.04, lets them in.
      ...many(40, daysAgo => sr({ outcome: 'success', ...inside, daysAgo }, 0.97)),
    ];
    const result = run(events);
    expect(moves(result)).toEqual([['tuning_sr_boost', {}, 1.0408]]);
    expect(result.overrides[0]?.reason).toMatch(/^sr_boost × 1\.04 on everything: .* 40 more winners/);
  });

  test('a suppression that must stay within its most is multiplied by less', () => {
    const edx = (value: number) => (daysAgo: number) =>
      withNumbers({ outcome: 'success', ...inside, dx: 30, daysAgo }, { edx: value, edx_max: 1 });
    const result = run([...many(60, edx(0.2)), ...many(40, edx(1.03))], INDEPENDENT, S3);
    expect(moves(result)).toEqual([['tuning_edx_supp', {}, 0.9608]]);
  });

  test('where no event carries the factor there is no such gate, and nothing is left out for it', () => {
    const winners = spread(40, { outcome: 'success', ts: 0.58, halo: 0.2 });
    const result = run([...core(), ...winners]);
    expect(result.disabled).toEqual([
      { action_category: 'tuning_sr_boost', reason: 'factor sr_boost missing on 100 %' },
    ]);
    expect(moves(result)).toEqual([['tuning_ts_min', {}, 0.9608]]);
  });

  test('a factor without its threshold moves nothing, and says which of the two is missing', () => {
    const boosted = (outcome: Outcome, ts: number) => (daysAgo: number) =>
      withNumbers({ outcome, ts, halo: 0.2, daysAgo }, { sr_boost: 1.1 });
    const result = run([...many(60, boosted('success', 1.5)), ...many(40, boosted('failure', 0.2))]);
    expect(result.base).toMatchObject({ winners: 60, losers: 0 });
    expect(result.disabled).toEqual([
      { action_category: 'tuning_sr_boost', reason: 'threshold sr_min missing on 100 %' },
    ]);
  });

  test('an event that such a gate blocked is still moved by no other lever', () => {
    const blocked = spread(80, { outcome: 'success', ts: 0.58, halo: 0.2, blockedBy: ['sr'] });
    expect(run([...core(), ...blocked]).overrides).toEqual([]);
  });
});

describe('what replay was first measured with', () => {
  test('are the constants and steps of the handbook', () => {
    expect(FIRST_REPLAY_SETTINGS).toMatchObject({
      payoff: { win: 2, loss: 1 },
      nMin: 33,
      maxDimensions: 2,
      z: [2, 1.75, 2.75],
      entry: undefined,
      priorEvents: 20,
      maxSteps: 60,
      maxLog: 0.7,
      windows: [90, 30],
      breaks: undefined,
      heldOutDays: 7,
      heldOutErrors: 1,
      clusters: [],
    });
    const levers = replayLeversOf(S1).map(l => [l.factor, l.scale, l.steps]);
    expect(levers.slice(0, 3)).toEqual([
      ['ts_score', 'log', [0.04, 0.08, 0.12, 0.16, 0.2, 0.25, 0.3, 0.36, 0.43]],
      ['halo_distance', 'log', [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7]],
      ['ema60_slope', 'additive', [1 / 6, 1 / 3, 1 / 2, 2 / 3, 1, 4 / 3]],
    ]);
  });

  test('one override moves a threshold by at most exp(0.7), however many steps it takes', () => {
    // Winners at every distance: 0.43 first, 0.25 of what is left then, and no further.
    const all = Array.from({ length: 12 }, (_, i) =>
      spread(30, { outcome: 'success', ts: 0.6 * Math.exp(-0.02 - i * 0.08), halo: 0.2 }),
    ).flat();
    const [override] = run([...core(), ...all]).overrides;
    expect(override?.multiplier).toBeGreaterThanOrEqual(Math.exp(-0.7));
    expect(override?.multiplier).toBeLessThan(Math.exp(-0.64));
  });
});

describe('a change of what holds', () => {
  const era = (from: number, to: number, count: number, near: Outcome, far: Outcome): KnownEvent[] =>
    Array.from({ length: count }, (_, i) => {
      const daysAgo = to + ((from - to) * i) / count;
      const resolvedDaysAgo = Math.max(0, daysAgo - 1);
      return [
        event({ outcome: near, ts: 0.58, halo: 0.2, daysAgo, resolvedDaysAgo }),
        event({ outcome: far, ts: 0.3, halo: 0.2, daysAgo, resolvedDaysAgo }),
        event({ outcome: 'success', ...inside, daysAgo, resolvedDaysAgo }),
      ];
    }).flat();
  const settings: ReplaySettings = { ...REPLAY_SETTINGS, clusters: [], entry: undefined };

  test('is found by what older events taught failing on younger ones, and only those are learned from', () => {
    const events = [...era(88, 20, 300, 'success', 'failure'), ...era(20, 0.1, 90, 'failure', 'failure')];
    const result = run(events, settings);
    expect(result.window_days).toBe(20);
    expect(result.changed).toBe('what older events taught has failed for 20 days');
    expect(result.overrides).toEqual([]);
    expect(run(events, { ...settings, breaks: undefined }).window_days).toBe(90);
  });

  test('is not found where nothing changed', () => {
    const result = run(era(88, 0.1, 400, 'success', 'failure'), settings);
    expect(result.window_days).toBe(90);
    expect(moves(result)).toEqual([['tuning_ts_min', {}, 0.9608]]);
  });
});

describe('why a slice is silent', () => {
  test('is one text: the reason of all levers, or each lever with its own', () => {
    const scope = { timeframe: '15m' };
    const events = [
      ...core(60, { scope }),
      ...spread(12, { outcome: 'success', ts: 0.58, halo: 0.2, scope }),
      ...spread(10, { outcome: 'failure', ts: 0.58, halo: 0.2, scope }),
      ...core(30, { scope: { timeframe: '1h' } }),
    ];
    const result = run(events);
    const why = reasonsBySlice(result);
    expect(why.get(scopeHash(scope))).toBe(
      'tuning_ts_min: interval includes 0: +14 ± 17; tuning_halo: no event with an outcome stands near the gate; ' +
        'tuning_slope_min: ema60_slope does not vary',
    );
    expect(why.get(scopeHash({ timeframe: '1h' }))).toBe('30 of 33 events');
    expect(why.get(scopeHash({ a: '1', b: '2', c: '3' }))).toBeUndefined();
  });
});

test('work is bounded: levels of dimensions that would take too many looks are cut, and named', () => {
  const events = [
    ...core(60, { scope: { a: '1', b: '1' } }),
    ...spread(40, { outcome: 'success', ts: 0.58, halo: 0.2, scope: { a: '1', b: '2' } }),
  ];
  expect(run(events).cut).toBeUndefined();
  const looks = run(events, { ...INDEPENDENT, maxVisits: 399 });
  expect(looks.cut).toEqual(['slices of 2 dimensions: 1 combination of 100 events are more than 399 looks']);
  expect(looks.noOverrideReasons.every(s => Object.keys(s.scope_subset).length <= 1)).toBe(true);
  const slices = run(events, { ...INDEPENDENT, maxSlices: 3 });
  expect(slices.cut).toEqual(['slices of 1 dimension: more than 3 slices']);
  expect(moves(slices)).toEqual([['tuning_ts_min', {}, 0.9608]]);
});

test('a pattern that loses at its base gates is said to lose', () => {
  const losing = [
    ...spread(20, { outcome: 'success', ts: 0.61, halo: 0.2 }),
    ...spread(120, { outcome: 'failure', ts: 0.61, halo: 0.2 }),
    ...spread(60, { outcome: 'failure', ts: 0.1, halo: 0.2 }),
  ];
  const result = run(losing);
  expect(result.base).toMatchObject({ winners: 20, losers: 120, gain: -80, loses: true });
  expect(result.base.summary).toMatch(/this pattern loses at its base gates$/);
  expect(result.overrides[0]?.reason).toMatch(
    /this pattern loses at these payoffs, the override trades less$/,
  );
});

/** Events whose outcome has nothing to do with anything. */
function drawn(random: Random, count: number, success: number): KnownEvent[] {
  return Array.from({ length: count }, () => {
    const daysAgo = 1 + random.uniform() * 88;
    return event({
      outcome: random.uniform() < success ? 'success' : 'failure',
      ts: 0.5 * Math.exp(0.25 * random.normal()),
      halo: 0.9 * Math.exp(0.5 * random.normal()),
      slope: 0.0005 + 0.0015 * random.normal(),
      scope: {
        bucket: `b${random.pick([0.4, 0.3, 0.2, 0.1])}`,
        chain: `c${random.pick([0.5, 0.3, 0.2])}`,
        timeframe: `t${random.pick([0.4, 0.3, 0.2, 0.1])}`,
      },
      daysAgo,
      resolvedDaysAgo: Math.max(0, daysAgo - 1 - random.uniform() * 14),
    });
  });
}

test.each([
  ['a fair coin at 1:1', 0.5, { win: 1, loss: 1 }],
  ['outcomes that break even at 2:1', 1 / 3, { win: 2, loss: 1 }],
])(
  '%s makes at most a tenth of an override a pattern',
  (_, success, payoff) => {
    let overrides = 0;
    for (let seed = 1; seed <= 100; seed++)
      overrides += run(drawn(new Random(seed, 5), 4000, success), { ...REPLAY_SETTINGS, payoff }).overrides
        .length;
    expect(overrides / 100).toBeLessThanOrEqual(0.1);
  },
  60_000,
);

test('the PM data set makes no override, and every slice says why', () => {
  const file = new URL('../data/pm-episode-events.jsonl', import.meta.url);
  const events = readFileSync(file, 'utf8')
    .trim()
    .split('\n')
    .map(line => readEpisode(JSON.parse(line), Date.UTC(2026, 0, 1)))
    .filter(e => e.pattern === S1)
    .flatMap(e =>
      e.outcome
        ? [
            {
              episode: unpackEpisode(packEpisode(e)),
              outcome: e.outcome.outcome,
              time: e.timestamp,
              resolvedAt: e.outcome.resolvedAt,
            },
          ]
        : [],
    );
  const result = replay(S1, factorColumns(events), Date.UTC(2025, 0, 20));
  expect(result.overrides).toEqual([]);
  expect(result.disabled).toEqual([
    { action_category: 'tuning_sr_boost', reason: 'threshold sr_min missing on 100 %' },
  ]);
  expect(result.withheld).toBeUndefined();
  // Ten slices of at most two dimensions, four levers each, and nine just under N_MIN.
  expect(result.noOverrideReasons.filter(s => s.reason.startsWith('interval includes 0'))).toHaveLength(30);
  expect(result.noOverrideReasons.filter(s => s.reason.endsWith('of 33 events'))).toHaveLength(9);
  expect(result.noOverrideReasons).toHaveLength(49);
  expect(reasonsBySlice(result).size).toBe(19);
});
