import type { BlockFlips, FlipCounts } from '../../shared/guard/wealth.ts';
import { betOf, LINES, Wealth } from '../../shared/guard/wealth.ts';
import type { Payoff } from '../../shared/override/payoff.ts';
import { Random } from '../policy/random.ts';

/** A simulated stream of flips whose successes become known later than their failures. */
export interface StreamSettings {
  readonly flipsPerDay: number;
  readonly days: number;
  readonly payoff: Payoff;
  /** True utility of a flip of what is in force, less that of the base gates. */
  readonly utility: number;
  /** Share of flips that have the outcome of their block of six hours. */
  readonly shared: number;
  /** Share of flips that are tightened. */
  readonly tightened: number;
  /** Days in which half of a regime is forgotten; absent: the probability of success is constant. */
  readonly halfLifeDays?: number;
}

export const STREAM: StreamSettings = {
  flipsPerDay: 20,
  days: 60,
  payoff: { win: 2, loss: 1 },
  utility: 0,
  shared: 0.3,
  tightened: 0,
};

interface SimulatedFlip {
  /** Days from the start. */
  readonly at: number;
  readonly knownAt: number;
  readonly loosened: boolean;
  readonly success: boolean;
}

/** Blocks of six hours within which flips share outcomes, and mean delays of outcomes, days. */
const BLOCKS_PER_DAY = 4;
const DELAY = { success: 6, failure: 2, most: 15 } as const;
/** Change of the probability of success by a regime, each way. */
const REGIME = 0.1;

/** Returns one stream; the same seed gives the same stream. */
export function stream(settings: StreamSettings, seed: number): SimulatedFlip[] {
  const { flipsPerDay, days, payoff, utility, shared, tightened, halfLifeDays } = settings;
  const random = new Random(seed, 5);
  const total = payoff.win + payoff.loss;
  const persistence = halfLifeDays === undefined ? 0 : 0.5 ** (1 / BLOCKS_PER_DAY / halfLifeDays);
  let regime = random.uniform() < 0.5 ? -REGIME : REGIME;
  return Array.from({ length: days * BLOCKS_PER_DAY }, (_, block) => {
    if (random.uniform() > (1 + persistence) / 2) regime = -regime;
    const shift = halfLifeDays === undefined ? 0 : regime;
    const draw = random.uniform();
    return Array.from({ length: flipsPerDay / BLOCKS_PER_DAY }, (): SimulatedFlip => {
      const loosened = random.uniform() >= tightened;
      const probability = (payoff.loss + (loosened ? utility : -utility)) / total + shift;
      const success = (random.uniform() < shared ? draw : random.uniform()) < probability;
      const at = (block + random.uniform()) / BLOCKS_PER_DAY;
      const mean = success ? DELAY.success : DELAY.failure;
      const delay = Math.min(DELAY.most, -mean * Math.log(1 - random.uniform()));
      return { at, knownAt: at + delay, loosened, success };
    });
  })
    .flat()
    .sort((a, b) => a.at - b.at);
}

/** Returns counts of no flips, to be added to. */
export const noFlips = (): { -readonly [Name in keyof FlipCounts]: number } => ({
  success: 0,
  failure: 0,
  neutral: 0,
  unknown: 0,
});

/** Returns the blocks of a stream as they are known at a moment. @param by which time assigns a flip to its block */
function blocksAt(
  flips: readonly SimulatedFlip[],
  now: number,
  hours: number,
  by: 'at' | 'knownAt',
): BlockFlips[] {
  const blocks = new Map<
    number,
    { loosened: ReturnType<typeof noFlips>; tightened: ReturnType<typeof noFlips> }
  >();
  for (const flip of flips) {
    if (flip[by] > now) continue;
    const index = Math.floor((flip[by] * 24) / hours);
    const block = blocks.get(index) ?? { loosened: noFlips(), tightened: noFlips() };
    blocks.set(index, block);
    const outcome = flip.knownAt > now ? 'unknown' : flip.success ? 'success' : 'failure';
    block[flip.loosened ? 'loosened' : 'tightened'][outcome]++;
  }
  return [...blocks].sort((a, b) => a[0] - b[0]).map(([, block]) => block);
}

interface Crossing {
  /** Days from the start. */
  readonly day: number;
  /** Outcomes that were known then. */
  readonly known: number;
}

/**
 * Returns when a side crosses its line; undefined when it does not within the stream. Knowledge only adds wealth at each
 * prefix, so a bisection over the hours finds the first crossing.
 * @param by `knownAt` reads the stream by order of arrival, which is the control: it is biased
 */
export function crossing(
  flips: readonly SimulatedFlip[],
  { days, payoff }: StreamSettings,
  side: 'harm' | 'gain' = 'harm',
  hours = 6,
  by: 'at' | 'knownAt' = 'at',
): Crossing | undefined {
  const crossed = (now: number): boolean => {
    const wealth = new Wealth(side);
    for (const block of blocksAt(flips, now, hours, by)) wealth.add(betOf(block, payoff, side));
    return wealth.highest >= LINES[side];
  };
  let [low, high] = [0, days * 24];
  if (!crossed(days)) return undefined;
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    if (crossed(middle / 24)) high = middle;
    else low = middle + 1;
  }
  const day = high / 24;
  return { day, known: flips.filter(({ knownAt }) => knownAt <= day).length };
}

/** Returns the value below which a share of the numbers lies. */
export function quantile(numbers: readonly number[], share: number): number {
  const sorted = numbers.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN;
}
