import type { Axis, LinePlot } from './line-plot.ts';

/** An axis with its range known. */
export interface Scale {
  /** Share of the axis' length at which a value stands, 0 to 1 inside the range; NaN where it has no place. */
  readonly at: (value: number) => number;
  /** The value at a share of the length. */
  readonly value: (share: number) => number;
  readonly ticks: readonly Tick[];
}

export interface Tick {
  readonly value: number;
  readonly text: string;
}

/** Ticks aimed at; round steps give a few more or less. */
const TICKS = 5;

/** Both axes of a plot, from its points, bands and guides where the plot does not say. */
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

/** The axis over the values it has to show. A range of one value is widened, one of none is 0 to 1. */
export function scale(axis: Axis, values: readonly number[]): Scale {
  const log = axis.scale === 'log';
  const to = log ? Math.log10 : (value: number) => value;
  const back = log ? (value: number) => 10 ** value : (value: number) => value;
  const [low, high] = range(axis, values.map(to).filter(Number.isFinite), to);
  const ticks = (axis.ticks ?? (log ? powers(low, high) : roundSteps(low, high))).filter(value =>
    within(to(value), low, high),
  );
  const { format = plain } = axis;
  return {
    at: value => {
      const place = (to(value) - low) / (high - low);
      return Number.isFinite(place) ? place : Number.NaN;
    },
    value: share => back(low + share * (high - low)),
    ticks: ticks.map(value => ({ value, text: format(value) })),
  };
}

/** As the axis says, or as the values go; in the scale's own measure. */
function range(
  { from, to }: Axis,
  values: readonly number[],
  measure: (value: number) => number,
): readonly [number, number] {
  const least = from === undefined ? values.reduce((a, b) => Math.min(a, b), Infinity) : measure(from);
  const most = to === undefined ? values.reduce((a, b) => Math.max(a, b), -Infinity) : measure(to);
  if (!Number.isFinite(least) || !Number.isFinite(most)) return [0, 1];
  return most > least
    ? [least, most]
    : [least - (Math.abs(least) || 1) / 2, least + (Math.abs(least) || 1) / 2];
}

/** A tick at the very end stays, however the division rounds. */
function within(value: number, low: number, high: number): boolean {
  const slack = (high - low) * 1e-9;
  return value >= low - slack && value <= high + slack;
}

/** Multiples of 1, 2 or 5 times a power of ten; none where a number has no room for them. */
function roundSteps(low: number, high: number): number[] {
  const rough = (high - low) / TICKS;
  const power = 10 ** Math.floor(Math.log10(rough));
  if (!(power > 0 && Number.isFinite(rough))) return [];
  const step = ([1, 2, 5].find(unit => unit * power >= rough) ?? 10) * power;
  const first = Math.ceil(low / step - 1e-9);
  const last = Math.floor(high / step + 1e-9);
  return Array.from({ length: last - first + 1 }, (_, i) => tidy((first + i) * step));
}

/** Powers of ten, and 2 and 5 times these where there are few. */
function powers(low: number, high: number): number[] {
  const first = Math.floor(low);
  const exponents = Array.from({ length: Math.ceil(high) - first + 1 }, (_, i) => first + i);
  const units = high - low < 2 ? [1, 2, 5] : [1];
  const every = Math.max(1, Math.ceil(exponents.length / (2 * TICKS)));
  return exponents
    .filter(exponent => exponent % every === 0)
    .flatMap(exponent => units.map(unit => tidy(unit * 10 ** exponent)));
}

/** Without the dust of binary fractions: 0.3, not 0.30000000000000004. */
function tidy(value: number): number {
  return Number(value.toPrecision(12));
}

function plain(value: number): string {
  return String(tidy(value));
}
