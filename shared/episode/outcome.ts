import * as z from 'zod';
import { Fault } from '../errors.ts';
import type { PatternKey } from '../pattern/pattern-key.ts';
import type { Factors } from './factors.ts';
import { newerFormat } from './newer-format.ts';

/** The outcome of an opportunity: it would have paid, it would have lost, or neither. */
export type Outcome = 'success' | 'failure' | 'neutral';

const LEGACY_OUTCOMES: Readonly<Record<string, Outcome>> = { missed: 'success', correct_skip: 'failure' };

/** An outcome as a caller may write it; older names are replaced. */
export const outcomeSchema = z
  .enum(['success', 'failure', 'neutral', 'missed', 'correct_skip'])
  .transform(name => LEGACY_OUTCOMES[name] ?? (name as Outcome))
  .meta({ description: '`missed` is read as `success`, `correct_skip` as `failure`' });

/** One report about an episode's outcome: the initial outcome, or a correction. */
export interface OutcomeRevision {
  readonly outcome: Outcome;
  /** Milliseconds since 1970: when the outcome became known. */
  readonly resolvedAt: number;
  /** True if it replaces the outcome that was reported before. */
  readonly correction: boolean;
  /**
   * Present if the time is assumed: `sent` by a caller that says so, or `derived` by the service from the receipt or
   * the event's time.
   */
  readonly assumed?: 'sent' | 'derived';
  /** Result in R (the planned loss is 1), net of costs. */
  readonly return?: number;
}

/** An outcome that a caller reports about one episode, or about one of its windows. */
export interface OutcomeReport {
  readonly pattern: PatternKey;
  readonly episodeId: string;
  /** Undefined for an outcome of the episode, which holds for each of its windows. */
  readonly window: string | undefined;
  readonly revision: OutcomeRevision;
  /** Factors that became known with the outcome. */
  readonly factors: Factors;
}

/**
 * All reports about one episode's outcome: at most one initial outcome, and corrections.
 * A history is a set and not a log: the same revisions make the same history in any order of arrival.
 * The initial outcome comes first, then corrections by `resolvedAt`; equal times by the name of the outcome.
 */
export type OutcomeHistory = readonly OutcomeRevision[];

/** Maximum number of corrections of one episode. */
export const MAX_CORRECTIONS = 15;

const inHistoryOrder = (a: OutcomeRevision, b: OutcomeRevision): number =>
  Number(a.correction) - Number(b.correction) ||
  a.resolvedAt - b.resolvedAt ||
  (a.outcome < b.outcome ? -1 : a.outcome > b.outcome ? 1 : 0);

interface Merge {
  readonly result: 'resolved' | 'unchanged' | 'outcome_conflict' | 'too_many_corrections';
  /** The same object when nothing was added. */
  readonly history: OutcomeHistory;
}

/**
 * Adds a revision to a history.
 * - The first initial outcome is final: a different one is a conflict, an equal one is `unchanged`.
 * - A correction is added while there are fewer than `MAX_CORRECTIONS`. The one with the latest `resolvedAt` counts.
 */
export function mergeOutcome(history: OutcomeHistory, revision: OutcomeRevision): Merge {
  const initial = history.find(known => !known.correction);
  if (!revision.correction && initial)
    return { result: initial.outcome === revision.outcome ? 'unchanged' : 'outcome_conflict', history };
  if (history.some(known => inHistoryOrder(known, revision) === 0)) return { result: 'unchanged', history };
  if (revision.correction && history.length - (initial ? 1 : 0) >= MAX_CORRECTIONS)
    return { result: 'too_many_corrections', history };
  const merged = [...history, revision].sort(inHistoryOrder);
  const changed = outcomeAsOf(merged, Infinity) !== outcomeAsOf(history, Infinity);
  return { result: changed || !revision.correction ? 'resolved' : 'unchanged', history: merged };
}

/**
 * Returns the outcome that was known at a moment; undefined if none was.
 * @param asOf milliseconds since 1970
 */
export function outcomeAsOf(history: OutcomeHistory, asOf: number): Outcome | undefined {
  return revisionAsOf(history, asOf)?.outcome;
}

/** Returns the revision that was in force at a moment; undefined if none was known. */
export function revisionAsOf(history: OutcomeHistory, asOf: number): OutcomeRevision | undefined {
  return history.findLast(revision => revision.resolvedAt <= asOf);
}

/*
 * The stored text of a history, format 1: revisions separated by commas, for example `f1737331200000,+s1737417600000`.
 * A revision is `+` for a correction, then a letter for the outcome, then the milliseconds since 1970.
 * Format 1 carries no mark. A later format begins with its version and a colon: `v2:…`.
 */
const HISTORY_FORMAT = 1;
const VERSION_MARK = /^v(\d{1,6}):/;
const REVISION = /^(\+?)([sfn])(\d{1,16})$/;
const LETTER: Readonly<Record<Outcome, string>> = { success: 's', failure: 'f', neutral: 'n' };
const OUTCOME: Readonly<Record<string, Outcome>> = { s: 'success', f: 'failure', n: 'neutral' };

/** Returns the stored text of a history. */
export function formatHistory(history: OutcomeHistory): string {
  return history.map(r => `${r.correction ? '+' : ''}${LETTER[r.outcome]}${r.resolvedAt}`).join();
}

/** Reads a stored history. @throws Fault `damaged_event` when the text is invalid or of a newer format */
export function parseHistory(text: string): OutcomeHistory {
  const version = Number(VERSION_MARK.exec(text)?.[1] ?? HISTORY_FORMAT);
  if (version > HISTORY_FORMAT) throw newerFormat('a stored outcome', version, HISTORY_FORMAT);
  const history = text.split(',').map(parseRevision);
  for (let i = 1; i < history.length; i++) {
    const [earlier, later] = [history[i - 1], history[i]];
    if (earlier && later && (inHistoryOrder(earlier, later) >= 0 || !later.correction))
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
