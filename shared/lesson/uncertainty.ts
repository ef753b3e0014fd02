import * as z from 'zod';
import { qValues } from '../statistics/benjamini-hochberg.ts';
import type { Proportion } from '../statistics/fisher-exact.ts';
import { testAgainstRest } from '../statistics/fisher-exact.ts';
import { balanceInterval, rateInterval } from '../statistics/proportion-interval.ts';
import type { LadderStats, QuadrantStats } from './stats.ts';

/*
 * How sure a lesson is. Everything follows from the counts at hand; only q looks at the other lessons of the run.
 * Kept with few digits, because rows are stored by the ten thousand: interval ends to a hundredth of a percentage
 * point, rounded outward; the difference to 6 decimals; p and q to 4 significant digits.
 */

const rate = z.number().min(0).max(1);
const interval = (what: string) =>
  z.tuple([rate, rate]).meta({ description: `90 % interval (Wilson) of ${what}` });

const evidenceFields = {
  difference: z
    .number()
    .min(-1)
    .max(1)
    .optional()
    .meta({ description: 'share of the slice less that of the events outside of it; absent without any' }),
  p: rate.optional().meta({ description: 'odds of such a difference by chance, two-sided' }),
  q: rate.optional().meta({
    description: 'share of false discoveries among the lessons of the run with a q up to this one',
  }),
};

/** Of a quadrant lesson: share means successes among the events with success or failure, acted and skipped alike. */
export const quadrantUncertaintySchema = z
  .object({
    wr: interval('wr'),
    fpr: interval('fpr'),
    mr: interval('mr'),
    dr: interval('dr'),
    ...evidenceFields,
  })
  .meta({ id: 'QuadrantUncertainty' });

/** Of a ladder lesson: share means those of three rungs among the successes of one or three. */
export const ladderUncertaintySchema = z
  .object({
    ladder_pressure: z
      .tuple([z.number().min(-1).max(1), z.number().min(-1).max(1)])
      .meta({ description: '90 % interval (Agresti and Min) of ladder_pressure' }),
    failure_rate: interval('failure_rate'),
    ...evidenceFields,
  })
  .meta({ id: 'LadderUncertainty' });

type QuadrantUncertainty = z.output<typeof quadrantUncertaintySchema>;
type LadderUncertainty = z.output<typeof ladderUncertaintySchema>;

/** What sets a slice apart from the rest; a field that does not apply is absent. */
export interface SliceTest {
  readonly difference?: number;
  readonly p?: number;
  readonly q?: number;
}

export function quadrantUncertainty(stats: QuadrantStats, evidence: SliceTest): QuadrantUncertainty {
  const { n_acted, n_skipped } = stats;
  return {
    wr: [...rateInterval(stats.n_wins, n_acted)],
    fpr: [...rateInterval(stats.n_fps, n_acted)],
    mr: [...rateInterval(stats.n_misses, n_skipped)],
    dr: [...rateInterval(stats.n_dodges, n_skipped)],
    ...evidence,
  };
}

export function ladderUncertainty(stats: LadderStats, evidence: SliceTest): LadderUncertainty {
  return {
    ladder_pressure: [...balanceInterval(stats.count_3, stats.count_1, stats.n_success)],
    failure_rate: [...rateInterval(stats.n_failure, stats.n_total)],
    ...evidence,
  };
}

/**
 * Difference, p and q of the lessons of one run. Identical slices are one test, whatever their number.
 * @param shares of each slice, in the miner's order: the first is that of everything
 * @param representative index of the slice that stands for each
 */
export function testSlices(shares: readonly Proportion[], representative: ArrayLike<number>): SliceTest[] {
  const [all = { successes: 0, trials: 0 }] = shares;
  const tested: number[] = [];
  const found = shares.map((share, i) => {
    const difference = representative[i] === i ? testAgainstRest(share, all) : undefined;
    if (difference) tested.push(i);
    return difference;
  });
  const q = qValues(Float64Array.from(tested, i => found[i]?.p ?? 1));
  const evidence = shares.map((): SliceTest => ({}));
  tested.forEach((i, rank) => {
    const { difference = 0, p = 1 } = found[i] ?? {};
    evidence[i] = { difference: sixDecimals(difference), p: fourDigits(p), q: fourDigits(q[rank] ?? 1) };
  });
  return shares.map((_, i) => evidence[representative[i] ?? i] ?? {});
}

/** Of slices that make no lesson: nothing was claimed of them, so there is no p to be misread. */
export function differenceFrom(all: Proportion | undefined, share: Proportion): SliceTest {
  const found = all && testAgainstRest(share, all);
  return found ? { difference: sixDecimals(found.difference) } : {};
}

function sixDecimals(value: number): number {
  return Math.round(value * 1e6) / 1e6;
}

function fourDigits(value: number): number {
  return Number(value.toPrecision(4));
}
