import { scaleLinear, scaleLog } from 'd3-scale';
import type { Axis, LinePlot } from './line-plot.ts';

/** An axis with a known range. */
export interface Scale {
  /** Maps a value to its share of the axis, 0 to 1 inside the range; NaN for a value without a place. */
  readonly shareOf: (value: number) => number;
  /** Maps a share of the axis to its value. */
  readonly valueAt: (share: number) => number;
  readonly ticks: readonly Tick[];
}

interface Tick {
  readonly value: number;
  readonly text: string;
}

/** Approximate number of ticks. Round steps lead to a few more or fewer. */
const TICKS = 5;

/** Returns the scales of both axes; the points, bands and guides give a range that the plot does not set. */
export function scalesOf({ x, y, lines, guides = [] }: LinePlot): { readonly x: Scale; readonly y: Scale } {
  const bands = lines.flatMap(line => line.band ?? []);
  const points = lines.flatMap(line => line.points);
  const xs = [
    ...[...points, ...bands].map(point => point[0]),
    ...guides.flatMap(g => ('x' in g ? [g.x] : [])),
  ];
  const ys = [
    ...points.map(point => point[1]),
    ...bands.flatMap(([, low, high]) => [low, high]),
    ...guides.flatMap(g => ('y' in g ? [g.y] : [])),
  ];
  return { x: scale(x, xs), y: scale(y, ys) };
}

/** Returns the scale of an axis that shows the values. One value gives a range around it, no value gives 0 to 1. */
export function scale(axis: Axis, values: readonly number[]): Scale {
  const log = axis.scale === 'log';
  const toScale = log ? Math.log10 : (value: number) => value;
  const [low, high] = range(axis, values.map(toScale).filter(Number.isFinite), toScale);
  const places = log ? scaleLog().domain([10 ** low, 10 ** high]) : scaleLinear().domain([low, high]);
  places.range([0, 1]);
  // Ticks of a range below the precision of numbers would be without end.
  const round = high - low > Number.MIN_VALUE * 2 ** 60 ? places.ticks(TICKS) : [];
  const ticks = (axis.ticks ?? (log ? powers(low, high) : round)).filter(value =>
    within(toScale(value), low, high),
  );
  const { format = plain } = axis;
  return {
    shareOf: value => {
      const place = Number(places(value));
      return Number.isFinite(place) ? place : Number.NaN;
    },
    valueAt: share => places.invert(share),
    ticks: ticks.map(value => ({ value, text: format(value) })),
  };
}

/** Returns the range that the axis sets, else that of the values; on a `log` axis, their logarithms. */
function range(
  { from, to }: Axis,
  values: readonly number[],
  toScale: (value: number) => number,
): readonly [number, number] {
  const least = from === undefined ? values.reduce((a, b) => Math.min(a, b), Infinity) : toScale(from);
  const most = to === undefined ? values.reduce((a, b) => Math.max(a, b), -Infinity) : toScale(to);
  if (!Number.isFinite(least) || !Number.isFinite(most)) return [0, 1];
  return most > least
    ? [least, most]
    : [least - (Math.abs(least) || 1) / 2, least + (Math.abs(least) || 1) / 2];
}

/** Returns true for a value in the range. A tolerance keeps a tick at an end in spite of rounding. */
function within(value: number, low: number, high: number): boolean {
  const slack = (high - low) * 1e-9;
  return value >= low - slack && value <= high + slack;
}

/** Returns powers of ten, and over less than two decades also their multiples by 2 and 5. */
function powers(low: number, high: number): number[] {
  const first = Math.floor(low);
  const exponents = Array.from({ length: Math.ceil(high) - first + 1 }, (_, i) => first + i);
  const units = high - low < 2 ? [1, 2, 5] : [1];
  const every = Math.max(1, Math.ceil(exponents.length / (2 * TICKS)));
  return exponents
    .filter(exponent => exponent % every === 0)
    .flatMap(exponent => units.map(unit => roundOff(unit * 10 ** exponent)));
}

/** Rounds to 12 digits to remove binary error: 0.3, not 0.30000000000000004. */
function roundOff(value: number): number {
  return Number(value.toPrecision(12));
}

function plain(value: number): string {
  return String(roundOff(value));
}
