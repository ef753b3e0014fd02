import type { Scale } from './scale.ts';
import { AXIS, FAINT, label, pixels, type Shape, shape } from './shape.ts';

/* Pictures of rows: a name, a drawing on a common axis, and a figure. On narrow pictures the name is above the drawing. */

const NARROW = 520;
const RIGHT = 118;
const CHARACTER_WIDTH = 6.1;
/** Pixels that the text of a tick takes, with its distance to the next. */
const TICK_WIDTH = 44;
const ROW = 22;
const NARROW_ROW = 34;
/** Left of the drawing in a narrow picture, in pixels: half the text of a tick. */
const NARROW_LEFT = 16;
/** Pixels above the first row: none, or those of a line of text. */
export const ROWS_TOP = 28;
const SMALL_TOP = 6;

interface Rows {
  readonly height: number;
  readonly top: number;
  /** Left and right of the drawing, in pixels. */
  readonly left: number;
  readonly right: number;
  /** Returns the middle of the drawing of a row, in pixels. */
  readonly middle: (row: number) => number;
  readonly x: (value: number) => number;
}

/** Returns where the rows of a picture lie. @param figures pixels for the figures at the right */
export function layRows(
  rows: number,
  width: number,
  scale: Scale,
  { figures = RIGHT, headed = true }: { readonly figures?: number; readonly headed?: boolean } = {},
): Rows {
  const top = headed ? ROWS_TOP : SMALL_TOP;
  const narrow = width < NARROW;
  const rowHeight = narrow ? NARROW_ROW : ROW;
  const left = narrow ? NARROW_LEFT : Math.min(300, Math.round(width * 0.34));
  const right = width - figures;
  return {
    top,
    height: top + rows * rowHeight + 34,
    left,
    right,
    middle: row => top + row * rowHeight + (narrow ? 25 : rowHeight / 2),
    x: value => left + scale.shareOf(value) * (right - left),
  };
}

/** Draws the name of a row; a longer one is cut. */
export function rowName(name: string, row: number, { left, right, middle }: Rows): Shape {
  const narrow = left === NARROW_LEFT;
  const most = Math.floor((narrow ? right : left - 14) / CHARACTER_WIDTH);
  const text = name.length > most ? `${name.slice(0, most - 1).trimEnd()}…` : name;
  return narrow
    ? label(left, middle(row) - 11, text)
    : label(left - 10, middle(row) + 4, text, { 'text-anchor': 'end' });
}

/** Draws the axis below the rows, and a line through them at each tick. */
export function rowAxis(scale: Scale, rows: Rows, axisLabel: string): Shape[] {
  const floor = rows.height - 32;
  const half = (axisLabel.length * CHARACTER_WIDTH) / 2;
  const middle = Math.max((rows.left + rows.right) / 2, half + 4);
  const every = Math.ceil((scale.ticks.length * TICK_WIDTH) / (rows.right - rows.left));
  return [
    ...scale.ticks
      .filter((_, i) => i % every === 0)
      .flatMap(tick => {
        const at = pixels(rows.x(tick.value));
        return [
          shape('path', { d: `M${at} ${rows.top}V${floor}`, class: 'plot-grid', stroke: FAINT }),
          label(at, floor + 14, tick.text, { 'text-anchor': 'middle' }),
        ];
      }),
    shape('path', { d: `M${rows.left} ${floor}H${rows.right}`, class: 'plot-axis', stroke: AXIS }),
    label(middle, floor + 28, axisLabel, { 'text-anchor': 'middle' }),
  ];
}
