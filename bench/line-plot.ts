export interface Line {
  readonly name: string;
  readonly points: readonly (readonly [x: number, ms: number])[];
}

export interface Panel {
  readonly title: string;
  readonly x: string;
  readonly logX: boolean;
  readonly lines: readonly Line[];
}

const WIDTH = 460;
const HEIGHT = 320;
const LEFT = 64;
const RIGHT = 16;
const TOP = 36;
const BOTTOM = 64;
const COLOURS = ['#0b6e4f', '#c1440e'];

/** Panels side by side, milliseconds on a logarithmic axis; plain SVG, readable without a script or a font. */
export function plot(panels: readonly Panel[]): string {
  const width = WIDTH * panels.length;
  const body = panels
    .map((panel, i) => `<g transform="translate(${i * WIDTH},0)">${draw(panel)}</g>`)
    .join('\n');
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${HEIGHT}" viewBox="0 0 ${width} ${HEIGHT}" font-family="sans-serif" font-size="11">
<rect width="100%" height="100%" fill="#fff"/>
${body}
</svg>
`;
}

function draw({ title, x, logX, lines }: Panel): string {
  const points = lines.flatMap(line => line.points);
  const xs = points.map(point => (logX ? Math.log10(point[0]) : point[0]));
  const ys = points.map(point => Math.log10(point[1]));
  const [x0, x1] = [Math.min(...xs), Math.max(...xs)];
  const [y0, y1] = [Math.floor(Math.min(...ys)), Math.ceil(Math.max(...ys))];
  const px = (value: number) =>
    LEFT + (((logX ? Math.log10(value) : value) - x0) / (x1 - x0)) * (WIDTH - LEFT - RIGHT);
  const py = (ms: number) => HEIGHT - BOTTOM - ((Math.log10(ms) - y0) / (y1 - y0)) * (HEIGHT - TOP - BOTTOM);
  const grid = Array.from({ length: y1 - y0 + 1 }, (_, i) => 10 ** (y0 + i)).map(
    ms =>
      `<line x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${py(ms)}" y2="${py(ms)}" stroke="#ddd"/>` +
      `<text x="${LEFT - 6}" y="${py(ms) + 4}" text-anchor="end">${ms >= 1000 ? `${ms / 1000} s` : `${ms} ms`}</text>`,
  );
  const ticks = (lines[0]?.points ?? []).map(
    ([value]) =>
      `<text x="${px(value)}" y="${HEIGHT - BOTTOM + 16}" text-anchor="middle">${short(value)}</text>`,
  );
  const curves = lines.map(({ points: own }, i) => {
    const at = own.map(([value, ms]) => `${px(value).toFixed(1)},${py(ms).toFixed(1)}`);
    const dots = at.map(spot => `<circle cx="${spot.replace(',', '" cy="')}" r="3" fill="${COLOURS[i]}"/>`);
    return `<polyline points="${at.join(' ')}" fill="none" stroke="${COLOURS[i]}" stroke-width="2"/>${dots.join('')}`;
  });
  const legend = lines.map(
    ({ name }, i) => `<text x="${LEFT + i * 170}" y="${HEIGHT - 10}" fill="${COLOURS[i]}">● ${name}</text>`,
  );
  const heading = `<text x="${LEFT}" y="20" font-size="13" font-weight="bold">${title}</text>`;
  const axis = `<text x="${(WIDTH + LEFT) / 2}" y="${HEIGHT - BOTTOM + 34}" text-anchor="middle">${x}</text>`;
  return [heading, ...grid, ...ticks, axis, ...curves, ...legend].join('\n');
}

function short(value: number): string {
  if (value >= 1e6) return `${value / 1e6}M`;
  return value >= 1e3 ? `${value / 1e3}k` : String(value);
}
