import { printable } from '../format.ts';
import { textWidth } from '../table.ts';
import { Canvas } from './canvas.ts';
import { interpolate } from './interpolate.ts';
import { type Guide, type Line, type LinePlot, legendText, type Stroke, strokeOf } from './line-plot.ts';
import { type Scale, scalesOf, type Tick } from './scale.ts';

interface PlotSize {
  /** Columns of the whole plot, limited to 40 to 120; infinite without a terminal. */
  readonly width: number;
  /** Rows of the drawing without title, labels and legend; default 12. */
  readonly height?: number;
}

const MIN_WIDTH = 40;
const MAX_WIDTH = 120;
const HEIGHT = 12;

/**
 * Draws a plot in braille dots, without colour: each line has its own stroke, bands are shaded, guides are thin.
 * The text ends without a line break.
 */
export function terminalPlot(plot: LinePlot, { width, height = HEIGHT }: PlotSize): string {
  const scales = scalesOf(plot);
  const labels = rowLabels(scales.y, height);
  const margin = labels.reduce((most, text) => Math.max(most, textWidth(text)), 0);
  const totalWidth = Math.min(MAX_WIDTH, Math.max(MIN_WIDTH, width));
  const canvas = new Canvas(totalWidth - margin - 2, height);
  for (const line of plot.lines) shade(canvas, line, scales);
  for (const guide of plot.guides ?? []) rule(canvas, guide, scales);
  plot.lines.forEach((line, i) => {
    draw(canvas, line, strokeOf(i), scales);
  });
  const rows = canvas.rows().map((row, i) => {
    const label = labels[i] ?? '';
    return `${label.padStart(margin)} ${label === '' ? '│' : '┤'}${row}`.trimEnd();
  });
  const [axis, numbers] = xAxis(scales.x, canvas.columns);
  const indent = ' '.repeat(margin + 1);
  return [
    printable(plot.title),
    printable(plot.y.label),
    ...guideLabels(plot, scales.x, canvas.columns).map(line => `${indent} ${line}`),
    ...rows,
    `${indent}└${axis}`,
    `${indent} ${numbers}`.trimEnd(),
    `${indent} ${printable(plot.x.label).padStart((canvas.columns + plot.x.label.length) >> 1)}`.trimEnd(),
    ...legend(plot),
  ].join('\n');
}

interface Scales {
  readonly x: Scale;
  readonly y: Scale;
}

function draw(canvas: Canvas, { points }: Line, stroke: Stroke, { x, y }: Scales): void {
  let previousY = Number.NaN;
  for (let dot = 0; dot < canvas.dotColumns; dot++) {
    const currentY = y.shareOf(interpolate(points, x.valueAt(canvas.shareOfDot(dot)), 1));
    canvas.stroke(dot, previousY, currentY, stroke);
    previousY = currentY;
  }
  // The loop above may skip a point without neighbours, which can lie between two columns of dots.
  points.forEach(([px, py], i) => {
    const isolated = !Number.isFinite(points[i - 1]?.[1]) && !Number.isFinite(points[i + 1]?.[1]);
    if (isolated) canvas.dot(x.shareOf(px), y.shareOf(py));
  });
}

function shade(canvas: Canvas, { band }: Line, { x, y }: Scales): void {
  if (!band) return;
  for (let column = 0; column < canvas.columns; column++) {
    const value = x.valueAt(canvas.shareOfColumn(column));
    canvas.shade(column, y.shareOf(interpolate(band, value, 1)), y.shareOf(interpolate(band, value, 2)));
  }
}

function rule(canvas: Canvas, guide: Guide, { x, y }: Scales): void {
  if ('x' in guide) canvas.ruleDown(x.shareOf(guide.x));
  else canvas.ruleAcross(y.shareOf(guide.y));
}

/** Returns the line of labels above the vertical guides; a label that would touch the previous one moves right. */
function guideLabels({ guides = [] }: LinePlot, { shareOf }: Scale, columns: number): string[] {
  const labelled = guides.flatMap(guide => {
    const place = 'x' in guide ? shareOf(guide.x) : Number.NaN;
    const label = 'label' in guide ? printable(guide.label ?? '') : '';
    return label !== '' && place >= 0 && place <= 1 ? [{ place, label }] : [];
  });
  let line = '';
  for (const { place, label } of labelled.sort((a, b) => a.place - b.place)) {
    const width = textWidth(label);
    const middle = Math.round(place * (columns - 1)) - (width >> 1);
    const minStart = textWidth(line) + (line === '' ? 0 : 1);
    const start = Math.max(minStart, Math.min(middle, columns - width), 0);
    if (start + width <= columns) line += ' '.repeat(start - textWidth(line)) + label;
  }
  return line === '' ? [] : [line];
}

/** Returns the label of each row; a row shows at most one tick. */
function rowLabels({ ticks, shareOf }: Scale, height: number): string[] {
  const labels = new Array<string>(height).fill('');
  for (const { value, text } of ticks) {
    const row = Math.round((1 - shareOf(value)) * (height - 1));
    labels[row] ||= printable(text);
  }
  return labels;
}

/** Returns the axis with its ticks and the numbers below it; a number that would touch the previous one is omitted. */
function xAxis({ ticks, shareOf }: Scale, columns: number): readonly [string, string] {
  const axis = new Array<string>(columns).fill('─');
  let numbers = '';
  for (const { value, text } of ticks.toSorted((a: Tick, b: Tick) => shareOf(a.value) - shareOf(b.value))) {
    const column = Math.round(shareOf(value) * (columns - 1));
    const shown = printable(text);
    const start = Math.min(Math.max(0, column - (textWidth(shown) >> 1)), columns - textWidth(shown));
    if (numbers !== '' && start < numbers.length + 1) continue;
    axis[column] = '┬';
    numbers = numbers.padEnd(start) + shown;
  }
  return [axis.join(''), numbers];
}

const SAMPLES: Readonly<Record<Stroke, string>> = {
  solid: '⠤⠤⠤⠤',
  dashed: '⠤⠄⠠⠤',
  dotted: '⠄⠄⠄⠄',
  'dash-dotted': '⠤⠄⠄⠤',
};

/** Returns one legend entry a line. */
function legend({ lines }: LinePlot): string[] {
  return lines.map((line, i) => `  ${SAMPLES[strokeOf(i)]} ${printable(legendText(line))}`);
}
