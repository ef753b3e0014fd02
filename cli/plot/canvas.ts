import type { Stroke } from './line-plot.ts';

/** A braille character has two columns of four dots. */
const DOTS_ACROSS = 2;
const DOTS_DOWN = 4;
/** Bit of each dot, by row and column. A character is U+2800 plus the sum of its bits (Unicode, Braille Patterns). */
const DOT_BITS = [
  [0x01, 0x08],
  [0x02, 0x10],
  [0x04, 0x20],
  [0x40, 0x80],
];
const BRAILLE = 0x2800;
const SHADE = '░';
const ACROSS = '┈';
const DOWN = '┊';

/** Dot columns in which a stroke sets dots. */
const MARKS: Readonly<Record<Stroke, (dot: number) => boolean>> = {
  solid: () => true,
  dashed: dot => dot % 6 < 4,
  dotted: dot => dot % 4 === 0,
  'dash-dotted': dot => dot % 10 < 4 || dot % 10 === 6,
};

/**
 * A raster of braille characters. Coordinates are shares of width and height: (0, 0) is the lower left dot, (1, 1)
 * the upper right.
 */
export class Canvas {
  readonly columns: number;
  readonly dotColumns: number;
  readonly #height: number;
  readonly #dotRows: number;
  /** Characters that show where no dot is set. */
  readonly #background: string[][];
  readonly #dots: Uint8Array;

  constructor(columns: number, height: number) {
    this.columns = columns;
    this.dotColumns = columns * DOTS_ACROSS;
    this.#height = height;
    this.#dotRows = height * DOTS_DOWN;
    this.#background = Array.from({ length: height }, () => new Array<string>(columns).fill(' '));
    this.#dots = new Uint8Array(columns * height);
  }

  /** Returns the x coordinate of a column of dots. */
  shareOfDot(dot: number): number {
    return dot / (this.dotColumns - 1);
  }

  /** Returns the x coordinate of a column of characters. */
  shareOfColumn(column: number): number {
    return column / (this.columns - 1);
  }

  /**
   * Draws the part of a line that lies in one column of dots.
   * @param previousY height one column to the left; NaN when the line starts here
   */
  stroke(dot: number, previousY: number, y: number, stroke: Stroke): void {
    if (!Number.isFinite(y) || !MARKS[stroke](dot)) return;
    const end = this.#dotRow(y);
    const joined = Number.isFinite(previousY) && stroke !== 'dotted';
    // A steep rise is drawn in one column, from the height of the column to the left.
    const start = joined ? this.#dotRow(previousY) : end;
    const step = Math.sign(end - start);
    for (let row = start + step; step !== 0 && row !== end; row += step) this.#mark(dot, row);
    this.#mark(dot, end);
  }

  /** Draws a single dot. */
  dot(x: number, y: number): void {
    if (Number.isFinite(x) && Number.isFinite(y))
      this.#mark(Math.round(x * (this.dotColumns - 1)), this.#dotRow(y));
  }

  /** Shades a column of characters between two heights. */
  shade(column: number, low: number, high: number): void {
    if (!Number.isFinite(low) || !Number.isFinite(high)) return;
    const top = Math.max(0, this.#row(high));
    const bottom = Math.min(this.#height - 1, this.#row(low));
    for (let row = top; row <= bottom; row++) this.#put(row, column, SHADE);
  }

  /** Draws a horizontal guide. */
  ruleAcross(y: number): void {
    if (!(y >= 0 && y <= 1)) return;
    for (let column = 0; column < this.columns; column++) this.#put(this.#row(y), column, ACROSS);
  }

  /** Draws a vertical guide. */
  ruleDown(x: number): void {
    if (!(x >= 0 && x <= 1)) return;
    const column = Math.round(x * (this.columns - 1));
    for (let row = 0; row < this.#height; row++) this.#put(row, column, DOWN);
  }

  /** Returns the rows from top to bottom. */
  rows(): string[] {
    return this.#background.map((row, r) =>
      row
        .map((background, c) => {
          const dots = this.#dots[r * this.columns + c] ?? 0;
          return dots === 0 ? background : String.fromCharCode(BRAILLE + dots);
        })
        .join(''),
    );
  }

  #put(row: number, column: number, text: string): void {
    const cells = this.#background[row];
    if (cells) cells[column] = text;
  }

  #row(y: number): number {
    return Math.round((1 - y) * (this.#height - 1));
  }

  /** Returns the row of dots, counted from the top. */
  #dotRow(y: number): number {
    return Math.round((1 - y) * (this.#dotRows - 1));
  }

  #mark(dot: number, row: number): void {
    if (dot < 0 || dot >= this.dotColumns || row < 0 || row >= this.#dotRows) return;
    const cell = Math.floor(row / DOTS_DOWN) * this.columns + Math.floor(dot / DOTS_ACROSS);
    const bit = DOT_BITS[row % DOTS_DOWN]?.[dot % DOTS_ACROSS] ?? 0;
    this.#dots[cell] = (this.#dots[cell] ?? 0) | bit;
  }
}
