import { describe, expect, it } from 'vitest';
import type { Generation } from '../../shared/generation/generation.ts';
import type { Override } from '../../shared/override/override.ts';
import { jumps } from '../../shared/warning/jump.ts';
import { atClamp, droppedByCut } from '../../shared/warning/override-limits.ts';
import { overrideMoves } from '../../shared/warning/override-moves.ts';
import { withdrawn } from '../../shared/warning/withdrawn.ts';
import { NOW } from '../support/episodes.ts';
import { override } from '../support/overrides.ts';

const ts = (chain: string, multiplier: number): Override => override('tuning_ts_min', { chain }, multiplier);

describe('jumps', () => {
  const jumped = (before: readonly Override[], after: readonly Override[], limit = 1.5) =>
    jumps(overrideMoves(before, after), limit);

  it('An override that moves by more than the limit jumps, in both directions', () => {
    expect(jumped([ts('a', 0.6)], [ts('a', 0.95)])).toMatchObject([
      { code: 'jump', action_category: 'tuning_ts_min', scope_subset: { chain: 'a' } },
    ]);
    expect(jumped([ts('a', 0.95)], [ts('a', 0.6)])).toHaveLength(1);
  });

  it('An override that moves by the limit or less does not jump', () => {
    expect(jumped([ts('a', 0.6)], [ts('a', 0.9)])).toEqual([]);
    expect(jumped([ts('a', 1.5)], [ts('a', 1)])).toEqual([]);
    expect(jumped([ts('a', 0.6)], [ts('a', 0.95)], 1.6)).toEqual([]);
  });

  it('A missing override counts as 1: one that is new or taken out jumps by its own multiplier', () => {
    expect(jumped([], [ts('a', 0.6)])).toHaveLength(1);
    expect(jumped([ts('a', 1.7)], [])).toHaveLength(1);
    expect(jumped([ts('a', 1.4)], [ts('b', 0.7)])).toEqual([]);
  });

  it('A delta never jumps', () => {
    const slope = (delta: number) => [override('tuning_slope_min', {}, delta)];
    expect(jumped(slope(0.001), slope(5))).toEqual([]);
    expect(jumped([], slope(5))).toEqual([]);
  });

  it('The message names lever, slice, both multipliers, the factor and the next step, the largest jump first', () => {
    const [first] = jumped([ts('a', 0.9), ts('b', 1)], [ts('a', 0.5), ts('b', 1.6)]);
    expect(first?.message).toBe(
      'tuning_ts_min of chain=a moves from × 0.9 to × 0.5, by a factor of 1.8 (limit 1.5): read the evidence of ' +
        'this slice; if it is wrong, freeze the pattern or roll it back',
    );
  });
});

describe('overrides at their clamp', () => {
  it.each([
    ['tuning_ts_min', 0.5],
    ['tuning_halo', 2],
    ['tuning_dx_atr_mult', 0.7],
    ['tuning_dx_atr_mult', 1.5],
  ] as const)('%s at × %d lies at its clamp', (category, multiplier) => {
    const at = override(category, {}, multiplier);
    expect(atClamp([at])).toMatchObject([{ code: 'at_clamp', action_category: category, scope_subset: {} }]);
  });

  it('An override inside the clamp of its own lever is no warning, and neither is a delta', () => {
    expect(
      atClamp([
        override('tuning_ts_min', {}, 0.7),
        override('tuning_ts_min', { a: 1 }, 1.5),
        override('tuning_dx_atr_mult', {}, 1.49),
        override('tuning_slope_min', {}, 2),
      ]),
    ).toEqual([]);
  });
});

describe('overrides that the mining budget drops', () => {
  const deep = override('tuning_ts_min', { a: 1, b: 2, c: 3 }, 0.8);
  const flat = override('tuning_ts_min', { a: 1 }, 0.8);

  const deeperThan = (depth: number) => (o: Override) =>
    Object.keys(o.scope_subset).length > depth
      ? `slices of more than ${depth} dimensions are left out`
      : undefined;

  it('An override in force of a level that the budget left out is named', () => {
    expect(droppedByCut(overrideMoves([deep, flat], [flat]), deeperThan(2))).toMatchObject([
      { code: 'cut_drops_override', scope_subset: { a: '1', b: '2', c: '3' } },
    ]);
  });

  it('A level that was kept, an override that stays and a run without a cut give no warning', () => {
    expect(droppedByCut(overrideMoves([deep, flat], []), deeperThan(3))).toEqual([]);
    expect(droppedByCut(overrideMoves([deep], [deep]), deeperThan(2))).toEqual([]);
    expect(droppedByCut(overrideMoves([deep], []), () => undefined)).toEqual([]);
  });
});

describe('withdrawn overrides', () => {
  const current: Generation = {
    generation: 7,
    hash: 'h',
    cycle_id: 'c',
    as_of: new Date(NOW).toISOString(),
    lookback_days: 90,
    n_min: 33,
    policy: 'drift',
    resolution: 'blend',
    events_read: 100,
    lessons: { id: 'l', rows: 1, chunks: 1, kept_until: new Date(NOW).toISOString() },
    overrides: { id: 'o', rows: 1, chunks: 1, kept_until: new Date(NOW).toISOString() },
    published_at: new Date(NOW).toISOString(),
  };
  const run = { ...current, cut: false };
  const some = (n: number): Override[] => Array.from({ length: n }, (_, i) => ts(`c${i}`, 0.8));
  const messageOf = (input: Partial<typeof run & { newestEvent: number }>, before = some(3)) =>
    withdrawn(overrideMoves(before, []), current, { ...run, ...input })[0]?.message;

  it('A run that takes out every override warns, however few there are', () => {
    expect(withdrawn(overrideMoves(some(1), []), current, run)).toMatchObject([
      { code: 'overrides_withdrawn' },
    ]);
    expect(messageOf({})).toContain('takes out all 3 overrides of generation 7');
  });

  it('A run that takes out more than half of at least ten warns; half of ten, or more of nine, is no warning', () => {
    const left = (of: number, kept: number) =>
      withdrawn(overrideMoves(some(of), some(kept)), current, run).map(({ message }) => message);
    expect(left(10, 4)).toEqual([expect.stringContaining('6 of 10 overrides')]);
    expect(left(10, 5)).toEqual([]);
    expect(left(9, 1)).toEqual([]);
  });

  it('A first set, an equal set and an empty set in force are no warning', () => {
    expect(withdrawn(overrideMoves([], some(3)), current, run)).toEqual([]);
    expect(withdrawn(overrideMoves(some(3), some(3)), current, run)).toEqual([]);
    expect(withdrawn(overrideMoves([], []), current, run)).toEqual([]);
  });

  it('An empty window is named with its length, its end and the newest event', () => {
    expect(messageOf({ events_read: 0, newestEvent: NOW })).toContain(
      'no event in the 90 days to 2025-01-20; the newest is of 2025-01-20',
    );
    expect(messageOf({ events_read: 0 })).toContain('there is none at all');
  });

  it.each([
    ['another policy', { policy: 'replay' }, 'the policy changed from drift to replay'],
    ['a larger n_min', { n_min: 100 }, 'n_min rose from 33 to 100'],
    ['a shorter window', { lookback_days: 30 }, 'the window shrank from 90 to 30 days'],
    ['fewer events', { events_read: 49 }, 'the window holds 49 events with an outcome, before 100'],
    ['a cut', { cut: true }, 'a budget or max_overrides left slices out'],
    ['none of these', {}, 'the events of the window no longer support them'],
  ] as const)('The cause %s is named, and then the way back', (_, input, cause) => {
    expect(messageOf(input)).toContain(`: ${cause}. If that is wrong, roll the pattern back to generation 7`);
  });
});
