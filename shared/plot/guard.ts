import { countText } from '../format.ts';
import type { GuardAnswer } from '../http/schemas/guard.ts';
import { DAY_MS } from '../time.ts';
import type { LinePlot, Point } from './line-plot.ts';

type GuardTestAnswer = GuardAnswer['tests'][number];

/** The logarithms of wealth at a moment. */
export interface WealthPoint {
  readonly at: string;
  readonly harm: number;
  readonly gain: number;
}

/** Returns the wealth after each block of a test, and that of its start: none. */
export function wealthPoints({ since, path }: GuardTestAnswer): readonly WealthPoint[] {
  return [{ at: since, harm: 0, gain: 0 }, ...path];
}

/** Returns the plot of a test: the logarithms of wealth of both sides over time, with the line that each has to reach. */
export function guardPlot(pattern: string, test: GuardTestAnswer): LinePlot {
  const points = wealthPoints(test);
  const line = (yOf: (point: WealthPoint) => number): Point[] =>
    points.map(point => [Date.parse(point.at) / DAY_MS, yOf(point)]);
  const against = test.test === 'candidate' || test.test === 'challenger' ? 'what is in force' : 'the base';
  return {
    title: `${pattern}: ${TITLES[test.test]}${test.policy === undefined ? '' : ` (${test.policy})`}`,
    x: { label: 'end of the block, UTC', format: dateText },
    y: { label: 'log wealth, 0 at the start' },
    lines: [
      { name: `gain: better than ${against}`, points: line(point => point.gain) },
      { name: `harm: worse than ${against}`, points: line(point => point.harm) },
    ],
    guides: [
      { y: 0 },
      { y: test.lines.harm, label: `harm proven: ${timesText(test.lines.harm)}` },
      { y: test.lines.gain, label: `gain proven: ${timesText(test.lines.gain)}` },
    ],
  };
}

const TITLES: Readonly<Record<GuardTestAnswer['test'], string>> = {
  whole: 'the test since it went live',
  recent: 'the test of the last 28 days',
  challenger: 'a challenger against what is in force',
  candidate: 'the candidate against what is in force',
};

/** Formats a day since 1970 as its month and day; a part of a day has no text. */
function dateText(day: number): string {
  return Number.isInteger(day) ? new Date(day * DAY_MS).toISOString().slice(5, 10) : '';
}

/** A multiple from which on its size tells nothing more. */
const MOST = 1e6;

/** Formats a logarithm of wealth as a multiple of the start: `× 100`, at most `over × 1,000,000`. */
export function timesText(log: number): string {
  if (log > Math.log(MOST)) return `over × ${countText(MOST)}`;
  const multiple = Number(Math.exp(log).toPrecision(3));
  return `× ${multiple < 1000 ? multiple : countText(multiple)}`;
}
