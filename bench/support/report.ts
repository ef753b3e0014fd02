import { availableParallelism, cpus, totalmem } from 'node:os';

/** Describes the machine and the versions in two lines. @param packages version of each package */
export function machine(packages: Readonly<Record<string, string>>): string {
  const model = cpus()[0]?.model.trim() ?? 'unknown CPU';
  const memory = Math.round(totalmem() / 2 ** 30);
  const versions = Object.entries(packages).map(([name, version]) => `${name} ${version}`);
  return (
    `${model}, ${availableParallelism()} cores, ${memory} GiB, ${process.platform} ${process.arch}\n` +
    [`Node ${process.version}`, ...versions].join(', ')
  );
}

/** Returns the `q` quantile of samples by the nearest-rank method; `q` from 0 to 1. */
export function quantile(samples: readonly number[], q: number): number {
  const sorted = [...samples].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(q * sorted.length) - 1)] ?? Number.NaN;
}

/** Returns the median: the middle sample, or the mean of the middle two. */
export function median(samples: readonly number[]): number {
  const sorted = [...samples].sort((a, b) => a - b);
  const half = sorted.length / 2;
  const [low, high] = [sorted[Math.ceil(half) - 1] ?? Number.NaN, sorted[Math.floor(half)] ?? Number.NaN];
  return (low + high) / 2;
}

/** Runs a function and returns its milliseconds and its value. */
export async function timed<T>(run: () => T | Promise<T>): Promise<{ ms: number; value: T }> {
  const start = performance.now();
  const value = await run();
  return { ms: performance.now() - start, value };
}

/** Formats a number with three significant digits and separated thousands. */
export function formatNumber(value: number): string {
  if (Number.isNaN(value)) return '–';
  const digits = Math.min(3, Math.max(0, 2 - Math.floor(Math.log10(Math.abs(value) || 1))));
  const rounded = Number(value.toPrecision(Math.abs(value) < 1e5 ? 3 : 4));
  return rounded.toLocaleString('en-US', { minimumFractionDigits: digits, maximumFractionDigits: digits });
}

/** Formats an aligned table without borders: text to the left, numbers to the right. */
export function table(
  titles: readonly string[],
  rows: readonly (readonly (string | number | undefined)[])[],
): string {
  const cells = rows.map(row =>
    row.map(cell => (typeof cell === 'number' ? formatNumber(cell) : (cell ?? ''))),
  );
  const numeric = titles.map((_, i) => rows.some(row => typeof row[i] === 'number'));
  const widths = titles.map((title, i) =>
    cells.reduce((most, row) => Math.max(most, row[i]?.length ?? 0), title.length),
  );
  const line = (row: readonly string[]): string =>
    widths
      .map((width, i) => (numeric[i] ? (row[i] ?? '').padStart(width) : (row[i] ?? '').padEnd(width)))
      .join('  ')
      .trimEnd();
  return [line(titles), ...cells.map(line)].join('\n');
}

/** A measurement and its promised limit. */
export interface Target {
  /** Description of the measurement. */
  readonly name: string;
  readonly value: number;
  readonly limit: number;
  /** Side of the limit that meets the promise. */
  readonly bound: 'at least' | 'at most';
  readonly unit: string;
}

/** Formats a table of the targets with the measured value, the limit, and whether it is met. */
export function targetTable(targets: readonly Target[]): string {
  return table(
    ['target', 'measured', 'unit', 'promised', 'result'],
    targets.map(({ name, value, limit, bound, unit }) => {
      const met = bound === 'at least' ? value >= limit : value <= limit;
      return [name, value, unit, `${bound} ${limit}`, met ? 'met' : 'MISSED'];
    }),
  );
}
