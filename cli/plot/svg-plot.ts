import { type Guide, type Line, type LinePlot, legendText, type Stroke, strokeOf } from './line-plot.ts';
import { type Scale, scalesOf } from './scale.ts';

const WIDTH = 560;
const HEIGHT = 354;
const LEFT = 72;
const RIGHT = 20;
const TOP = 58;
const BOTTOM = 48;
const LEGEND_ROW = 16;
/** Longest title, in characters. */
const MAX_TITLE = 60;
/** Approximate width of a character, in pixels; fonts are not measured. */
const CHARACTER_WIDTH = 6;
/** Colours of the lines; their strokes distinguish them in greyscale as well. */
const COLOURS = ['#0b6e4f', '#c1440e', '#2f6690', '#7b5ea7'];
const DASHES: Readonly<Record<Stroke, string>> = {
  solid: '',
  dashed: ' stroke-dasharray="7 4"',
  dotted: ' stroke-dasharray="2 4"',
  'dash-dotted': ' stroke-dasharray="8 3 2 3"',
};

/** Draws plots side by side as one SVG document without scripts, style sheets and fonts. */
export function linePlotSvg(panels: readonly LinePlot[]): string {
  const width = WIDTH * panels.length;
  const entries = panels.reduce((most, { lines }) => Math.max(most, lines.length), 0);
  const height = HEIGHT + entries * LEGEND_ROW + 8;
  const body = panels.map((panel, i) => `<g transform="translate(${i * WIDTH},0)">\n${draw(panel, i)}\n</g>`);
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" font-family="sans-serif" font-size="11">
<title>${text(panels.map(panel => panel.title).join('; '))}</title>
<rect width="100%" height="100%" fill="#fff"/>
${body.join('\n')}
</svg>
`;
}

/** Maps values to pixels. */
interface Places {
  readonly x: (value: number) => number;
  readonly y: (value: number) => number;
}

function draw(plot: LinePlot, panel: number): string {
  const scales = scalesOf(plot);
  const places: Places = {
    x: value => LEFT + scales.x.shareOf(value) * (WIDTH - LEFT - RIGHT),
    y: value => TOP + (1 - scales.y.shareOf(value)) * (HEIGHT - TOP - BOTTOM),
  };
  const clip = `plot-${panel}`;
  const drawn = plot.lines.flatMap((line, i) => curve(line, i, places));
  return [
    `<clipPath id="${clip}"><rect x="${LEFT}" y="${TOP - 2}" width="${WIDTH - LEFT - RIGHT}" height="${HEIGHT - TOP - BOTTOM + 4}"/></clipPath>`,
    `<text x="${LEFT}" y="18" font-size="13" font-weight="bold">${text(shortened(plot.title))}</text>`,
    `<text x="${LEFT}" y="34">${text(plot.y.label)}</text>`,
    ...grid(scales, places),
    `<text x="${(WIDTH + LEFT - RIGHT) / 2}" y="${HEIGHT - BOTTOM + 34}" text-anchor="middle">${text(plot.x.label)}</text>`,
    `<g clip-path="url(#${clip})">`,
    ...(plot.guides ?? []).map(guide => rule(guide, places)),
    ...drawn,
    '</g>',
    ...guideLabels(plot.guides ?? [], places),
    ...plot.lines.map(legend),
  ].join('\n');
}

function grid({ x, y }: { readonly x: Scale; readonly y: Scale }, places: Places): string[] {
  const floor = HEIGHT - BOTTOM;
  return [
    ...y.ticks.map(tick => {
      const at = places.y(tick.value).toFixed(1);
      return `<path d="M${LEFT} ${at}H${WIDTH - RIGHT}" stroke="#ddd"/><text x="${LEFT - 6}" y="${at}" dy="4" text-anchor="end">${text(tick.text)}</text>`;
    }),
    ...x.ticks.map(tick => {
      const at = places.x(tick.value).toFixed(1);
      return `<path d="M${at} ${floor}v5" stroke="#666"/><text x="${at}" y="${floor + 18}" text-anchor="middle">${text(tick.text)}</text>`;
    }),
    `<path d="M${LEFT} ${floor}H${WIDTH - RIGHT}" stroke="#666"/>`,
  ];
}

function curve({ points, band = [] }: Line, i: number, { x, y }: Places): string[] {
  const colour = COLOURS[i % COLOURS.length];
  const pixel = (px: number, py: number): string => `${x(px).toFixed(1)},${y(py).toFixed(1)}`;
  const shown = band.filter(([px, low, high]) => [x(px), y(low), y(high)].every(Number.isFinite));
  const edge = [
    ...shown.map(([px, low]) => pixel(px, low)),
    ...shown.toReversed().map(([px, , high]) => pixel(px, high)),
  ];
  const shade =
    shown.length < 2 ? [] : [`<polygon points="${edge.join(' ')}" fill="${colour}" fill-opacity="0.15"/>`];
  const runs = splitAtGaps(
    points.map(([px, py]) => (Number.isFinite(x(px) + y(py)) ? pixel(px, py) : undefined)),
  );
  const strokes = runs.map(run =>
    run.length === 1
      ? `<circle cx="${run[0]?.replace(',', '" cy="')}" r="2.5" fill="${colour}"/>`
      : `<polyline points="${run.join(' ')}" fill="none" stroke="${colour}" stroke-width="2"${DASHES[strokeOf(i)]}/>`,
  );
  return [...shade, ...strokes];
}

/** Splits the points of a line at its gaps. */
function splitAtGaps(pixels: readonly (string | undefined)[]): string[][] {
  const runs: string[][] = [[]];
  for (const pixel of pixels) {
    if (pixel === undefined) runs.push([]);
    else runs.at(-1)?.push(pixel);
  }
  return runs.filter(run => run.length > 0);
}

function rule(guide: Guide, { x, y }: Places): string {
  const d =
    'x' in guide
      ? `M${x(guide.x).toFixed(1)} ${TOP}V${HEIGHT - BOTTOM}`
      : `M${LEFT} ${y(guide.y).toFixed(1)}H${WIDTH - RIGHT}`;
  return `<path d="${d}" stroke="#666" stroke-dasharray="1 3"/>`;
}

/** Draws the labels of vertical guides from left to right; a label that would touch the previous one moves right. */
function guideLabels(guides: readonly Guide[], { x }: Places): string[] {
  const labelled = guides.flatMap(guide => {
    const at = 'x' in guide ? x(guide.x) : Number.NaN;
    const label = 'label' in guide ? (guide.label ?? '') : '';
    return label !== '' && at >= LEFT && at <= WIDTH - RIGHT ? [{ at, label }] : [];
  });
  let minStart = LEFT;
  return labelled
    .sort((a, b) => a.at - b.at)
    .map(({ at, label }) => {
      const width = label.length * CHARACTER_WIDTH;
      const start = Math.max(minStart, Math.min(at - width / 2, WIDTH - RIGHT - width));
      minStart = start + width + CHARACTER_WIDTH;
      return `<text x="${start.toFixed(1)}" y="${TOP - 6}" fill="#444">${text(label)}</text>`;
    });
}

function legend(line: Line, i: number): string {
  const colour = COLOURS[i % COLOURS.length];
  const y = HEIGHT + i * LEGEND_ROW;
  return `<path d="M${LEFT} ${y}h28" stroke="${colour}" stroke-width="2"${DASHES[strokeOf(i)]}/><text x="${LEFT + 36}" y="${y + 4}">${text(legendText(line))}</text>`;
}

/** Cuts a title that would reach the next plot; the document's title keeps it in full. */
function shortened(title: string): string {
  return title.length > MAX_TITLE ? `${title.slice(0, MAX_TITLE - 1).trimEnd()}…` : title;
}

/**
 * Returns XML text: markup is escaped, control characters become spaces, and what else XML 1.0 forbids (halves of
 * surrogate pairs, U+FFFE, U+FFFF) becomes U+FFFD.
 */
function text(raw: string): string {
  return raw
    .replace(/\p{Cc}/gu, ' ')
    .replace(/[\p{Cs}\ufffe\uffff]/gu, '\ufffd')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;');
}
