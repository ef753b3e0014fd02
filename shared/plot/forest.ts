import { layRows, ROWS_TOP, rowAxis, rowName } from './row-plot.ts';
import { scale } from './scale.ts';
import { AXIS, COLOURS, INK, label, picture, pixels, type Shape, shape } from './shape.ts';

/** A forest plot: an estimate with its interval in each row, and the estimate of everything as a line. */
interface Forest {
  readonly title: string;
  readonly axis: string;
  readonly format: (value: number) => string;
  readonly from: number;
  readonly to: number;
  readonly reference: number | undefined;
  readonly rows: readonly ForestRow[];
}

export interface ForestRow {
  readonly name: string;
  readonly figure: string;
  readonly estimate: number;
  readonly low: number;
  readonly high: number;
  /** The direction of a proven difference from the rest; `none` where it is not proven. */
  readonly differs: 'above' | 'below' | 'none';
}

const SIZE = 5;

/** Draws a forest plot. A proven difference is a triangle that points in its direction; others are open circles. */
export function forestShapes(forest: Forest, width: number): Shape {
  const { title, axis, from, to, format, reference, rows } = forest;
  const values = scale({ label: '', from, to, format }, []);
  const places = layRows(rows.length, width, values);
  const line = reference === undefined ? [] : [referenceLine(places.x(reference), places.height)];
  return picture(title, width, places.height, [
    label(width - 8, 18, 'n · q', { 'text-anchor': 'end' }),
    ...rowAxis(values, places, axis),
    ...line,
    ...rows.flatMap((row, i) => {
      const y = places.middle(i);
      return [
        rowName(row.name, i, places),
        label(width - 8, y + 4, row.figure, { 'text-anchor': 'end' }),
        ...interval(row, y, places.x),
      ];
    }),
  ]);
}

function referenceLine(x: number, height: number): Shape {
  const at = pixels(x);
  return shape('path', {
    d: `M${at} ${ROWS_TOP - 6}V${height - 32}`,
    class: 'plot-axis',
    stroke: AXIS,
    'stroke-dasharray': '4 3',
  });
}

function interval(
  { estimate, low, high, differs }: ForestRow,
  y: number,
  x: (value: number) => number,
): Shape[] {
  const [left, middle, right] = [x(low), x(estimate), x(high)].map(pixels) as [number, number, number];
  const tone = differs === 'above' ? 0 : differs === 'below' ? 1 : undefined;
  const stroke = tone === undefined ? AXIS : (COLOURS[tone] ?? INK);
  const name = tone === undefined ? 'plot-plain' : `plot-${tone}`;
  const bar = { d: `M${left} ${y}H${right}M${left} ${y - 3}v6M${right} ${y - 3}v6`, fill: 'none' };
  const mark =
    differs === 'none'
      ? shape('circle', { cx: middle, cy: y, r: SIZE - 1, class: `plot-open ${name}`, fill: '#fff', stroke })
      : shape('path', {
          d: triangle(middle, y, differs === 'above' ? -1 : 1),
          class: `${name}-fill`,
          fill: stroke,
        });
  return [shape('path', { ...bar, class: `plot-line ${name}`, stroke, 'stroke-width': 1.5 }), mark];
}

/** Returns a triangle around a point. @param tip -1 points up, 1 down */
export function triangle(x: number, y: number, tip: 1 | -1): string {
  const base = y - tip * SIZE;
  return `M${pixels(x - SIZE)} ${base}H${pixels(x + SIZE)}L${pixels(x)} ${y + tip * SIZE}Z`;
}
