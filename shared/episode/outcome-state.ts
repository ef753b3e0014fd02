import type { Factors } from './factors.ts';
import type { LateFactors, Origin } from './late-factors.ts';
import { joinFactors } from './late-factors.ts';
import type { OutcomeHistory, OutcomeRevision } from './outcome.ts';
import { mergeOutcome } from './outcome.ts';

/** The outcome state of one row: a window, or an episode that is logged once. */
export interface OutcomeState {
  readonly history: OutcomeHistory;
  readonly late: LateFactors;
  /** True if the history is that of the episode, which the row's own outcome replaces. */
  readonly isInherited: boolean;
}

export const NO_OUTCOME: OutcomeState = { history: [], late: new Map(), isInherited: false };

/** One outcome with the factors that became known with it. */
export interface OutcomeChange {
  readonly revision: OutcomeRevision;
  readonly factors: Factors;
}

/** The event of a row. */
interface RowEvent {
  readonly timestamp: number;
  readonly factors: Factors;
}

export type ChangeResult =
  | 'resolved'
  | 'unchanged'
  | 'outcome_conflict'
  | 'too_many_corrections'
  | 'factor_conflict'
  | 'outcome_before_event'
  | 'not_your_episode';

interface StateMerge {
  readonly result: ChangeResult;
  /** The same object when nothing was added. */
  readonly state: OutcomeState;
}

/**
 * Adds an outcome to the state of a row. Outcome and factors are added together or not at all.
 * @param origin `episode` for an outcome of the whole episode that reaches one of its windows
 * @param event undefined while the event is not stored; then its factors and its time cannot conflict
 */
export function mergeChange(
  state: OutcomeState,
  change: OutcomeChange,
  origin: Origin,
  event: RowEvent | undefined,
): StateMerge {
  const refuse = (result: ChangeResult): StateMerge => ({ result, state });
  const revision = event ? notBefore(change.revision, event.timestamp) : change.revision;
  if (!revision) return refuse('outcome_before_event');
  const outcome = mergeOrigin(state, revision, origin);
  if (outcome.result !== 'resolved' && outcome.result !== 'unchanged') return refuse(outcome.result);
  const { resolvedAt: at, correction } = change.revision;
  const late = joinFactors(state.late, { factors: change.factors, at, correction, origin }, event?.factors);
  if (!late) return refuse('factor_conflict');
  const { history, isInherited } = outcome;
  const isSame = history === state.history && late === state.late && isInherited === state.isInherited;
  return {
    result: late === state.late ? outcome.result : 'resolved',
    state: isSame ? state : { history, late, isInherited },
  };
}

/**
 * Returns the revision for an event of that time: a time that the service derived moves to the event's, any other
 * before it makes the revision invalid, hence undefined.
 */
function notBefore(revision: OutcomeRevision, timestamp: number): OutcomeRevision | undefined {
  if (revision.resolvedAt >= timestamp) return revision;
  return revision.assumed === 'derived' ? { ...revision, resolvedAt: timestamp } : undefined;
}

interface OriginMerge {
  readonly result: ChangeResult;
  readonly history: OutcomeHistory;
  readonly isInherited: boolean;
}

/** Adds a revision to the history that its origin owns: a row's own outcome counts over that of its episode. */
function mergeOrigin(state: OutcomeState, revision: OutcomeRevision, origin: Origin): OriginMerge {
  const { history, isInherited } = state;
  const isOwn = origin === 'own';
  if (!isOwn && history.length > 0 && !isInherited) return { result: 'unchanged', history, isInherited };
  if (isOwn && isInherited) return { ...mergeOutcome([], revision), isInherited: false };
  return { ...mergeOutcome(history, revision), isInherited: !isOwn };
}

/**
 * Returns the outcomes that make a state, in their order. Merging them into another state merges this one into it.
 * A late factor belongs to the correction of its time; factors of no correction belong to the initial outcome.
 */
export function changesOf({ history, late }: OutcomeState): OutcomeChange[] {
  const hasInitial = history.some(({ correction }) => !correction);
  return history.map((revision, i) => {
    const isFirst = hasInitial ? !revision.correction : i === 0;
    const factors = [...late].filter(([, factor]) =>
      factor.correction ? revision.correction && factor.at === revision.resolvedAt : isFirst,
    );
    return { revision, factors: Object.fromEntries(factors.map(([name, { value }]) => [name, value])) };
  });
}
