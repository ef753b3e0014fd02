import * as z from 'zod';
import { Fault } from '../errors.ts';

/** What became of an opportunity. `missed` is read as success, `correct_skip` as failure. */
export type Outcome = 'success' | 'failure' | 'neutral';

const OLD_NAMES: Readonly<Record<string, Outcome>> = { missed: 'success', correct_skip: 'failure' };

/** An outcome as a caller may write it, in its one form. */
export const outcomeSchema = z
  .enum(['success', 'failure', 'neutral', 'missed', 'correct_skip'])
  .transform(name => OLD_NAMES[name] ?? (name as Outcome))
  .meta({ description: '`missed` is read as `success`, `correct_skip` as `failure`' });

/** One thing that was said about an episode's outcome. */
export interface OutcomeRevision {
  readonly outcome: Outcome;
  /** Milliseconds since 1970: when the outcome became known. */
  readonly resolvedAt: number;
  /** Whether it corrects what was said before. */
  readonly correction: boolean;
}

/**
 * All that was said about one episode's outcome: at most one first word, and corrections.
 * A set, not a log: the same revisions in any order of arrival make the same history.
 * Sorted: first word, then corrections by their own time, ties by name.
 */
export type OutcomeHistory = readonly OutcomeRevision[];

/** More corrections of one episode than this are refused. */
export const MAX_REVISIONS = 16;

const before = (a: OutcomeRevision, b: OutcomeRevision): number =>
  Number(a.correction) - Number(b.correction) ||
  a.resolvedAt - b.resolvedAt ||
  (a.outcome < b.outcome ? -1 : a.outcome > b.outcome ? 1 : 0);

export type Merge =
  | { readonly result: 'resolved' | 'unchanged'; readonly history: OutcomeHistory }
  | { readonly result: 'outcome_conflict'; readonly history: OutcomeHistory };

/**
 * Adds a revision to a history. A first word that differs from the one there is a conflict and the
 * first stays; a correction always enters, and the latest by its own time is in force.
 * @throws Fault `too_many_corrections`
 */
export function mergeOutcome(history: OutcomeHistory, revision: OutcomeRevision): Merge {
  const first = history.find(known => !known.correction);
  if (!revision.correction && first)
    return { result: first.outcome === revision.outcome ? 'unchanged' : 'outcome_conflict', history };
  if (history.some(known => before(known, revision) === 0)) return { result: 'unchanged', history };
  if (history.length >= MAX_REVISIONS)
    throw new Fault('too_many_corrections', `an outcome takes at most ${MAX_REVISIONS - 1} corrections`);
  const merged = [...history, revision].sort(before);
  const changed = outcomeAsOf(merged, Infinity) !== outcomeAsOf(history, Infinity);
  return { result: changed || !revision.correction ? 'resolved' : 'unchanged', history: merged };
}

/**
 * The outcome that was known at a moment, or none.
 * @param asOf milliseconds since 1970
 */
export function outcomeAsOf(history: OutcomeHistory, asOf: number): Outcome | undefined {
  return history.findLast(revision => revision.resolvedAt <= asOf)?.outcome;
}

const LETTER: Readonly<Record<Outcome, string>> = { success: 's', failure: 'f', neutral: 'n' };
const OUTCOME: Readonly<Record<string, Outcome>> = { s: 'success', f: 'failure', n: 'neutral' };

/** A history as the store keeps it: `f1737331200000,+s1737417600000`, corrections marked by a plus. */
export function formatHistory(history: OutcomeHistory): string {
  return history.map(r => `${r.correction ? '+' : ''}${LETTER[r.outcome]}${r.resolvedAt}`).join();
}

/** @throws Fault `damaged_event` when a stored text is none of ours */
export function parseHistory(text: string): OutcomeHistory {
  return text.split(',').map(part => {
    const correction = part.startsWith('+');
    const at = correction ? 1 : 0;
    const outcome = OUTCOME[part.charAt(at)];
    const resolvedAt = Number(part.slice(at + 1));
    if (!outcome || !Number.isInteger(resolvedAt))
      throw new Fault('damaged_event', 'a stored outcome is unreadable');
    return { outcome, resolvedAt, correction };
  });
}
