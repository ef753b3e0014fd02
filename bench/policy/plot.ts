import { barShapes } from '../../shared/plot/bars.ts';
import { svgText } from '../../shared/plot/shape.ts';

/** One bar of the plot. */
interface Bar {
  readonly world: string;
  readonly policy: string;
  /** Captured share: mean over the seeds, and 10th percentile. */
  readonly mean: number;
  readonly p10: number;
}

/** Smallest share of the axis. Bars of smaller shares are cut off; their figure says how far they reach. */
const LEAST = -0.6;
const WIDTH = 820;

/** Returns an SVG picture with a bar of the captured share for each world and policy, and a tick at the 10th percentile. */
export function plot(bars: readonly Bar[]): string {
  const series = [...new Set(bars.map(bar => bar.policy))];
  const rows = bars.map(({ world, policy, mean, p10 }) => ({
    name: `${world}, ${policy}`,
    figure: mean.toFixed(2),
    series: series.indexOf(policy),
    value: mean,
    tick: p10,
  }));
  const picture = {
    title: 'Captured share of the gain of the oracle, by world and policy',
    axis: 'captured share of the gain of the oracle; tick: 10th percentile of the seeds',
    series,
    rows,
    from: LEAST,
    to: 1,
  };
  return svgText(barShapes(picture, WIDTH));
}
