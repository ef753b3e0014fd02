import * as z from 'zod';
import { elementAt } from '../numbers.ts';
import { qValues } from '../statistics/benjamini-hochberg.ts';
import type { Proportion } from '../statistics/fisher-exact.ts';
import { testAgainstRest } from '../statistics/fisher-exact.ts';
import { balanceInterval, rateInterval } from '../statistics/proportion-interval.ts';
import type { LadderStats, QuadrantStats } from './stats.ts';

/*
 * The uncertainty of a lesson: intervals of its rates, and a test of its share against the rest of the pattern.
 * Every figure but q follows from the lesson's own counts; q is adjusted for the other lessons of the run.
 * The figures have few digits, because there are tens of thousands of rows:
 * - interval ends with 4 decimals, rounded outward;
 * - the difference with 6 decimals;
 * - p and q with 4 significant digits.
 */

const rate = z.number().min(0).max(1);
const rateIntervalSchema = (name: string) =>
  z.tuple([rate, rate]).meta({ description: `90 % interval (Wilson) of ${name}` });

const testFields = {
  difference: z.number().min(-1).max(1).optional().meta({
    description: 'share of the slice less that of the events outside of it; absent when there are none',
  }),
  p: rate.optional().meta({
    description: 'two-sided p-value: probability of a difference as large or larger by chance',
  }),
  q: rate.optional().meta({
    description: 'expected share of false discoveries among the lessons of the run with a q up to this one',
  }),
};

/** Uncertainty of a quadrant lesson. The tested share is successes among all events with success or failure. */
export const quadrantUncertaintySchema = z
  .object({
    wr: rateIntervalSchema('wr'),
    fpr: rateIntervalSchema('fpr'),
    mr: rateIntervalSchema('mr'),
    dr: rateIntervalSchema('dr'),
    ...testFields,
  })
  .meta({ id: 'QuadrantUncertainty' });

/** Uncertainty of a ladder lesson. The tested share is successes of three rungs among successes of one or three. */
export const ladderUncertaintySchema = z
  .object({
    ladder_pressure: z
      .tuple([z.number().min(-1).max(1), z.number().min(-1).max(1)])
      .meta({ description: '90 % interval (Agresti and Min) of ladder_pressure' }),
    failure_rate: rateIntervalSchema('failure_rate'),
    ...testFields,
  })
  .meta({ id: 'LadderUncertainty' });

type QuadrantUncertainty = z.output<typeof quadrantUncertaintySchema>;
type LadderUncertainty = z.output<typeof ladderUncertaintySchema>;

/** The test of a slice against the rest of its pattern. A field that does not apply is absent. */
export interface SliceTest {
  readonly difference?: number;
  readonly p?: number;
  readonly q?: number;
}

/**
 * Returns the intervals of a lesson's rates, with the test of its slice.
 * @param effect design effect of the rows, 1 or more: counts are divided by it, so that an episode counts once
 */
export function quadrantUncertainty(
  stats: QuadrantStats,
  test: SliceTest,
  effect: number,
): QuadrantUncertainty {
  const interval = (part: number, whole: number) => [...rateInterval(part / effect, whole / effect)] as const;
  const { n_acted, n_skipped } = stats;
  return {
    wr: [...interval(stats.n_wins, n_acted)],
    fpr: [...interval(stats.n_fps, n_acted)],
    mr: [...interval(stats.n_misses, n_skipped)],
    dr: [...interval(stats.n_dodges, n_skipped)],
    ...test,
  };
}

/** Returns the intervals of a ladder lesson, with the test of its slice. @param effect as for `quadrantUncertainty` */
export function ladderUncertainty(stats: LadderStats, test: SliceTest, effect: number): LadderUncertainty {
  const balance = balanceInterval(stats.count_3 / effect, stats.count_1 / effect, stats.n_success / effect);
  return {
    ladder_pressure: [...balance],
    failure_rate: [...rateInterval(stats.n_failure / effect, stats.n_total / effect)],
    ...test,
  };
}

/**
 * Tests each slice of one run against the rest of the pattern: difference, p-value, and q-value over all tests.
 * Identical slices share one test, which counts once in the family.
 * @param shares share of each slice, in the miner's order: the first is that of the global slice
 * @param representative for each slice, the index of the slice that represents it
 * @param effect design effect of the rows, 1 or more: p and q follow from counts that are divided by it and rounded
 *   (the first-order correction of Rao and Scott 1981)
 */
export function testSlices(
  shares: readonly Proportion[],
  representative: ArrayLike<number>,
  effect = 1,
): SliceTest[] {
  const [all] = shares;
  if (!all) return [];
  const tests = shares.flatMap((share, slice) => {
    const test = representative[slice] === slice ? testAgainstRest(share, all) : undefined;
    if (!test) return [];
    const p = effect === 1 ? test.p : testAgainstRest(divided(share, effect), divided(all, effect))?.p;
    return [{ slice, difference: test.difference, p: p ?? 1 }];
  });
  const q = qValues(Float64Array.from(tests, test => test.p));
  const bySlice = new Map(
    tests.map(({ slice, difference, p }, i): [number, SliceTest] => [
      slice,
      { difference: sixDecimals(difference), p: fourDigits(p), q: fourDigits(elementAt(q, i)) },
    ]),
  );
  return shares.map((_, slice) => bySlice.get(elementAt(representative, slice)) ?? {});
}

function divided({ successes, trials }: Proportion, effect: number): Proportion {
  const part = Math.round(successes / effect);
  return { successes: part, trials: part + Math.round((trials - successes) / effect) };
}

/** Returns the difference alone, for a near lesson. It is not part of the family of tests, so it has no p. */
export function differenceFrom(all: Proportion | undefined, share: Proportion): SliceTest {
  const test = all && testAgainstRest(share, all);
  return test ? { difference: sixDecimals(test.difference) } : {};
}

function sixDecimals(value: number): number {
  return Math.round(value * 1e6) / 1e6;
}

function fourDigits(value: number): number {
  return Number(value.toPrecision(4));
}
