import * as z from 'zod';
import { Fault } from '../errors.ts';
import type { PatternKey } from '../pattern/pattern-key.ts';

/** What became of an opportunity. `missed` is read as success, `correct_skip` as failure. */
export type Outcome = 'success' | 'failure' | 'neutral';

const LEGACY_OUTCOMES: Readonly<Record<string, Outcome>> = { missed: 'success', correct_skip: 'failure' };

/** An outcome as a caller may write it, in its one form. */
export const outcomeSchema = z
  .enum(['success', 'failure', 'neutral', 'missed', 'correct_skip'])
  .transform(name => LEGACY_OUTCOMES[name] ?? (name as Outcome))
  .meta({ description: '`missed` is read as `success`, `correct_skip` as `failure`' });

/** One thing that was said about an episode's outcome. */
export interface OutcomeRevision {
  readonly outcome: Outcome;
  /** Milliseconds since 1970: when the outcome became known. */
  readonly resolvedAt: number;
  /** Whether it corrects what was said before. */
  readonly correction: boolean;
}

/** An outcome that a caller reports about one episode. */
export interface OutcomeReport {
  readonly pattern: PatternKey;
  readonly episodeId: string;
  readonly revision: OutcomeRevision;
}

/**
 * All that was said about one episode's outcome: at most one first word, and corrections.
 * A set, not a log: the same revisions in any order of arrival make the same history.
 * Sorted: first word, then corrections by their own time, ties by name.
 */
export type OutcomeHistory = readonly OutcomeRevision[];

/** More corrections of one episode than this are refused. */
export const MAX_CORRECTIONS = 15;

const before = (a: OutcomeRevision, b: OutcomeRevision): number =>
  Number(a.correction) - Number(b.correction) ||
  a.resolvedAt - b.resolvedAt ||
  (a.outcome < b.outcome ? -1 : a.outcome > b.outcome ? 1 : 0);

export interface Merge {
  readonly result: 'resolved' | 'unchanged' | 'outcome_conflict' | 'too_many_corrections';
  /** The same object when nothing entered. */
  readonly history: OutcomeHistory;
}

/**
 * Adds a revision to a history. A first word that differs from the one there is a conflict and the
 * first stays; a correction enters while there is room, and the latest by its own time is in force.
 */
export function mergeOutcome(history: OutcomeHistory, revision: OutcomeRevision): Merge {
  const first = history.find(known => !known.correction);
  if (!revision.correction && first)
    return { result: first.outcome === revision.outcome ? 'unchanged' : 'outcome_conflict', history };
  if (history.some(known => before(known, revision) === 0)) return { result: 'unchanged', history };
  if (revision.correction && history.length - (first ? 1 : 0) >= MAX_CORRECTIONS)
    return { result: 'too_many_corrections', history };
  const merged = [...history, revision].sort(before);
  const changed = outcomeAsOf(merged, Infinity) !== outcomeAsOf(history, Infinity);
  return { result: changed || !revision.correction ? 'resolved' : 'unchanged', history: merged };
}

/**
 * The outcome that was known at a moment, or none.
 * @param asOf milliseconds since 1970
 */
export function outcomeAsOf(history: OutcomeHistory, asOf: number): Outcome | undefined {
  return revisionAsOf(history, asOf)?.outcome;
}

/** What was in force of a history at a moment, or none: the outcome, and when it became known. */
export function revisionAsOf(history: OutcomeHistory, asOf: number): OutcomeRevision | undefined {
  return history.findLast(revision => revision.resolvedAt <= asOf);
}

const LETTER: Readonly<Record<Outcome, string>> = { success: 's', failure: 'f', neutral: 'n' };
const OUTCOME: Readonly<Record<string, Outcome>> = { s: 'success', f: 'failure', n: 'neutral' };

/** A history as the store keeps it: `f1737331200000,+s1737417600000`, corrections marked by a plus. */
export function formatHistory(history: OutcomeHistory): string {
  return history.map(r => `${r.correction ? '+' : ''}${LETTER[r.outcome]}${r.resolvedAt}`).join();
}

/** @throws Fault `damaged_event` when a stored text is none of ours */
export function parseHistory(text: string): OutcomeHistory {
  const history = text.split(',').map(parseRevision);
  for (let i = 1; i < history.length; i++) {
    const [earlier, later] = [history[i - 1], history[i]];
    if (earlier && later && (before(earlier, later) >= 0 || !later.correction))
      throw new Fault('damaged_event', 'a stored outcome is out of order');
  }
  return history;
}

function parseRevision(text: string): OutcomeRevision {
  const [, plus, letter = '', at] = REVISION.exec(text) ?? [];
  const outcome = OUTCOME[letter];
  if (!outcome) throw new Fault('damaged_event', 'a stored outcome is unreadable');
  return { outcome, resolvedAt: Number(at), correction: plus === '+' };
}

const REVISION = /^(\+?)([sfn])(\d{1,16})$/;
