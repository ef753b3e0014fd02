/** Lines over one pair of axes. */
export interface LinePlot {
  readonly title: string;
  readonly x: Axis;
  readonly y: Axis;
  /** Each line has its own stroke, so that colour is not needed; after `STROKES.length` lines strokes repeat. */
  readonly lines: readonly Line[];
  /** Thin lines across the whole plot, for example at the base threshold. */
  readonly guides?: readonly Guide[];
}

export interface Axis {
  readonly label: string;
  /** The range shown; without it, the range of the points and bands. Points outside are clipped. */
  readonly from?: number;
  readonly to?: number;
  /** `log` shows only values above 0. */
  readonly scale?: 'linear' | 'log';
  /** Formats the text of a tick; without it, a plain number. */
  readonly format?: (value: number) => string;
  /** Values with a tick; without it, round numbers. */
  readonly ticks?: readonly number[];
}

export interface Line {
  readonly name: string;
  /** Points by ascending x. A value that is not finite leaves a gap. */
  readonly points: readonly Point[];
  /** An interval around the line, for example its 90 % confidence interval; by ascending x. */
  readonly band?: readonly BandPoint[];
  /** Name of the band in the legend; default `its interval`. */
  readonly bandName?: string;
}

export type Point = readonly [x: number, y: number];
export type BandPoint = readonly [x: number, low: number, high: number];

/** A guide is vertical (`x`) or horizontal (`y`), with an optional label. */
export type Guide = ({ readonly x: number } | { readonly y: number }) & { readonly label?: string };

/** Strokes of the lines of a plot, in their order. */
const STROKES = ['solid', 'dashed', 'dotted', 'dash-dotted'] as const;
export type Stroke = (typeof STROKES)[number];

/** Returns the stroke of a plot's i-th line. */
export function strokeOf(i: number): Stroke {
  return STROKES[i % STROKES.length] ?? 'solid';
}

/** Returns the legend entry of a line. */
export function legendText({ name, band, bandName = 'its interval' }: Line): string {
  return band ? `${name} (shaded: ${bandName})` : name;
}
