import type { Change } from '../../generation/generation.ts';
import type { Head } from '../../generation/head.ts';
import type { GenerationStores } from '../../generation/ports.ts';
import { withMode } from '../../generation/retired.ts';
import { servedGeneration, withServed } from '../../generation/served.ts';
import type { GuardDecision, GuardState } from '../../guard/guard-state.ts';
import type { PatternKey } from '../../pattern/pattern-key.ts';

/** Who a decision of the guard counts as, in the list of changes. */
export const GUARD_CALLER = 'system:guard';

/**
 * Turns a pattern off when the guard has decided so and nothing has ended its test since. The entry of the audit has the
 * time of the decision and an id that follows from it. So runs that repeat the step, after a crash or side by side, write
 * one entry and turn the pattern off once.
 * @returns the head that is now stored
 */
export async function withdrawIfDecided(
  deps: Pick<GenerationStores, 'heads' | 'changes' | 'now'>,
  pattern: PatternKey,
  head: Head | undefined,
  state: GuardState | undefined,
): Promise<Head | undefined> {
  if (!head || servedGeneration(head) === 0) return head;
  const { decision } = state ?? {};
  if (decision?.action !== 'protect' || decision.since !== state?.whole?.since) return head;
  if (hasGoneLive(head, decision)) return head;
  const last_change: Change = {
    who: GUARD_CALLER,
    at: decision.at,
    what: 'mode',
    why: `mode off: ${decision.sentence}`,
  };
  const changed = withMode({ ...head, version: head.version + 1, last_change }, 'off', 0);
  const next = withServed(head, changed, Math.max(deps.now(), Date.parse(decision.at)));
  await deps.changes.audit(pattern, last_change, `guard ${decision.since}`);
  if (await deps.heads.replaceHead(pattern, next)) return next;
  // An operator or another run was faster. The next run decides on what they wrote.
  return head;
}

/** Returns whether the pattern went live after the decision, which an operator does to start a new test. */
function hasGoneLive({ served = [] }: Head, { at }: GuardDecision): boolean {
  return served.some(([from, g], i) => g > 0 && from > Date.parse(at) && served[i - 1]?.[1] === 0);
}
