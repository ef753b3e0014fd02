import type { BlockFlips } from '../../shared/guard/wealth.ts';
import { betOf, LINES, Wealth } from '../../shared/guard/wealth.ts';
import { Random } from '../policy/random.ts';
import type { StreamSettings } from './streams.ts';
import { noFlips, stream } from './streams.ts';

/*
 * An ordinary comparison of two arms. Each episode falls into either arm with a probability of 50 %, and only trades that
 * an arm took have an outcome. So a flip tells something in one arm alone, and the trades that both arms would take are
 * noise. It uses the same test martingale, line and blocks as the guard.
 */

/** Trades a day that both arms take, and their utility. */
export const COMMON_TRADES = { perDay: 20, utility: 0.2 } as const;

interface Trade {
  readonly at: number;
  readonly knownAt: number;
  readonly success: boolean;
  readonly isCandidate: boolean;
}

/** Returns the trades of both arms, by time: loosened flips of the candidate arm, and the common trades of both. */
function trades(settings: StreamSettings, seed: number): Trade[] {
  const arms = new Random(seed, 6);
  const flips = stream(settings, seed).filter(() => arms.uniform() < 0.5);
  const common = { ...settings, flipsPerDay: COMMON_TRADES.perDay, utility: COMMON_TRADES.utility };
  return [
    ...flips.map(flip => ({ ...flip, isCandidate: true })),
    ...stream(common, seed + 1_000_000).map(flip => ({ ...flip, isCandidate: arms.uniform() < 0.5 })),
  ].sort((a, b) => a.at - b.at);
}

/** Returns blocks of six hours as known at a moment: trades of the control arm count against the candidate. */
function blocksAt(of: readonly Trade[], now: number): BlockFlips[] {
  const blocks = new Map<number, Record<'loosened' | 'tightened', ReturnType<typeof noFlips>>>();
  for (const { at, knownAt, success, isCandidate } of of) {
    if (at > now) break;
    const index = Math.floor(at * 4);
    const block = blocks.get(index) ?? { loosened: noFlips(), tightened: noFlips() };
    blocks.set(index, block);
    const outcome = knownAt > now ? 'unknown' : success ? 'success' : 'failure';
    block[isCandidate ? 'loosened' : 'tightened'][outcome]++;
  }
  return [...blocks.values()];
}

/** Returns the day on which the comparison of the arms proves harm; undefined when it does not within the stream. */
export function dayOfProof(settings: StreamSettings, seed: number): number | undefined {
  const all = trades(settings, seed);
  const isProven = (day: number): boolean => {
    const wealth = new Wealth('harm');
    for (const block of blocksAt(all, day)) wealth.add(betOf(block, settings.payoff, 'harm'));
    return wealth.highest >= LINES.harm;
  };
  let [low, high] = [0, settings.days];
  if (!isProven(high)) return undefined;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (isProven(middle)) high = middle;
    else low = middle + 1;
  }
  return high;
}
