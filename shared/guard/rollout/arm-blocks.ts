import type { Payoff } from '../../override/payoff.ts';
import { HOUR_MS } from '../flips.ts';
import type { Bet, FlipCounts, GuardSide, OpenCounts } from '../wealth.ts';
import { flipsIn, noFlips } from '../wealth.ts';

/** The events of both arms in one block of hours. */
export interface ArmBlock {
  readonly index: number;
  readonly candidate: FlipCounts;
  readonly control: FlipCounts;
}

/** Time of an event (milliseconds since 1970), its arm and its outcome. */
export type ArmEvent = readonly [time: number, arm: 'candidate' | 'control', outcome: keyof FlipCounts];

/**
 * Counts events by block, arm and outcome.
 * @param hours length of a block
 * @returns blocks with an event, ascending
 */
export function armBlocks(events: Iterable<ArmEvent>, hours: number): ArmBlock[] {
  const blocks = new Map<number, { index: number; candidate: OpenCounts; control: OpenCounts }>();
  for (const [time, arm, outcome] of events) {
    const index = Math.floor(time / (hours * HOUR_MS));
    const block = blocks.get(index) ?? { index, candidate: noFlips(), control: noFlips() };
    block[arm][outcome]++;
    blocks.set(index, block);
  }
  return [...blocks.values()].sort((a, b) => a.index - b.index);
}

/**
 * Returns what a block adds to a side of the comparison of two arms: the mean utility of the candidate's events less that of
 * control's, times n·m/(n+m) for n and m events. The numbers are known before any outcome. So if the candidate is not worse
 * (harm) or not better (gain) given the past, wealth on these bets is a nonnegative supermartingale, as in the paired test.
 * An unknown outcome counts for the hypothesis: as the best of the candidate and the worst of control on the side of harm.
 */
export function betOfArms({ candidate, control }: ArmBlock, payoff: Payoff, side: GuardSide): Bet {
  const n = flipsIn(candidate);
  const m = flipsIn(control);
  if (n === 0 || m === 0) return { x: 0, most: 0 };
  const weight = (n * m) / (n + m);
  const isHarm = side === 'harm';
  const x = weight * (meanOf(candidate, payoff, isHarm) - meanOf(control, payoff, !isHarm));
  return { x, most: weight * (payoff.win + payoff.loss) };
}

function meanOf(counts: FlipCounts, { win, loss }: Payoff, unknownIsBest: boolean): number {
  const { success, failure, unknown } = counts;
  return (win * success - loss * failure + (unknownIsBest ? win : -loss) * unknown) / flipsIn(counts);
}
