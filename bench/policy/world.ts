import type { DimensionColumn } from '../../shared/mining/types.ts';
import type { Payoff } from '../../shared/override/payoff.ts';
import { logistic } from '../../shared/statistics/ridge-logistic.ts';
import { normalCdf, Random } from './random.ts';

/** Distance of the best thresholds from the base ones, as margins of ts, halo and slope. Above 0 the base is too loose. */
export type Shift = readonly [ts: number, halo: number, slope: number];

/** Returns the shift of an event by the codes of its dimensions and the day. */
export type ShiftOf = (codes: ArrayLike<number>, day: number) => Shift;

/** A simulated market for one pattern. */
export interface World {
  readonly name: string;
  readonly payoff: Payoff;
  readonly eventsPerDay: number;
  readonly days: number;
  /** Probability of success far outside and far inside all gates. */
  readonly low: number;
  readonly high: number;
  /** Width of the rise of the success curve at a gate, relative to the default. */
  readonly width?: number;
  /** Correlation of the ts margin with the halo margin. */
  readonly correlation?: number;
  /**
   * Latent correlation of outcomes in one block of six hours, across the market and within a pair, and that of the shared
   * terms of two neighbouring blocks (autoregression of order 1).
   */
  readonly dependence?: { readonly market: number; readonly pair: number; readonly neighbours?: number };
  /** True when success jumps from `low` to `high` where all gates pass, so that the margin of a gate tells nothing more. */
  readonly step?: boolean;
  /** True when the base thresholds are the best ones everywhere. */
  readonly null?: boolean;
  readonly shifts: (random: Random) => ShiftOf;
}

/** Dimensions of every world: name and weights of the values. */
const DIMENSIONS: readonly (readonly [string, readonly number[]])[] = [
  ['age', [0.4, 0.3, 0.2, 0.1]],
  ['bucket', [0.3, 0.3, 0.25, 0.15]],
  ['chain', [0.5, 0.3, 0.2]],
  ['rank', [0.3, 0.2, 0.15, 0.15, 0.1, 0.1]],
  ['session', [0.4, 0.3, 0.2, 0.1]],
  ['timeframe', [0.35, 0.25, 0.25, 0.15]],
  ['venue', [0.6, 0.3, 0.1]],
  ['weekday', [1 / 7, 1 / 7, 1 / 7, 1 / 7, 1 / 7, 1 / 7, 1 / 7]],
];
/** Index of each dimension in `DIMENSIONS`, by name. */
export const DIMENSION_INDEX = Object.fromEntries(DIMENSIONS.map(([name], i) => [name, i]));

const PAIRS = 10;
const BLOCKS_PER_DAY = 4;
const MAX_DELAY_DAYS = 15;
/** Mean and standard deviation of the margins; nine of ten events fail a gate. `width` is that of the success curve's rise. */
const MARGINS = [
  { mean: -0.18, sd: 0.25, width: 0.12 },
  { mean: 0.1, sd: 0.5, width: 0.25 },
  { mean: 0.0005, sd: 0.0015, width: 0.0008 },
] as const;

/** The events of one world and seed, sorted by time; days count from 0. */
export interface Events {
  readonly world: World;
  readonly seed: number;
  readonly size: number;
  readonly day: Float64Array;
  /** Day on which the outcome became known. */
  readonly known: Float64Array;
  readonly dimensions: readonly (DimensionColumn & { readonly codes: Uint8Array })[];
  /** Margins of ts, halo and slope at the base thresholds: above 0 passes. */
  readonly margins: readonly [Float64Array, Float64Array, Float64Array];
  readonly probability: Float64Array;
  readonly success: Uint8Array;
  readonly pair: Uint32Array;
  readonly shift: readonly Shift[];
  readonly curve: Curve;
}

/** Success curve, centred so that the base thresholds are the best ones at shift 0. */
export interface Curve {
  /** Returns the probability of success of an event by its margins and its shift. */
  readonly probability: (ts: number, halo: number, slope: number, shift: Shift) => number;
  /** Margins of a large sample of events. */
  readonly sample: readonly [Float64Array, Float64Array, Float64Array];
}

const SAMPLE_SIZE = 12_000;

function drawMargins(random: Random, correlation: number): [number, number, number] {
  const [z, u, v] = [random.normal(), random.normal(), random.normal()];
  const [ts, halo, slope] = MARGINS;
  const h = correlation * z + Math.sqrt(1 - correlation ** 2) * u;
  return [ts.mean + ts.sd * z, halo.mean + halo.sd * h, slope.mean + slope.sd * v];
}

/**
 * Returns the success curve of a world: a product of three logistic rises. Their centres are found by fixed-point
 * iteration, so that an event that just passes a gate breaks even.
 */
export function curveOf(world: World): Curve {
  const sample = sampleOf(world);
  return { sample, probability: world.step ? stepProbability(world) : riseProbability(world, sample) };
}

/** Returns the margins of a large sample of events. */
function sampleOf(world: World): Curve['sample'] {
  const random = new Random(7, 77);
  const sample = [
    new Float64Array(SAMPLE_SIZE),
    new Float64Array(SAMPLE_SIZE),
    new Float64Array(SAMPLE_SIZE),
  ] as const;
  for (let i = 0; i < SAMPLE_SIZE; i++)
    drawMargins(random, world.correlation ?? 0).forEach((m, k) => {
      (sample[k] as Float64Array)[i] = m;
    });
  return sample;
}

/** Returns a probability that is `high` where all gates pass and `low` elsewhere. */
function stepProbability({ low, high }: World): Curve['probability'] {
  return (ts, halo, slope, shift) => (ts >= shift[0] && halo >= shift[1] && slope >= shift[2] ? high : low);
}

/** Returns a probability that rises at each gate. */
function riseProbability(world: World, sample: Curve['sample']): Curve['probability'] {
  const widths = MARGINS.map(m => m.width * (world.width ?? 1));
  const rise = (k: number, margin: number, centre: number): number =>
    logistic((margin - centre) / (widths[k] ?? 1));
  const breakEven = world.payoff.loss / (world.payoff.win + world.payoff.loss);
  const target = (breakEven - world.low) / (world.high - world.low);
  const centres = [0, 0, 0];
  for (let round = 0; round < 60; round++)
    for (let k = 0; k < 3; k++) {
      const others = [0, 1, 2].filter(j => j !== k);
      let sum = 0;
      let n = 0;
      for (let i = 0; i < SAMPLE_SIZE; i++) {
        // Only events near this gate that pass the others count.
        const near = Math.abs((sample[k] as Float64Array)[i] ?? 0) < (widths[k] ?? 1) / 2;
        if (!near || others.some(j => ((sample[j] as Float64Array)[i] ?? 0) < 0)) continue;
        n++;
        sum += others.reduce((p, j) => p * rise(j, (sample[j] as Float64Array)[i] ?? 0, centres[j] ?? 0), 1);
      }
      const share = Math.min(0.98, Math.max(0.02, (target * n) / sum));
      centres[k] = -(widths[k] ?? 1) * Math.log(share / (1 - share));
    }
  const [c0 = 0, c1 = 0, c2 = 0] = centres;
  return (ts, halo, slope, shift) =>
    world.low +
    (world.high - world.low) *
      rise(0, ts - shift[0], c0) *
      rise(1, halo - shift[1], c1) *
      rise(2, slope - shift[2], c2);
}

/**
 * Returns a source of standard normal numbers, one for each event. All events of a block of six hours share one term,
 * and those of one pair in the block share another. So outcomes within a block are correlated. Shared terms follow an
 * autoregression from block to block. Events must be asked for in the order of their blocks.
 */
function latentSource(
  random: Random,
  { market, pair, neighbours = 0 }: NonNullable<World['dependence']> = { market: 0, pair: 0 },
): (block: number, pairNumber: number) => number {
  const series = new Map<number, { block: number; term: number }>();
  const innovation = Math.sqrt(1 - neighbours ** 2);
  /** Returns the term of the market (series 0) or of a pair in a block. */
  const sharedTerm = (of: number, block: number): number => {
    const last = series.get(of) ?? { block, term: random.normal() };
    series.set(of, last);
    for (; last.block < block; last.block++)
      last.term = neighbours * last.term + innovation * random.normal();
    return last.term;
  };
  return (block, pairNumber) => {
    const ownTerm = Math.sqrt(1 - market - pair) * random.normal();
    if (market + pair === 0) return ownTerm;
    return (
      ownTerm + Math.sqrt(market) * sharedTerm(0, block) + Math.sqrt(pair) * sharedTerm(pairNumber, block)
    );
  };
}

/** Days of a world, and the stream of random numbers that draws their events. */
interface Span {
  readonly firstDay: number;
  readonly days: number;
  readonly stream: number;
}

/**
 * Returns the events of a world, with their outcomes and the days on which those become known.
 * @param span other days of the same world; its shifts depend on the seed alone
 */
export function generate(
  world: World,
  seed: number,
  curve: Curve = curveOf(world),
  { firstDay, days, stream }: Span = { firstDay: 0, days: world.days, stream: 1 },
): Events {
  const size = Math.round(world.eventsPerDay * days);
  const random = new Random(seed, stream);
  const shiftOf = world.shifts(new Random(seed, 2));
  const day = Float64Array.from({ length: size }, () => firstDay + random.uniform() * days).sort();
  const codes = DIMENSIONS.map(() => new Uint8Array(size));
  const margins = [new Float64Array(size), new Float64Array(size), new Float64Array(size)] as const;
  const known = new Float64Array(size);
  const probability = new Float64Array(size);
  const success = new Uint8Array(size);
  const pair = new Uint32Array(size);
  const shift: Shift[] = [];
  const latentOf = latentSource(random, world.dependence);
  const scope = new Uint8Array(DIMENSIONS.length);
  for (let i = 0; i < size; i++) {
    DIMENSIONS.forEach(([, weights], d) => {
      scope[d] = random.pick(weights) + 1;
      (codes[d] as Uint8Array)[i] = scope[d] ?? 0;
    });
    const [ts, halo, slope] = drawMargins(random, world.correlation ?? 0);
    margins[0][i] = ts;
    margins[1][i] = halo;
    margins[2][i] = slope;
    const eventShift = shiftOf(scope, day[i] ?? 0);
    shift.push(eventShift);
    const p = curve.probability(ts, halo, slope, eventShift);
    probability[i] = p;
    pair[i] = 1 + Math.floor(random.uniform() * PAIRS);
    const block = Math.floor((day[i] ?? 0) * BLOCKS_PER_DAY);
    success[i] = normalCdf(latentOf(block, pair[i] ?? 0)) < p ? 1 : 0;
    known[i] = (day[i] ?? 0) + 1 + random.uniform() * (MAX_DELAY_DAYS - 1);
  }
  const dimensions = DIMENSIONS.map(([name, weights], d) => ({
    name,
    values: weights.map((_, v) => `v${v + 1}`),
    codes: codes[d] as Uint8Array,
  }));
  return { world, seed, size, day, known, dimensions, margins, probability, success, pair, shift, curve };
}
