import type { Candidate } from '../../generation/candidate.ts';
import { RETRY_DAYS, triedBefore } from '../../generation/change-candidate.ts';
import type { Change } from '../../generation/generation.ts';
import type { Head } from '../../generation/head.ts';
import { NEW_HEAD } from '../../generation/head.ts';
import type { GenerationStores } from '../../generation/ports.ts';
import { servesOverrides } from '../../generation/served.ts';
import type { PatternKey } from '../../pattern/pattern-key.ts';
import type { Reason } from '../../reason.ts';
import type { CycleRun, MinedPattern } from '../cycle.ts';

/** Returns whether the caller of a run ordered its publication, with a reason. */
export function isOrdered({ publish, reason }: CycleRun): boolean {
  return publish && reason !== undefined;
}

/**
 * Returns whether a result has to be tried before it is in force: when look-ups would get something else, and no operator
 * ordered it. A result without overrides needs no trial, because it is the base thresholds; it waits for a candidate. A halt
 * needs none either: it protects every episode, and the test of a candidate does not see it.
 */
export function needsRollout(cycle: CycleRun, mined: MinedPattern, head: Head | undefined): boolean {
  const isSomething = mined.overrides.rows > 0 || head?.candidate !== undefined;
  const isServed = head === undefined || servesOverrides(head.mode);
  return (
    mined.guarded?.differs === true && isServed && !isOrdered(cycle) && isSomething && !halts(mined, head)
  );
}

/** Returns whether a result halts entries that are open now. */
function halts({ entries }: MinedPattern, head: Head | undefined): boolean {
  return entries === 'halted' && head?.current?.entries !== 'halted';
}

/** Returns what keeps a result from being tried: another one that is, or its own failure some days ago. */
export function pinnedOrTried(
  { guarded }: MinedPattern,
  head: Head | undefined,
  isTried: boolean,
  now: number,
): { readonly status: 'held'; readonly reason: Reason } | undefined {
  if (!guarded || !isTried) return undefined;
  const { candidate } = head ?? {};
  if (candidate) {
    const { generation } = candidate.generation;
    const text = `generation ${generation} is tried on ${candidate.share * 100} % of the episodes until it is decided`;
    return { status: 'held', reason: { code: 'candidate_pinned', text } };
  }
  const before = triedBefore(head, guarded.moves, now);
  if (before === undefined) return undefined;
  const text = `generation ${before} had the same overrides and was not promoted: they are tried again after ${RETRY_DAYS} days`;
  return { status: 'held', reason: { code: 'candidate_tried_before', text } };
}

/** Returns the sentence about a candidate that a run has made. */
export function candidateStarted({ generation: { generation }, share }: Candidate): Reason {
  const text = `generation ${generation} is tried on ${share * 100} % of the episodes from now on`;
  return { code: 'candidate_started', text };
}

/** Records a new candidate and writes it into the head. @returns false when another writer changed the head first */
export async function startRollout(
  { heads, changes }: Pick<GenerationStores, 'heads' | 'changes'>,
  pattern: PatternKey,
  cycle: CycleRun,
  head: Head | undefined,
  candidate: Candidate,
): Promise<boolean> {
  const { generation } = candidate.generation;
  const last_change: Change = {
    who: cycle.who,
    at: candidate.started_at,
    what: 'rollout',
    rollout: 'started',
    generation,
    why: `cycle ${cycle.cycle_id}: ${candidateStarted(candidate).text}`,
  };
  await changes.audit(pattern, last_change);
  const before = head ?? NEW_HEAD;
  const next: Head = { ...before, version: before.version + 1, latest: generation, candidate, last_change };
  if (await heads.replaceHead(pattern, next)) return true;
  return (await heads.head(pattern))?.candidate?.generation.cycle_id === cycle.cycle_id;
}
