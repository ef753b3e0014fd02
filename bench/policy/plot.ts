/** One bar of the plot. */
interface Bar {
  readonly world: string;
  readonly policy: string;
  /** Captured share: mean over the seeds, and 10th percentile. */
  readonly mean: number;
  readonly p10: number;
}

const ROW = 14;
const GAP = 10;
const LEFT = 150;
const WIDTH = 520;
/** Smallest share of the axis. Bars of smaller shares are cut off. */
const LEAST = -0.6;
const COLOURS = ['#c8553d', '#e0a458', '#2f6690', '#81a4cd'];

/**
 * Returns an SVG picture with a bar of the captured share for each world and policy, and a tick at the 10th percentile.
 * Bars that are cut off carry their value.
 */
export function plot(bars: readonly Bar[]): string {
  const policies = [...new Set(bars.map(bar => bar.policy))];
  const x = (share: number): number =>
    LEFT + ((Math.min(1, Math.max(LEAST, share)) - LEAST) / (1 - LEAST)) * WIDTH;
  const parts: string[] = [];
  let y = 40;
  for (const world of new Set(bars.map(bar => bar.world))) {
    const rows = bars.filter(bar => bar.world === world);
    const middle = y + (rows.length * ROW) / 2 + 4;
    parts.push(`<text x="${LEFT - 8}" y="${middle}" text-anchor="end">${world}</text>`);
    for (const { policy, mean, p10 } of rows) {
      const [from, to] = [Math.min(x(0), x(mean)), Math.max(x(0), x(mean))];
      const colour = COLOURS[policies.indexOf(policy)] ?? '#666';
      parts.push(
        `<rect x="${from.toFixed(1)}" y="${y}" width="${(to - from).toFixed(1)}" height="${ROW - 3}" fill="${colour}"><title>${policy}: ${mean.toFixed(3)}</title></rect>`,
        `<path d="M${x(p10).toFixed(1)} ${y}v${ROW - 3}" stroke="#000"/>`,
        ...(mean < LEAST
          ? [`<text x="${x(mean) + 6}" y="${y + 10}" font-size="10" fill="#fff">${mean.toFixed(2)}</text>`]
          : []),
      );
      y += ROW;
    }
    y += GAP;
  }
  const legend = policies.map(
    (policy, i) =>
      `<rect x="${LEFT + i * 150}" y="10" width="11" height="11" fill="${COLOURS[i] ?? '#666'}"/><text x="${LEFT + 16 + i * 150}" y="20">${policy}</text>`,
  );
  const grid = [-0.5, 0, 0.5, 1].map(
    share =>
      `<path d="M${x(share)} 30V${y}" stroke="#ccc"/><text x="${x(share)}" y="${y + 12}" text-anchor="middle">${share}</text>`,
  );
  const caption = 'captured share of the gain of the oracle; tick: 10th percentile of the seeds';
  const height = y + 40;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${LEFT + WIDTH + 30} ${height}" font-family="sans-serif" font-size="12"><title>Captured share of the gain of the oracle, by world and policy</title><rect width="100%" height="100%" fill="#fff"/>${[...grid, ...legend, ...parts].join('')}<text x="${LEFT + WIDTH / 2}" y="${y + 30}" text-anchor="middle">${caption}</text></svg>\n`;
}
