import { describe, expect, test } from 'vitest';
import { projectOntoGates } from '../../../shared/override/model/project-gates.ts';
import { modelPolicy } from '../../../shared/override/policies/model.ts';
import { prepareGates } from '../../../shared/override/replay/gates.ts';
import { REPLAY_SETTINGS } from '../../../shared/override/replay/settings.ts';
import { sliceDimensions } from '../../../shared/override/replay/slices.ts';
import { rowsWhere } from '../../../shared/override/rows-where.ts';
import { S1 } from '../../support/episodes.ts';
import type { KnownEvent } from '../../support/factor-columns.ts';
import { factorColumns } from '../../support/factor-columns.ts';
import { randomOf, shuffled } from '../../support/random.ts';
import { event } from '../../support/replay-events.ts';

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
    const { overrides, model } = modelPolicy(S1, factorColumns(year(6000, 0.7)), SETTINGS);
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
    const { overrides, model } = modelPolicy(S1, factorColumns(events), SETTINGS);
    expect(model?.opening).toBeUndefined();
    expect(model?.closing?.gain).toBeGreaterThan(0);
    const ts = overrides.find(o => o.action_category === 'tuning_ts_min');
    expect(ts?.multiplier).toBeGreaterThan(1);
  });

  test('A history of fewer than 180 days moves nothing and says how much is missing', () => {
    const { overrides, model, note } = modelPolicy(S1, factorColumns(year(3000, 0.7, 5, 120)), SETTINGS);
    expect(overrides).toEqual([]);
    expect(model).toBeUndefined();
    expect(note.text).toMatch(/180 days and 300 events; 1[12]\d days and \d+ events/);
  });

  test('The same events in any order give the same overrides, byte for byte', () => {
    const events = year(3000, 0.7);
    const result = JSON.stringify(modelPolicy(S1, factorColumns(events), SETTINGS).overrides);
    for (const seed of [1, 2])
      expect(
        JSON.stringify(modelPolicy(S1, factorColumns(shuffled(events, randomOf(seed))), SETTINGS).overrides),
      ).toBe(result);
    expect(JSON.parse(result).length).toBeGreaterThan(0);
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
