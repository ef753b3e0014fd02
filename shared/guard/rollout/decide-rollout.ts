import type { Candidate } from '../../generation/candidate.ts';
import { DAY_MS } from '../../time.ts';
import type { HealthFinding } from './arm-health.ts';
import type { RolloutDecision } from './rollout-state.ts';

/** Shares of the episodes that get a candidate, step by step. */
export const STEPS = [0.1, 0.5, 1] as const;
/** Least time of a step, days. */
const STEP_DAYS = 3;
/** Time from the start after which a candidate without harm is promoted from the last step, days. */
const LAST_DAYS = 14;

interface RolloutFacts {
  readonly candidate: Candidate;
  /** Start of the step, or the end of a later time in which the whole service was off; milliseconds since 1970. */
  readonly stepFrom: number;
  /** Milliseconds since 1970. */
  readonly asOf: number;
  readonly verdict: 'none' | 'harmful' | 'gaining' | 'blind';
  /** The result of the test in one sentence. */
  readonly sentence: string;
  /** Undefined for a rollout that is healthy. */
  readonly health: HealthFinding | undefined;
  /** True when rows of the candidate are missing. */
  readonly isDamaged: boolean;
  /** True when rows of what is in force are missing: nothing can be compared with it. */
  readonly isControlDamaged: boolean;
  /** False after the setting went back to `immediate`. */
  readonly isGuarded: boolean;
  /** True in mode `frozen`: the share stays as it is, and only harm ends the rollout. */
  readonly isFrozen: boolean;
}

type Decided = Pick<RolloutDecision, 'action' | 'sentence' | 'hold'>;

/**
 * Decides on a candidate. Harm rolls it back at any time. An operator's hold keeps it as it is, and so does a finding about
 * the health of the rollout, until it is gone. Else a gain promotes it, and time takes it through the steps.
 * @returns undefined while it waits
 */
export function decideRollout(facts: RolloutFacts): Decided | undefined {
  const { candidate, stepFrom, asOf, verdict, sentence, health, isGuarded } = facts;
  const { generation } = candidate.generation;
  if (facts.isDamaged)
    return { action: 'roll_back', sentence: `rows of generation ${generation} are missing or differ` };
  if (facts.isControlDamaged) return undefined;
  if (verdict === 'harmful') return { action: 'roll_back', sentence };
  if (facts.isFrozen) return undefined;
  if (!isGuarded) return { action: 'end', sentence: 'the setting rollout is immediate' };
  if (candidate.held?.code === 'operator') return undefined;
  if (health)
    return isHeldFor(candidate, health)
      ? undefined
      : { action: 'hold', sentence: health.text, hold: health.code };
  if (verdict === 'gaining') return { action: 'promote', sentence };
  if (candidate.held) return { action: 'resume', sentence: `no longer: ${candidate.held.text}` };
  if (asOf - stepFrom < STEP_DAYS * DAY_MS) return undefined;
  const next = STEPS.find(share => share > candidate.share);
  if (next !== undefined) return { action: 'step', sentence: stepSentence(generation, next) };
  if (asOf - Date.parse(candidate.started_at) < LAST_DAYS * DAY_MS) return undefined;
  return { action: 'promote', sentence: `no harm in ${LAST_DAYS} days, and no proven gain: ${sentence}` };
}

function stepSentence(generation: number, share: number): string {
  return `no harm in ${STEP_DAYS} days: generation ${generation} goes to ${share * 100} % of the episodes`;
}

/** A held rollout keeps its first finding, so that two causes of one fault are one entry; only a loss replaces another. */
function isHeldFor({ held }: Candidate, { code }: HealthFinding): boolean {
  return held !== undefined && (held.code === code || code !== 'virtual_outcomes_differ');
}

/** Returns the share of the step after a share; 1 after the last. */
export function nextShare(share: number): number {
  return STEPS.find(step => step > share) ?? 1;
}
