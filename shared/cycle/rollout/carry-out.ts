import { promoted, withCandidate, withoutCandidate } from '../../generation/change-candidate.ts';
import type { Change } from '../../generation/generation.ts';
import type { Head } from '../../generation/head.ts';
import type { GenerationStores } from '../../generation/ports.ts';
import { withServed } from '../../generation/served.ts';
import type { GuardState } from '../../guard/guard-state.ts';
import { nextShare } from '../../guard/rollout/decide-rollout.ts';
import type { RolloutDecision } from '../../guard/rollout/rollout-state.ts';
import type { PatternKey } from '../../pattern/pattern-key.ts';
import { GUARD_CALLER } from '../guard/withdraw.ts';

/** The name of each action in the list of changes. */
const BECAME = {
  step: 'stepped',
  promote: 'promoted',
  roll_back: 'rolled_back',
  hold: 'held',
  resume: 'resumed',
  end: 'ended',
} as const satisfies Readonly<Record<RolloutDecision['action'], Change['rollout']>>;

/**
 * Carries out what a run has decided on the candidate, unless an operator or another run has changed it since. The entry of
 * the audit has the time of the decision and an id that follows from it. So runs that repeat the step, after a crash or side
 * by side, write one entry and change the head once.
 * @returns the head that is now stored
 */
export async function carryOutRollout(
  { heads, changes, now }: Pick<GenerationStores, 'heads' | 'changes' | 'now'>,
  pattern: PatternKey,
  head: Head | undefined,
  state: GuardState | undefined,
): Promise<Head | undefined> {
  const { candidate } = head ?? {};
  const { decision, generation } = state?.rollout ?? {};
  if (!head || !candidate || !decision || candidate.generation.generation !== generation) return head;
  if (decision.share !== candidate.share || isCarriedOut(candidate.held?.code, decision)) return head;
  const { action, at, sentence, share, hold } = decision;
  const last_change: Change = {
    who: GUARD_CALLER,
    at,
    what: 'rollout',
    rollout: BECAME[action],
    generation,
    why: `${BECAME[action].replace('_', ' ')} generation ${generation}: ${sentence}`,
  };
  const time = Math.max(now(), Date.parse(at));
  const changed = { ...applied(head, decision, time), version: head.version + 1, last_change };
  if (action === 'promote' && head.current) await heads.archive(pattern, head.current);
  await changes.audit(pattern, last_change, `rollout ${generation} ${share} ${action} ${hold ?? ''}`);
  const next = withServed(head, changed, time);
  if (await heads.replaceHead(pattern, next)) return next;
  // An operator or another run was faster. The next run decides on what they wrote.
  return head;
}

/** Returns whether the head is as the decision wants it, or an operator holds the candidate meanwhile. */
function isCarriedOut(held: string | undefined, { action, hold }: RolloutDecision): boolean {
  if (action === 'hold') return held === hold || held === 'operator';
  if (action === 'resume') return held === undefined || held === 'operator';
  return held === 'operator' && action !== 'roll_back' && action !== 'end';
}

function applied(head: Head, { action, at, sentence, share, hold }: RolloutDecision, now: number): Head {
  switch (action) {
    case 'step':
      return withCandidate(head, { share: nextShare(share) }, now);
    case 'hold':
      return withCandidate(head, { held: hold && { code: hold, text: sentence, at } }, now);
    case 'resume':
      return withCandidate(head, { held: undefined }, now);
    case 'promote':
      return promoted(head, now);
    case 'roll_back':
    case 'end':
      return withoutCandidate(head, now);
  }
}
