import { describe, expect, test } from 'vitest';
import type { Lesson } from '../../../shared/lesson/lesson.ts';
import { quadrantStats } from '../../../shared/lesson/lesson-kind.ts';
import { computeOverrides } from '../../../shared/override/compute-overrides.ts';
import { projectOntoGates } from '../../../shared/override/model/project-gates.ts';
import { modelPolicy } from '../../../shared/override/policies/model.ts';
import { prepareGates } from '../../../shared/override/replay/gates.ts';
import { REPLAY_SETTINGS } from '../../../shared/override/replay/settings.ts';
import { sliceDimensions } from '../../../shared/override/replay/slices.ts';
import { rowsWhere } from '../../../shared/override/rows-where.ts';
import { normalizeScope } from '../../../shared/pattern/scope.ts';
import { scopeHash } from '../../../shared/pattern/scope-hash.ts';
import { S1 } from '../../support/episodes.ts';
import type { KnownEvent } from '../../support/factor-columns.ts';
import { factorColumns } from '../../support/factor-columns.ts';
import { randomOf, shuffled } from '../../support/random.ts';
import { AS_OF, event } from '../../support/replay-events.ts';

const SETTINGS = { ...REPLAY_SETTINGS, windows: [365] as const };

/** Events of a year, of which those of timeframe 15m succeed down to a score of 0.45, others from 0.6 on. */
function year(count: number, success: number, seed = 7, days = 360): KnownEvent[] {
  const random = randomOf(seed);
  return Array.from({ length: count }, () => {
    const timeframe = random() < 0.5 ? '15m' : '1h';
    const ts = 0.3 + 0.6 * random();
    const good = ts >= (timeframe === '15m' ? 0.45 : 0.6);
    const daysAgo = 1 + days * random();
    return event({
      outcome: random() < (good ? success : 0.1) ? 'success' : 'failure',
      ts,
      halo: 0.2 + random(),
      scope: { timeframe, chain: random() < 0.5 ? 'a' : 'b' },
      daysAgo,
      resolvedDaysAgo: daysAgo - 0.5,
    });
  });
}

describe('the model policy', () => {
  test('A slice whose threshold is too tight is opened, by its own dimension', () => {
    const { overrides, model } = modelPolicy(S1, factorColumns(year(6000, 0.7)), AS_OF, SETTINGS);
    expect(model?.opening?.gain).toBeGreaterThan(0);
    const ts = overrides.filter(o => o.action_category === 'tuning_ts_min');
    expect(ts.map(o => o.scope_subset)).toContainEqual({ timeframe: '15m' });
    expect(ts.find(o => o.scope_subset.timeframe === '15m')?.multiplier).toBeLessThan(0.85);
    for (const o of overrides) expect(Object.keys(o.scope_subset).length).toBeLessThanOrEqual(1);
  });

  test('A pattern that loses everywhere is closed and never opened', () => {
    const random = randomOf(3);
    const events = year(4000, 0.7).map(
      (e): KnownEvent => ({ ...e, outcome: random() < 0.2 ? 'success' : 'failure' }),
    );
    const { overrides, model } = modelPolicy(S1, factorColumns(events), AS_OF, SETTINGS);
    expect(model?.opening).toBeUndefined();
    expect(model?.closing?.gain).toBeGreaterThan(0);
    const ts = overrides.find(o => o.action_category === 'tuning_ts_min');
    expect(ts?.multiplier).toBeGreaterThan(1);
  });

  test('A history of fewer than 180 days moves nothing and says how much is missing', () => {
    const { overrides, model, note } = modelPolicy(
      S1,
      factorColumns(year(3000, 0.7, 5, 120)),
      AS_OF,
      SETTINGS,
    );
    expect(overrides).toEqual([]);
    expect(model).toBeUndefined();
    expect(note.text).toMatch(/180 days and 300 events; 1[12]\d days and \d+ events/);
  });

  test('The same events in any order give the same overrides, byte for byte', () => {
    const events = year(3000, 0.7);
    const result = JSON.stringify(modelPolicy(S1, factorColumns(events), AS_OF, SETTINGS).overrides);
    for (const seed of [1, 2])
      expect(
        JSON.stringify(
          modelPolicy(S1, factorColumns(shuffled(events, randomOf(seed))), AS_OF, SETTINGS).overrides,
        ),
      ).toBe(result);
    expect(JSON.parse(result).length).toBeGreaterThan(0);
  });
});

describe('reasons of the model policy', () => {
  const opened = year(6000, 0.7);
  const lossy = ((random): KnownEvent[] =>
    year(4000, 0.7).map(e => ({ ...e, outcome: random() < 0.2 ? 'success' : 'failure' })))(randomOf(3));
  const byChance = (seed: number): KnownEvent[] => {
    const random = randomOf(seed);
    return year(2000, 0.7).map(e => ({ ...e, outcome: random() < 1 / 3 ? 'success' : 'failure' }));
  };
  const withoutScores = opened.map(
    (e): KnownEvent => ({ ...e, episode: { ...e.episode, numbers: new Map(), flagsKnown: 0 } as never }),
  );
  const compute = (events: readonly KnownEvent[], lookback_days = 365) =>
    computeOverrides('model', {
      pattern: S1,
      lessons: [],
      columns: factorColumns(events),
      asOf: AS_OF,
      settings: { payoff: { win: 2, loss: 1 }, n_min: 33, lookback_days, max_overrides: 20_000 },
    });
  const lessonOf = (scope: Record<string, string>): Lesson => {
    const scope_subset = normalizeScope(scope);
    const stats = quadrantStats([1, 1, 1, 1, 1, 0]);
    return { action_category: 'tuning', scope_subset, scope_hash: scopeHash(scope_subset), n: 5, stats };
  };

  test.each([
    ['covered_by_override', { timeframe: '15m', chain: 'a' }, /^covered by timeframe=15m, whose override/],
    ['moved_in_part_of_slice', {}, /^timeframe=1(5m|h), a part of it, has an override/],
    ['nothing_proven', { chain: 'a' }, /^the gates of other slices come nearest .*: openings: at/],
    [
      'too_many_dimensions',
      { chain: 'a', side: 'b' },
      /^the model moves .* 1 dimension, and this one has 2$/,
    ],
  ])('A lesson without an override has the reason %s', (code, scope, text) => {
    const reason = compute(opened).explainNoOverride(lessonOf(scope as Record<string, string>));
    expect(reason).toEqual({ code, text: expect.stringMatching(text) });
  });

  test('An override says whether it opens or closes, and what its rung brought', () => {
    const of = (events: readonly KnownEvent[]) => new Set(compute(events).overrides.map(o => o.reason_code));
    expect(of(opened)).toContain('taking_more_gains');
    expect(of(lossy)).toEqual(new Set(['taking_fewer_gains']));
    expect(compute(opened).overrides[0]?.reason).toMatch(
      /^the model (opens|closes) here; at [\d.]+ errors, \d+/,
    );
    expect(compute(opened)).not.toHaveProperty('note');
  });

  test.each([
    ['too_few_events', opened, 90, /8\d days and \d+ events are known$/],
    ['too_few_events', opened.slice(0, 250), 365, /1[678]\d days and 250 events are known$/],
    ['nothing_proven', byChance(6), 365, /^openings: no rung gains .*; closings: no rung gains [^,]*$/],
    ['nothing_proven', byChance(5), 365, /^openings: at .*, but no gate by at most one dimension/],
    [
      'factor_missing',
      withoutScores,
      365,
      /^none of 6000 events logs a number ts_score .*; none of 6000 .* slope_min/,
    ],
  ] as const)('A pattern without an override has the note %s', (code, events, days, text) => {
    const { overrides, note, explainNoOverride } = compute(events, days);
    expect(overrides).toEqual([]);
    expect(note).toEqual({ code, text: expect.stringMatching(text) });
    expect(explainNoOverride(lessonOf({ chain: 'a' }))).toEqual(note);
  });
});

describe('projection onto gates', () => {
  const events = year(400, 0.7);
  const gates = prepareGates(S1, factorColumns(events), SETTINGS);
  const rows = rowsWhere(gates.columns, () => true);
  const sumAt = (worth: Float64Array, openings: readonly number[]): number =>
    rows.reduce(
      (sum, row) =>
        sum +
        (gates.gates.every((g, i) => (g.margin[row] ?? 0) + (openings[i] ?? 0) >= 0) ? (worth[row] ?? 0) : 0),
      0,
    );

  test('No single further step has a larger sum', () => {
    const random = randomOf(11);
    const worth = Float64Array.from(rows, () => random() - 0.35);
    const slices = projectOntoGates(gates, rows, worth, { opens: true, closes: true }, 33);
    const whole = slices.find(({ slice }) => sliceDimensions(slice) === 0);
    const openings = [...(whole?.openings ?? [0, 0, 0])];
    const reached = sumAt(worth, openings);
    gates.gates.forEach((gate, g) => {
      for (const step of [...gate.steps, 0, ...gate.steps.map(s => -s)])
        if (whole) expect(sumAt(worth, openings.with(g, step))).toBeLessThanOrEqual(reached + 1e-6);
    });
  });

  test('A side that is not proven stays at the base gates', () => {
    const worth = new Float64Array(gates.columns.size).fill(1);
    const closing = projectOntoGates(gates, rows, worth, { opens: false, closes: true }, 33);
    expect(closing).toEqual([]);
    const opening = projectOntoGates(gates, rows, worth, { opens: true, closes: false }, 33);
    expect(opening.flatMap(s => [...s.openings]).every(o => o >= 0)).toBe(true);
    expect(opening.length).toBeGreaterThan(0);
  });
});
