/** Lines over one pair of axes: what the terminal and the SVG draw alike. */
export interface LinePlot {
  readonly title: string;
  readonly x: Axis;
  readonly y: Axis;
  /** Told apart by their stroke, not by colour alone; more than `STROKES.length` repeat it. */
  readonly lines: readonly Line[];
  /** Where something stands, such as the threshold in force: a thin line across the whole plot. */
  readonly guides?: readonly Guide[];
}

export interface Axis {
  readonly label: string;
  /** The range shown; as far as the points and bands go where it is not given. Points outside are clipped. */
  readonly from?: number;
  readonly to?: number;
  /** `log` shows values above 0 only. */
  readonly scale?: 'linear' | 'log';
  /** Text of a tick; a plain number without it. */
  readonly format?: (value: number) => string;
  /** Where labels stand; round numbers without it. */
  readonly ticks?: readonly number[];
}

export interface Line {
  readonly name: string;
  /** By ascending x. A value that is not finite leaves a gap. */
  readonly points: readonly Point[];
  /** What the line may as well be, such as its 90 % interval; by ascending x. */
  readonly band?: readonly BandPoint[];
  /** What the band is; `its interval` without it. */
  readonly bandName?: string;
}

export type Point = readonly [x: number, y: number];
export type BandPoint = readonly [x: number, low: number, high: number];

/** One of the two; one that stands upright may say what it marks. */
export type Guide = { readonly x: number; readonly label?: string } | { readonly y: number };

/** How the lines of one plot are told apart, in their order. */
export const STROKES = ['solid', 'dashed', 'dotted', 'dash-dotted'] as const;
export type Stroke = (typeof STROKES)[number];

/** The stroke of a plot's i-th line. */
export function strokeOf(i: number): Stroke {
  return STROKES[i % STROKES.length] ?? 'solid';
}

/** What a legend says of a line. */
export function legendText({ name, band, bandName = 'its interval' }: Line): string {
  return band ? `${name} (shaded: ${bandName})` : name;
}
