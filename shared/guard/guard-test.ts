import * as z from 'zod';
import { policySchema } from '../override/override.ts';
import type { Payoff } from '../override/payoff.ts';
import { payoffSchema } from '../override/payoff.ts';
import { DAY_MS } from '../time.ts';
import { count } from '../validation.ts';
import type { Block } from './flips.ts';
import { HOUR_MS } from './flips.ts';
import type { FlipCounts } from './wealth.ts';
import { betOf, flipsIn, noFlips, Wealth } from './wealth.ts';

/** Age of the last event of a block at which the block is sealed. */
const SEAL_DAYS = 28;
/** Days after which the second test starts anew, so that a good past cannot hide a bad present. */
const RENEW_DAYS = 28;
/** Age of a flip from which its missing outcome counts as one that does not come. */
const LATE_DAYS = 15;
/** Number of points of a stored path of wealth. */
const MAX_POINTS = 400;

const storedWealth = z.object({ logs: z.array(z.number()), highest: z.number() });
const flipCounts = z.object({ success: count, failure: count, neutral: count, unknown: count });
/** End of the block (milliseconds since 1970), and the logarithms of both sides after it. */
const point = z.tuple([z.number(), z.number(), z.number()]);

/** The state of one test: what is fixed at its start, and its sealed blocks. */
export const guardTestSchema = z.object({
  /** Start, milliseconds since 1970. */
  since: z.number(),
  block_hours: z.number(),
  payoff: payoffSchema,
  policy: policySchema,
  sealed: z.object({
    /** Index of the last sealed block; −1 before the first. */
    through: z.number(),
    blocks: count,
    loosened: flipCounts,
    tightened: flipCounts,
    harm: storedWealth,
    gain: storedWealth,
    path: z.array(point),
  }),
});
export type GuardTest = z.output<typeof guardTestSchema>;
type Point = z.output<typeof point>;

/** The result of a test. */
export const guardResultSchema = z.object({
  since: z.number(),
  block_hours: z.number(),
  blocks: count,
  loosened: flipCounts,
  tightened: flipCounts,
  /** The largest logarithm of wealth after any block; each prefix is valid, so it decides. */
  log_wealth: z.object({ harm: z.number(), gain: z.number() }),
  path: z.array(point),
  /** Flips older than 15 days that are not sealed, and how many of them have no outcome. */
  late: z.object({ flips: count, unknown: count }),
});
export type GuardResult = z.output<typeof guardResultSchema>;

const START: Omit<GuardTest['sealed'], 'harm' | 'gain'> = {
  through: -1,
  blocks: 0,
  loosened: noFlips(),
  tightened: noFlips(),
  path: [],
};

/** Starts a test. Block length and payoff stay as they are until it ends. */
export function startTest(
  since: number,
  block_hours: number,
  payoff: Payoff,
  policy: GuardTest['policy'],
): GuardTest {
  const [harm, gain] = [new Wealth('harm').stored(), new Wealth('gain').stored()];
  return { since, block_hours, payoff, policy, sealed: { ...START, harm: copy(harm), gain: copy(gain) } };
}

const copy = ({ logs, highest }: { readonly logs: readonly number[]; readonly highest: number }) => ({
  logs: [...logs],
  highest,
});

/**
 * Evaluates a test on the blocks of its events. The result is a function of the events, in any order of arrival, until
 * blocks are sealed: those whose last event is older than 28 days keep what they counted, whatever comes later.
 * @param blocks all blocks since the start of the test, ascending; those that are sealed already are left out
 * @param asOf milliseconds since 1970
 * @returns the result, and the test with the blocks that are now sealed
 */
export function evaluateTest(
  test: GuardTest,
  blocks: readonly Block[],
  asOf: number,
): { readonly result: GuardResult; readonly test: GuardTest } {
  const walk = new Walk(test);
  let sealed = test.sealed;
  const late = { flips: 0, unknown: 0 };
  for (const block of blocks) {
    if (block.index <= test.sealed.through) continue;
    walk.add(block);
    if (block.last < asOf - SEAL_DAYS * DAY_MS) sealed = walk.stored(block.index);
    if (block.last < asOf - LATE_DAYS * DAY_MS) {
      late.flips += flipsIn(block.loosened) + flipsIn(block.tightened);
      late.unknown += block.loosened.unknown + block.tightened.unknown;
    }
  }
  const { harm, gain, ...counted } = walk.stored(sealed.through);
  const result = {
    since: test.since,
    block_hours: test.block_hours,
    blocks: counted.blocks,
    loosened: counted.loosened,
    tightened: counted.tightened,
    log_wealth: { harm: harm.highest, gain: gain.highest },
    path: counted.path,
    late,
  };
  return { result, test: sealed === test.sealed ? test : { ...test, sealed } };
}

/** Returns the time from which events may still change a test, milliseconds since 1970; 0 without one. */
export function firstUnsealed(test: GuardTest | undefined): number {
  if (!test) return 0;
  return Math.max(test.since, (test.sealed.through + 1) * test.block_hours * HOUR_MS);
}

/** The blocks of a test, added one after another to what is sealed. */
class Walk {
  readonly #test: GuardTest;
  readonly #harm: Wealth;
  readonly #gain: Wealth;
  #counted: Omit<GuardTest['sealed'], 'harm' | 'gain' | 'through'>;

  constructor(test: GuardTest) {
    const { harm, gain, ...counted } = test.sealed;
    this.#test = test;
    this.#harm = new Wealth('harm', harm);
    this.#gain = new Wealth('gain', gain);
    this.#counted = counted;
  }

  add(block: Block): void {
    const { payoff, block_hours } = this.#test;
    const harm = this.#harm.add(betOf(block, payoff, 'harm'));
    const gain = this.#gain.add(betOf(block, payoff, 'gain'));
    const { blocks, loosened, tightened, path } = this.#counted;
    this.#counted = {
      blocks: blocks + 1,
      loosened: sum(loosened, block.loosened),
      tightened: sum(tightened, block.tightened),
      path: [...path, [(block.index + 1) * block_hours * HOUR_MS, harm, gain]],
    };
  }

  stored(through: number): GuardTest['sealed'] {
    const harm = copy(this.#harm.stored());
    const gain = copy(this.#gain.stored());
    return { ...this.#counted, path: pathOf(this.#counted.path), through, harm, gain };
  }
}

function sum(a: FlipCounts, b: FlipCounts): FlipCounts {
  return {
    success: a.success + b.success,
    failure: a.failure + b.failure,
    neutral: a.neutral + b.neutral,
    unknown: a.unknown + b.unknown,
  };
}

const rounded = (value: number): number => Number(value.toFixed(4));

/**
 * Returns a path as it is stored: at most `MAX_POINTS` points, with four decimals. Every second point is dropped as often as
 * needed, and the last one is kept.
 */
export function pathOf(path: readonly Point[]): Point[] {
  let points = path.map(([at, harm, gain]): Point => [at, rounded(harm), rounded(gain)]);
  while (points.length > MAX_POINTS) points = points.filter((_, i) => (points.length - 1 - i) % 2 === 0);
  return points;
}

/**
 * Returns when the second test starts that covers a moment: the first test's start, then every 28 days. It is undefined in
 * the first 28 days, in which both would be the same.
 */
export function recentStart(since: number, asOf: number): number | undefined {
  const periods = Math.floor((asOf - since) / (RENEW_DAYS * DAY_MS));
  return periods < 1 ? undefined : since + periods * RENEW_DAYS * DAY_MS;
}
