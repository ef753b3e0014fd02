import { significant } from '../format.ts';
import { triangle } from './forest.ts';
import { layRows, rowAxis, rowName } from './row-plot.ts';
import { scale } from './scale.ts';
import { AXIS, COLOURS, INK, label, picture, pixels, type Shape, shape } from './shape.ts';

/** The steps from one value to another. */
interface Waterfall {
  readonly title: string;
  readonly axis: string;
  readonly steps: readonly WaterfallStep[];
}

export interface WaterfallStep {
  readonly name: string;
  readonly figure: string;
  /** The value before the step; absent for a value by itself: the first and the last one. */
  readonly from?: number;
  readonly to: number;
}

/** Draws a waterfall: a dot for each value by itself, and a bar for each step, with a triangle for its direction. */
export function waterfallShapes({ title, axis, steps }: Waterfall, width: number): Shape {
  const values = steps.flatMap(({ from, to }) => (from === undefined ? [to] : [from, to]));
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const margin = (high - low || Math.abs(high) || 1) * 0.15;
  const across = scale({ label: '', from: low - margin, to: high + margin, format: significant }, []);
  const places = layRows(steps.length, width, across, { figures: 84, headed: false });
  return picture(title, width, places.height, [
    ...rowAxis(across, places, axis),
    ...steps.flatMap((step, i) => {
      const y = places.middle(i);
      const next = i + 1 < steps.length ? [link(places.x(step.to), y, places.middle(i + 1))] : [];
      return [
        rowName(step.name, i, places),
        label(width - 8, y + 4, step.figure, { 'text-anchor': 'end' }),
        ...next,
        ...bar(step, y, places.x),
      ];
    }),
  ]);
}

function link(x: number, from: number, to: number): Shape {
  return shape('path', {
    d: `M${pixels(x)} ${from}V${to}`,
    class: 'plot-axis',
    stroke: AXIS,
    'stroke-dasharray': '2 2',
  });
}

function bar({ from, to }: WaterfallStep, y: number, x: (value: number) => number): Shape[] {
  const end = pixels(x(to));
  if (from === undefined)
    return [shape('circle', { cx: end, cy: y, r: 5, class: 'plot-ink-fill', fill: INK })];
  const start = pixels(x(from));
  if (start === end)
    return [
      shape('circle', { cx: end, cy: y, r: 3.5, class: 'plot-open plot-plain', fill: '#fff', stroke: AXIS }),
    ];
  const tone = to > from ? 0 : 1;
  const fill = COLOURS[tone];
  return [
    shape('rect', {
      x: Math.min(start, end),
      y: y - 5,
      width: pixels(Math.abs(end - start)),
      height: 10,
      class: `plot-${tone}-fill`,
      fill,
      'fill-opacity': 0.75,
    }),
    shape('path', { d: triangle(end, y, to > from ? -1 : 1), class: `plot-${tone}-fill`, fill }),
  ];
}
