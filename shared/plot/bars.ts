import { layRows, rowAxis, rowName } from './row-plot.ts';
import { scale } from './scale.ts';
import { AXIS, COLOURS, INK, label, picture, pixels, type Shape, shape } from './shape.ts';

/** Bars by group and series, from 0. */
interface Bars {
  readonly title: string;
  readonly axis: string;
  readonly series: readonly string[];
  readonly rows: readonly BarRow[];
  readonly from?: number;
  readonly to?: number;
}

interface BarRow {
  readonly name: string;
  readonly figure: string;
  /** Position in `series`. */
  readonly series: number;
  readonly value: number;
  /** A second value of the bar, drawn as a tick. */
  readonly tick?: number;
}

/** Draws bars in rows. Every second series is an outline, so that colour is not needed to tell them apart. */
export function barShapes({ title, axis, series, rows, from, to }: Bars, width: number): Shape {
  const range = { ...(from !== undefined && { from }), ...(to !== undefined && { to }) };
  const across = scale({ label: '', ...range }, [0, ...rows.map(row => row.value)]);
  const places = layRows(rows.length, width, across, { figures: 78 });
  const at = (value: number): number => Math.min(places.right, Math.max(places.left, places.x(value)));
  const zero = pixels(at(0));
  return picture(title, width, places.height, [
    ...series.flatMap((name, i) => legend(name, i, places.left + i * 130)),
    ...rowAxis(across, places, axis),
    shape('path', { d: `M${zero} 28V${places.height - 32}`, class: 'plot-axis', stroke: AXIS }),
    ...rows.flatMap((row, i) => {
      const y = places.middle(i);
      const end = pixels(at(row.value));
      const box = { x: Math.min(zero, end), y: y - 5, width: pixels(Math.abs(end - zero)), height: 10 };
      const tick = row.tick === undefined ? [] : [`M${pixels(at(row.tick))} ${y - 7}v14`];
      return [
        rowName(row.name, i, places),
        label(width - 8, y + 4, row.figure, { 'text-anchor': 'end' }),
        shape('rect', { ...box, ...paint(row.series) }),
        ...tick.map(d => shape('path', { d, class: 'plot-ink', stroke: INK })),
      ];
    }),
  ]);
}

function paint(series: number): Shape['attributes'] {
  const tone = series % COLOURS.length;
  const colour = COLOURS[tone] ?? INK;
  return series % 2 === 0
    ? { class: `plot-${tone}-fill`, fill: colour }
    : { class: `plot-open plot-${tone}`, fill: '#fff', stroke: colour, 'stroke-width': 1.5 };
}

function legend(name: string, series: number, x: number): Shape[] {
  return [shape('rect', { x, y: 8, width: 11, height: 11, ...paint(series) }), label(x + 16, 18, name)];
}
