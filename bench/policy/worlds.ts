import type { Random } from './random.ts';
import type { Shift, ShiftOf, World } from './world.ts';
import { DIMENSION_INDEX } from './world.ts';

const NO_SHIFT: Shift = [0, 0, 0];
const COMMON = { payoff: { win: 2, loss: 1 }, eventsPerDay: 200, days: 120, low: 0.1, high: 0.7 } as const;
const LOW = { ...COMMON, payoff: { win: 3, loss: 1 }, low: 0.02, high: 0.42 } as const;
const FLIP_DAY = 60;

/** Returns the index of an event's value in a dimension, from 0. */
const valueIndex = (codes: ArrayLike<number>, name: string): number =>
  (codes[DIMENSION_INDEX[name] ?? 0] ?? 1) - 1;

/**
 * Returns shifts that depend on the scope: ts by timeframe, halo by chain, and one combination of two dimensions with a
 * shift of its own.
 */
function byScope(random: Random): ShiftOf {
  const ts = random.shuffled([-0.25, -0.1, 0.1, 0.25]);
  const halo = random.shuffled([-0.35, 0, 0.35]);
  const [frame, bucket] = [random.pick([0.25, 0.25, 0.25, 0.25]), random.pick([0.34, 0.33, 0.33])];
  const sign = random.uniform() < 0.5 ? -1 : 1;
  return codes => {
    const special =
      valueIndex(codes, 'timeframe') === frame && valueIndex(codes, 'bucket') === bucket ? 0.3 * sign : 0;
    return [(ts[valueIndex(codes, 'timeframe')] ?? 0) + special, halo[valueIndex(codes, 'chain')] ?? 0, 0];
  };
}

/**
 * Factor of the larger shifts. This factor and the shifts of `tight` and `loose` were calibrated on drift, not on
 * replay: drift captures about as much as in the first measurement (docs/benchmarks.md).
 */
const FAR = 1.6;
const farByScope = (random: Random): ShiftOf => {
  const near = byScope(random);
  return (codes, day) => scaled(near(codes, day), FAR);
};

const scaled = (shift: Shift, by: number): Shift => [shift[0] * by, shift[1] * by, shift[2] * by];

/** Latent correlations that fit outcomes on real candles of 5 minutes, and of an hour. */
const MINUTES = { market: 0.25, pair: 0.02, neighbours: 0.37 };
const HOURS = { market: 0.49, pair: 0.18, neighbours: 0.45 };

/** Thin margins: real gates tell little more than that 42 % succeed inside and 33 % outside; costs are those of trades. */
const THIN = { ...COMMON, payoff: { win: 1.9, loss: 1.1 }, low: 0.33, high: 0.42, step: true } as const;

const everywhere = (shift: Shift) => (): ShiftOf => () => shift;

/** Worlds that settings were chosen on. */
const TUNING_WORLDS: readonly World[] = [
  { name: 'scope', ...COMMON, shifts: farByScope },
  { name: 'tight', ...COMMON, shifts: everywhere([-0.25, -0.3, 0]) },
  { name: 'loose', ...COMMON, shifts: everywhere([0.12, 0.15, 0]) },
  {
    name: 'regime',
    ...COMMON,
    shifts: random => {
      const before = farByScope(random);
      return (codes, day) => scaled(before(codes, day), day < FLIP_DAY ? 1 : -1);
    },
  },
  { name: 'low base', ...LOW, shifts: byScope },
  { name: 'null', ...COMMON, null: true, shifts: everywhere(NO_SHIFT) },
  { name: 'null low', ...LOW, null: true, shifts: everywhere(NO_SHIFT) },
  { name: 'clustered', ...COMMON, dependence: MINUTES, shifts: farByScope },
  {
    name: 'null clustered',
    ...COMMON,
    null: true,
    dependence: MINUTES,
    shifts: everywhere(NO_SHIFT),
  },
  {
    name: 'null hourly',
    ...COMMON,
    null: true,
    dependence: HOURS,
    shifts: everywhere(NO_SHIFT),
  },
  { name: 'null thin', ...THIN, null: true, dependence: MINUTES, shifts: everywhere(NO_SHIFT) },
  {
    name: 'tiny',
    ...COMMON,
    null: true,
    eventsPerDay: 104 / 120,
    shifts: everywhere(NO_SHIFT),
  },
];

/** Worlds that no setting was chosen on. */
const HELD_OUT_WORLDS: readonly World[] = [
  {
    name: 'slope by scope',
    ...COMMON,
    shifts: random => {
      const slope = random.shuffled([-0.0012, 0, 0.0012]);
      return codes => [0, 0, slope[valueIndex(codes, 'chain')] ?? 0];
    },
  },
  {
    name: 'interactions only',
    ...COMMON,
    shifts: random => {
      const table = Array.from({ length: 16 }, (_, i) => (((i >> 2) + i) % 2 === 0 ? -0.25 : 0.25));
      const sign = random.uniform() < 0.5 ? 1 : -1;
      return codes => [
        sign * (table[valueIndex(codes, 'timeframe') * 4 + valueIndex(codes, 'bucket')] ?? 0),
        0,
        0,
      ];
    },
  },
  {
    name: 'slow drift',
    ...COMMON,
    shifts: random => {
      const scope = farByScope(random);
      const phase = random.uniform() * 2 * Math.PI;
      return (codes, day) => scaled(scope(codes, day), Math.cos(phase + (2 * Math.PI * day) / 180));
    },
  },
  { name: 'correlated', ...COMMON, correlation: 0.5, shifts: farByScope },
  { name: 'sharp', ...COMMON, width: 0.4, shifts: farByScope },
  { name: 'flat', ...COMMON, width: 2, shifts: farByScope },
  {
    name: 'half flips',
    ...COMMON,
    shifts: random => {
      const before = farByScope(random);
      return (codes, day) =>
        scaled(before(codes, day), day < 75 || valueIndex(codes, 'timeframe') < 2 ? 1 : -1);
    },
  },
];

export const WORLDS: readonly World[] = [...TUNING_WORLDS, ...HELD_OUT_WORLDS];
