import type { Candidate } from '../generation/candidate.ts';
import { newCandidate } from '../generation/change-candidate.ts';
import type { Change, Generation } from '../generation/generation.ts';
import type { Head } from '../generation/head.ts';
import type { GenerationStores } from '../generation/ports.ts';
import { renewIfDue } from '../generation/retention.ts';
import { withServed } from '../generation/served.ts';
import { STEPS } from '../guard/rollout/decide-rollout.ts';
import { shortHash } from '../hash.ts';
import { DEFAULT_RESOLUTION } from '../override/override.ts';
import type { PatternKey } from '../pattern/pattern-key.ts';
import type { Reason } from '../reason.ts';
import { joinReasons } from '../reason.ts';
import type { CycleRun, MinedPattern, PatternRun } from './cycle.ts';
import { damagedGeneration } from './damaged-generation.ts';
import {
  candidateStarted,
  isOrdered,
  needsRollout,
  pinnedOrTried,
  startRollout,
} from './rollout/start-rollout.ts';

const YIELDED: Reason = {
  code: 'changed_meanwhile',
  text: 'another run or an operator changed the pattern meanwhile',
};

/**
 * Compares a mined result with the head of its pattern and, if it is new, puts it in force with one conditional write.
 * A trial stops after the comparison. The row sets must be stored before. A crash in between leaves rows that nothing
 * points to; they expire.
 * @param head the head as read just before; the pattern yields if the result was computed against another version
 */
export async function publishPattern(
  stores: GenerationStores,
  pattern: PatternKey,
  cycle: CycleRun,
  mined: MinedPattern,
  head: Head | undefined,
): Promise<PatternRun> {
  const current = head?.current;
  const inForce = current?.generation ?? 0;
  const entry = runEntry(mined, inForce);
  const summary = summaryOf(mined);
  const isEmpty = mined.lessons.rows === 0;
  const isNew = current ? !sameContent(current, mined) : !isEmpty;
  const isTried = isNew && needsRollout(cycle, mined, head);
  const obstacle = obstacleTo(cycle, mined, head, isNew) ?? pinnedOrTried(mined, head, isTried, stores.now());
  if (cycle.trial)
    return entry('computed', {
      would_publish: isNew && obstacle?.status !== 'frozen',
      reason: joinReasons([obstacle?.reason, summary].filter(reason => reason !== undefined)),
    });
  // This call is a retry after a lost response: the cycle has already made the candidate.
  if (head?.candidate?.generation.cycle_id === cycle.cycle_id)
    return entry('held', { reason: candidateStarted(head.candidate) });
  // This call is such a retry, too: the cycle has already published.
  if (current?.cycle_id === cycle.cycle_id && !isNew)
    return entry(isEmpty ? 'too_few_events' : 'published', { published: true, reason: summary });
  if ((head?.version ?? 0) !== mined.head_version) return entry('yielded', { reason: YIELDED });
  if (head && obstacle) {
    await saveRenewal(stores, pattern, head, current && (await renewIfDue(stores, pattern, current)));
    return entry(obstacle.status, { would_publish: obstacle.status === 'held', reason: obstacle.reason });
  }
  if (!isNew) {
    // The step before has renewed the row sets that were due.
    if (head) await saveRenewal(stores, pattern, head, current && withSets(current, mined));
    return entry(isEmpty ? 'too_few_events' : 'unchanged', { reason: summary });
  }
  const generation = newGeneration(stores, cycle, mined, (head?.latest ?? 0) + 1);
  if (isTried && mined.guarded) {
    const candidate = newCandidate(pattern, generation, mined.guarded.moves, STEPS[0]);
    if (!(await startRollout(stores, pattern, cycle, head, candidate)))
      return entry('yielded', { reason: YIELDED });
    return entry('held', { reason: candidateStarted(candidate) });
  }
  const goesOn = mined.guarded && !mined.guarded.differs && !isOrdered(cycle);
  const candidate = goesOn ? head?.candidate : undefined;
  if (!(await putInForce(stores, pattern, cycle, head, { generation, candidate })))
    return entry('yielded', { reason: YIELDED });
  return entry(isEmpty ? 'too_few_events' : 'published', {
    generation: generation.generation,
    published: true,
    reason: summary,
  });
}

/** Returns what keeps a result from being published: the mode, or a jump that waits for an operator. */
function obstacleTo(
  cycle: CycleRun,
  mined: MinedPattern,
  head: Head | undefined,
  isNew: boolean,
): { readonly status: 'frozen' | 'held'; readonly reason: Reason } | undefined {
  if (head?.mode === 'frozen') {
    const text = `an operator froze the pattern: ${head.last_change.why}`;
    return { status: 'frozen', reason: { code: 'frozen_by_operator', text } };
  }
  if (!isNew || mined.held === undefined || isOrdered(cycle)) return undefined;
  return { status: 'held', reason: { code: 'held_for_jump', text: mined.held } };
}

interface EntryFields {
  /** In force after the run; by default what was in force before it. */
  readonly generation?: number;
  readonly published?: boolean;
  readonly would_publish?: boolean;
  readonly reason?: Reason | undefined;
}

/** Returns what a run reports about a pattern: its shortfall of events and the remark of the policy. */
function summaryOf({ shortfall, shortfall_code, note, note_code }: MinedPattern): Reason | undefined {
  return joinReasons([
    // Results without codes come from a step of an older version.
    ...(shortfall === undefined
      ? []
      : [{ code: shortfall_code ?? 'too_few_events', text: shortfall } as const]),
    ...(note === undefined ? [] : [{ code: note_code ?? 'nothing_proven', text: note } as const]),
  ]);
}

/** Returns a function that makes the pattern's entry in the record of the run. */
function runEntry(mined: MinedPattern, inForce: number) {
  return (
    status: PatternRun['status'],
    { generation = inForce, published = false, would_publish = published, reason }: EntryFields,
  ): PatternRun => ({
    pattern_key: mined.pattern_key,
    status,
    events_read: mined.events_read,
    lessons: mined.lessons.rows,
    overrides: mined.overrides.rows,
    generation,
    published,
    would_publish,
    ...(mined.changes && { changes: mined.changes }),
    ...(reason && { reason: reason.text, reason_code: reason.code }),
    ...(mined.cut && { cut: mined.cut }),
    ...(mined.evidence.length > 0 && { evidence: mined.evidence }),
    warnings:
      generation === inForce && status !== 'yielded'
        ? [...damagedGeneration(mined, inForce), ...mined.warnings]
        : mined.warnings,
  });
}

/**
 * Archives the generation in force, records the publication and writes the new head. The record comes first, so that no
 * generation is in force without one; it stays when another writer comes first.
 * @param next.candidate a candidate that goes on: what look-ups get of control is the same
 * @returns false when another writer changed the head first
 */
async function putInForce(
  { heads, changes, now }: Pick<GenerationStores, 'heads' | 'changes' | 'now'>,
  pattern: PatternKey,
  cycle: CycleRun,
  head: Head | undefined,
  { generation, candidate }: { readonly generation: Generation; readonly candidate: Candidate | undefined },
): Promise<boolean> {
  if (head?.current) await heads.archive(pattern, head.current);
  const ended = candidate ? undefined : head?.candidate?.generation.generation;
  const why = cycle.reason === undefined ? '' : `: ${cycle.reason}`;
  const last_change: Change = {
    who: cycle.who,
    at: new Date(now()).toISOString(),
    what: 'publish',
    why: `cycle ${cycle.cycle_id}${why}${ended === undefined ? '' : `; the rollout of generation ${ended} ends`}`,
  };
  const { generation: number, as_of, lookback_days, n_min, policy, payoff } = generation;
  const published = {
    ...last_change,
    generation: number,
    settings: { as_of, lookback_days, n_min, policy, payoff },
  };
  await changes[cycle.reason === undefined ? 'list' : 'audit'](pattern, published);
  const next = withServed(head, nextHead(head, { generation, candidate }, last_change), now());
  if (await heads.replaceHead(pattern, next)) return true;
  // The condition also fails when the write was applied, its response was lost and the client retried.
  return (await heads.head(pattern))?.current?.cycle_id === generation.cycle_id;
}

/** Returns the generation with the mined sets; the same object when no set was renewed. */
function withSets(current: Generation, { lessons, overrides, score }: MinedPattern): Generation {
  const same =
    lessons.kept_until === current.lessons.kept_until &&
    overrides.kept_until === current.overrides.kept_until &&
    score?.kept_until === current.score?.kept_until;
  return same ? current : { ...current, lessons, overrides, ...(score && { score }) };
}

function sameContent(current: Generation, mined: MinedPattern): boolean {
  return (
    current.lessons.id === mined.lessons.id &&
    current.overrides.id === mined.overrides.id &&
    current.score?.id === mined.score?.id &&
    current.policy === mined.policy &&
    (current.entries ?? 'open') === mined.entries &&
    // Drift does not read payoffs.
    (mined.policy === 'drift' ||
      (current.payoff?.win === mined.payoff.win && current.payoff.loss === mined.payoff.loss))
  );
}

function newGeneration(
  { now }: Pick<GenerationStores, 'now'>,
  cycle: CycleRun,
  mined: MinedPattern,
  generation: number,
): Generation {
  return {
    generation,
    hash: shortHash(
      [mined.lessons.id, mined.overrides.id, ...(mined.score ? [mined.score.id] : [])].join(' '),
    ),
    cycle_id: cycle.cycle_id,
    as_of: cycle.as_of,
    lookback_days: mined.lookback_days,
    n_min: mined.n_min,
    policy: mined.policy,
    payoff: mined.payoff,
    resolution: DEFAULT_RESOLUTION[mined.policy],
    events_read: mined.events_read,
    lessons: mined.lessons,
    overrides: mined.overrides,
    ...(mined.score && { score: mined.score }),
    published_at: new Date(now()).toISOString(),
    entries: mined.entries,
    ...(mined.entries_reason !== undefined && { entries_reason: mined.entries_reason }),
    ...(mined.cut && { cut: mined.cut }),
    ...(mined.note && { note: mined.note }),
    ...(mined.note_code && { reason_code: mined.note_code }),
    ...(mined.evidence.length > 0 && { evidence: mined.evidence }),
  };
}

function nextHead(
  head: Head | undefined,
  { generation, candidate }: { readonly generation: Generation; readonly candidate: Candidate | undefined },
  last_change: Change,
): Head {
  return {
    version: (head?.version ?? 0) + 1,
    mode: head?.mode ?? 'live',
    settings: head?.settings ?? {},
    latest: generation.generation,
    current: generation,
    ...(candidate && { candidate }),
    last_change,
    ...(head?.tried && { tried: head.tried }),
    ...(head?.served && { served: head.served }),
  };
}

/**
 * Writes new expiry dates into the head: of a generation that stays in force, and of a candidate. A failed condition needs no retry: the
 * rows already live longer than the head states, and a later run renews them again when they are due by its dates.
 */
async function saveRenewal(
  stores: GenerationStores,
  pattern: PatternKey,
  head: Head,
  renewed: Generation | undefined,
): Promise<void> {
  const { candidate } = head;
  const tried = candidate && (await renewIfDue(stores, pattern, candidate.generation));
  if (renewed === head.current && tried === candidate?.generation) return;
  await stores.heads.replaceHead(pattern, {
    ...head,
    version: head.version + 1,
    ...(renewed && { current: renewed }),
    ...(candidate && tried && { candidate: { ...candidate, generation: tried } }),
  });
}
