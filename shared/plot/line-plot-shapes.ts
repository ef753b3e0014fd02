import { area, line } from 'd3-shape';
import {
  type BandPoint,
  type Guide,
  type Line,
  type LinePlot,
  legendText,
  type Point,
  type Stroke,
  strokeOf,
} from './line-plot.ts';
import { type Scale, scalesOf } from './scale.ts';
import { AXIS, COLOURS, FAINT, INK, label, picture, pixels, type Shape, shape, svgText } from './shape.ts';

const WIDTH = 560;
const HEIGHT = 354;
const LEFT = 72;
const RIGHT = 20;
const TOP = 58;
const BOTTOM = 48;
const LEGEND_ROW = 16;
/** Pixels that the text of a tick takes, with its distance to the next. */
const TICK_WIDTH = 36;
/** Approximate width of a character, in pixels; fonts are not measured. */
const CHARACTER_WIDTH = 6;
const DASHES: Readonly<Record<Stroke, object>> = {
  solid: {},
  dashed: { 'stroke-dasharray': '7 4' },
  dotted: { 'stroke-dasharray': '2 4' },
  'dash-dotted': { 'stroke-dasharray': '8 3 2 3' },
};

/** The axes of a plot: pixels of values, and values of pixels. */
interface PlotPlaces {
  readonly x: (value: number) => number;
  readonly y: (value: number) => number;
  readonly valueOfX: (pixel: number) => number;
  readonly width: number;
  /** Top and bottom of the drawing, in pixels. */
  readonly top: number;
  readonly floor: number;
}

/** Returns where the values of a plot lie in its picture. @param width of the picture, in pixels */
export function placesOf(plot: LinePlot, width = WIDTH): PlotPlaces {
  const scales = scalesOf(plot);
  const across = width - LEFT - RIGHT;
  return {
    x: value => LEFT + scales.x.shareOf(value) * across,
    y: value => TOP + (1 - scales.y.shareOf(value)) * (HEIGHT - TOP - BOTTOM),
    valueOfX: pixel => scales.x.valueAt((pixel - LEFT) / across),
    width,
    top: TOP,
    floor: HEIGHT - BOTTOM,
  };
}

/** Draws plots side by side as one SVG document. */
export function linePlotSvg(panels: readonly LinePlot[]): string {
  return svgText(linePlotShapes(panels));
}

/** Draws plots side by side. @param width of each plot, in pixels */
export function linePlotShapes(panels: readonly LinePlot[], width = WIDTH): Shape {
  const entries = panels.reduce((most, { lines }) => Math.max(most, lines.length), 0);
  const title = panels.map(panel => panel.title).join('; ');
  return picture(
    title,
    width * panels.length,
    HEIGHT + entries * LEGEND_ROW + 8,
    panels.map((panel, i) => shape('g', { transform: `translate(${i * width},0)` }, draw(panel, i, width))),
  );
}

function draw(plot: LinePlot, panel: number, width: number): Shape[] {
  const scales = scalesOf(plot);
  const places = placesOf(plot, width);
  const clip = `plot-${panel}`;
  const inside = { x: LEFT, y: TOP - 2, width: width - LEFT - RIGHT, height: HEIGHT - TOP - BOTTOM + 4 };
  return [
    shape('clipPath', { id: clip }, [shape('rect', inside)]),
    label(LEFT, 18, shortened(plot.title, width), { 'font-size': 13, 'font-weight': 'bold' }),
    label(LEFT, 34, shortened(plot.y.label, width)),
    ...grid(scales, places),
    label((width + LEFT - RIGHT) / 2, HEIGHT - BOTTOM + 34, plot.x.label, { 'text-anchor': 'middle' }),
    shape('g', { 'clip-path': `url(#${clip})` }, [
      ...(plot.guides ?? []).map(guide => rule(guide, places)),
      ...plot.lines.flatMap((each, i) => curve(each, i, places)),
    ]),
    ...guideLabels(plot.guides ?? [], places),
    ...plot.lines.flatMap(legend),
  ];
}

function grid({ x, y }: { readonly x: Scale; readonly y: Scale }, places: PlotPlaces): Shape[] {
  const right = places.width - RIGHT;
  const every = Math.ceil((x.ticks.length * TICK_WIDTH) / (right - LEFT));
  return [
    ...y.ticks.flatMap(tick => {
      const at = pixels(places.y(tick.value));
      return [
        shape('path', { d: `M${LEFT} ${at}H${right}`, class: 'plot-grid', stroke: FAINT }),
        label(LEFT - 6, at + 4, tick.text, { 'text-anchor': 'end' }),
      ];
    }),
    ...x.ticks
      .filter((_, i) => i % every === 0)
      .flatMap(tick => {
        const at = pixels(places.x(tick.value));
        return [
          shape('path', { d: `M${at} ${places.floor}v5`, class: 'plot-axis', stroke: AXIS }),
          label(at, places.floor + 18, tick.text, { 'text-anchor': 'middle' }),
        ];
      }),
    shape('path', { d: `M${LEFT} ${places.floor}H${right}`, class: 'plot-axis', stroke: AXIS }),
  ];
}

function curve({ points, band = [] }: Line, i: number, { x, y }: PlotPlaces): Shape[] {
  const colour = COLOURS[i % COLOURS.length] ?? INK;
  const name = `plot-${i % COLOURS.length}`;
  const shade = area<BandPoint>()
    .digits(1)
    .defined(([at, low, high]) => [x(at), y(low), y(high)].every(Number.isFinite))
    .x(point => x(point[0]))
    .y0(point => y(point[1]))
    .y1(point => y(point[2]))(band);
  const stroke = line<Point>()
    .digits(1)
    .defined(([at, value]) => Number.isFinite(x(at) + y(value)))
    .x(point => x(point[0]))
    .y(point => y(point[1]))(points);
  return [
    ...(shade
      ? [shape('path', { d: shade, class: `plot-band ${name}-fill`, fill: colour, 'fill-opacity': 0.15 })]
      : []),
    ...(stroke
      ? [
          shape('path', {
            d: stroke,
            class: `plot-line ${name}`,
            fill: 'none',
            stroke: colour,
            'stroke-width': 2,
            // A point without neighbours is a line of length 0, which only a round end shows.
            'stroke-linecap': 'round',
            ...DASHES[strokeOf(i)],
          }),
        ]
      : []),
  ];
}

function rule(guide: Guide, { x, y, width, floor }: PlotPlaces): Shape {
  const d =
    'x' in guide
      ? `M${pixels(x(guide.x))} ${TOP}V${floor}`
      : `M${LEFT} ${pixels(y(guide.y))}H${width - RIGHT}`;
  return shape('path', { d, class: 'plot-axis', stroke: AXIS, 'stroke-dasharray': '1 3' });
}

/** Draws the labels of vertical guides from left to right; a label that would touch the previous one moves right. */
function guideLabels(guides: readonly Guide[], { x, width }: PlotPlaces): Shape[] {
  const right = width - RIGHT;
  const labelled = guides.flatMap(guide => {
    const at = 'x' in guide ? x(guide.x) : Number.NaN;
    const text = 'label' in guide ? (guide.label ?? '') : '';
    return text !== '' && at >= LEFT && at <= right ? [{ at, text }] : [];
  });
  let minStart = LEFT;
  return labelled
    .sort((a, b) => a.at - b.at)
    .map(({ at, text }) => {
      const length = text.length * CHARACTER_WIDTH;
      const start = Math.max(minStart, Math.min(at - length / 2, right - length));
      minStart = start + length + CHARACTER_WIDTH;
      return label(start, TOP - 6, text);
    });
}

function legend(each: Line, i: number): Shape[] {
  const colour = COLOURS[i % COLOURS.length] ?? INK;
  const y = HEIGHT + i * LEGEND_ROW;
  const sample = { d: `M${LEFT} ${y}h28`, class: `plot-line plot-${i % COLOURS.length}`, stroke: colour };
  return [
    shape('path', { ...sample, 'stroke-width': 2, ...DASHES[strokeOf(i)] }),
    label(LEFT + 36, y + 4, legendText(each)),
  ];
}

/** Cuts a title that would reach the next plot; the document's title keeps it in full. */
function shortened(title: string, width: number): string {
  const most = Math.floor((width - LEFT - RIGHT) / 7.6);
  return title.length > most ? `${title.slice(0, most - 1).trimEnd()}…` : title;
}
