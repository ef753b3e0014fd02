import { HOUR_MS } from '../flips.ts';
import type { GuardResult, GuardTest } from '../guard-test.ts';
import { pathOf } from '../guard-test.ts';
import { noFlips, Wealth } from '../wealth.ts';
import type { ArmBlock } from './arm-blocks.ts';
import { betOfArms } from './arm-blocks.ts';
import type { Reality } from './rollout-state.ts';

/**
 * Compares the outcomes of both arms, for a pattern whose factors are not logged. It needs many more events than the paired
 * test, because most of what differs between two arms is chance.
 */
export function compareArms(
  { since, block_hours, payoff }: GuardTest,
  blocks: readonly ArmBlock[],
): GuardResult {
  const [harm, gain] = [new Wealth('harm'), new Wealth('gain')];
  const path = blocks.map((block): [number, number, number] => [
    (block.index + 1) * block_hours * HOUR_MS,
    harm.add(betOfArms(block, payoff, 'harm')),
    gain.add(betOfArms(block, payoff, 'gain')),
  ]);
  return {
    since,
    block_hours,
    blocks: blocks.length,
    loosened: noFlips(),
    tightened: noFlips(),
    log_wealth: { harm: harm.highest, gain: gain.highest },
    path: pathOf(path),
    late: { flips: 0, unknown: 0 },
  };
}

/**
 * Compares episodes that the candidate alone takes: those that were traded in its arm, against those that control skipped,
 * whose outcomes are virtual. It is what replay cannot see, such as fills.
 * @returns undefined before both arms have such episodes
 */
export function compareReality({ payoff }: GuardTest, blocks: readonly ArmBlock[]): Reality | undefined {
  const wealth = new Wealth('harm');
  const real = { success: 0, failure: 0 };
  const virtual = { success: 0, failure: 0 };
  for (const block of blocks) {
    wealth.add(betOfArms(block, payoff, 'harm'));
    real.success += block.candidate.success;
    real.failure += block.candidate.failure;
    virtual.success += block.control.success;
    virtual.failure += block.control.failure;
  }
  const isSeen = (counts: Reality['real']): boolean => counts.success + counts.failure > 0;
  return isSeen(real) && isSeen(virtual) ? { real, virtual, log_wealth: wealth.highest } : undefined;
}
