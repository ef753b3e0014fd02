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
const LABEL_HEIGHT = 14;
/** Pixels that the text of a tick takes, with its distance to the next. */
const TICK_WIDTH = 36;
/** Approximate width of a character, in pixels; fonts are not measured. */
const CHARACTER_WIDTH = 6;
const TITLE_WIDTH = 7.6;
/** The width below which a text is cut: most characters are narrower than the approximate width. */
const LEAST_WIDTH = 5.6;
/** Below this width the legend begins at the left edge, because its texts would not fit beside the axis. */
const NARROW = 420;
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
    label(LEFT, 18, shortened(plot.title, width - LEFT - RIGHT, TITLE_WIDTH), {
      'font-size': 13,
      'font-weight': 'bold',
    }),
    label(LEFT, 34, shortened(plot.y.label, width - LEFT - RIGHT, LEAST_WIDTH)),
    ...grid(scales, places),
    label((width + LEFT - RIGHT) / 2, HEIGHT - BOTTOM + 34, plot.x.label, { 'text-anchor': 'middle' }),
    shape('g', { 'clip-path': `url(#${clip})` }, [
      ...(plot.guides ?? []).map(guide => rule(guide, places)),
      ...plot.lines.flatMap((each, i) => curve(each, i, places)),
    ]),
    ...guideLabels(plot.guides ?? [], places),
    ...plot.lines.flatMap((each, i) => legend(each, i, width)),
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

/**
 * Draws the labels of guides. Those of horizontal guides are above their right end; one that would touch the line above
 * is below its own. Those of vertical ones are above the
 * plot, from left to right; one that would touch the previous one moves right.
 */
function guideLabels(guides: readonly Guide[], { x, y, width }: PlotPlaces): Shape[] {
  const right = width - RIGHT;
  let previous = Number.NEGATIVE_INFINITY;
  const across = guides
    .flatMap(guide => ('y' in guide && guide.label ? [{ at: y(guide.y), text: guide.label }] : []))
    .sort((a, b) => a.at - b.at)
    .map(({ at, text }) => {
      const isClose = at - previous < LABEL_HEIGHT;
      previous = at;
      return label(right, isClose ? at + LABEL_HEIGHT - 2 : at - 4, text, { 'text-anchor': 'end' });
    });
  const labelled = guides.flatMap(guide => {
    const at = 'x' in guide ? x(guide.x) : Number.NaN;
    const text = guide.label ?? '';
    return text !== '' && at >= LEFT && at <= right ? [{ at, text }] : [];
  });
  let minStart = LEFT;
  const above = labelled
    .sort((a, b) => a.at - b.at)
    .map(({ at, text }) => {
      const length = text.length * CHARACTER_WIDTH;
      const start = Math.max(minStart, Math.min(at - length / 2, right - length));
      minStart = start + length + CHARACTER_WIDTH;
      return label(start, TOP - 6, text);
    });
  return [...across, ...above];
}

function legend(each: Line, i: number, width: number): Shape[] {
  const colour = COLOURS[i % COLOURS.length] ?? INK;
  const left = width < NARROW ? 4 : LEFT;
  const y = HEIGHT + i * LEGEND_ROW;
  const sample = { d: `M${left} ${y}h28`, class: `plot-line plot-${i % COLOURS.length}`, stroke: colour };
  return [
    shape('path', { ...sample, 'stroke-width': 2, ...DASHES[strokeOf(i)] }),
    label(left + 36, y + 4, shortened(legendText(each), width - left - 36, LEAST_WIDTH)),
  ];
}

/** Cuts a text that would reach the next plot; the document's title keeps that of the plot in full. */
function shortened(text: string, width: number, characterWidth: number): string {
  const most = Math.floor(width / characterWidth);
  return text.length > most ? `${text.slice(0, most - 1).trimEnd()}…` : text;
}
