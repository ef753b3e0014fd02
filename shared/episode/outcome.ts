import * as z from 'zod';
import { Fault } from '../errors.ts';
import type { PatternKey } from '../pattern/pattern-key.ts';
import type { Factors } from './factors.ts';
import { newerFormat } from './newer-format.ts';
import type { Writer } from './writer.ts';
import { formatWriter, parseWriter } from './writer.ts';

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
  /** Absent in outcomes that were stored before writers were kept. */
  readonly writer?: Writer;
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
 * The initial outcome comes first, then corrections by `resolvedAt`; equal times by the name of the outcome, then by
 * the return.
 */
export type OutcomeHistory = readonly OutcomeRevision[];

/** Maximum number of corrections of one episode by its bot, and again by operators. */
export const MAX_CORRECTIONS = 15;

const inHistoryOrder = (a: OutcomeRevision, b: OutcomeRevision): number =>
  Number(a.correction) - Number(b.correction) ||
  a.resolvedAt - b.resolvedAt ||
  (a.outcome < b.outcome ? -1 : a.outcome > b.outcome ? 1 : 0) ||
  // A revision without a return precedes those with one.
  (a.return ?? -Infinity) - (b.return ?? -Infinity) ||
  0;

interface Merge {
  readonly result: 'resolved' | 'unchanged' | 'outcome_conflict' | 'too_many_corrections';
  /** The same object when nothing was added. */
  readonly history: OutcomeHistory;
}

/**
 * Adds a revision to a history.
 * - The first initial outcome is final: another outcome or another return is a conflict, the same is `unchanged`.
 * - A known time of the same initial outcome replaces an assumed one, and a return joins one that lacks it.
 * - A correction is added while there are fewer than `MAX_CORRECTIONS`. The one with the latest `resolvedAt` counts.
 * - A correction of an operator always finds room: of those the `MAX_CORRECTIONS` latest stay.
 */
export function mergeOutcome(history: OutcomeHistory, revision: OutcomeRevision): Merge {
  const initial = history.find(known => !known.correction);
  if (!revision.correction && initial) return mergeInitial(history, initial, revision);
  const equal = history.find(known => inHistoryOrder(known, revision) === 0);
  if (equal && (!equal.assumed || revision.assumed)) return { result: 'unchanged', history };
  const others = history.filter(known => known !== equal);
  const isOperators = revision.writer?.isOperator ?? false;
  const rivals = others.filter(known => known.correction && isByOperator(known) === isOperators);
  const isFull = revision.correction && rivals.length >= MAX_CORRECTIONS;
  if (isFull && !isOperators) return { result: 'too_many_corrections', history };
  const earliest = [...rivals, revision].sort(inHistoryOrder)[0];
  if (isFull && earliest === revision) return { result: 'unchanged', history };
  const kept = isFull ? others.filter(known => known !== earliest) : others;
  const merged = [...kept, revision].sort(inHistoryOrder);
  const changed =
    !revision.correction ||
    !isSameOutcome(revisionAsOf(merged, Infinity), revisionAsOf(history, Infinity)) ||
    (!revision.assumed && history.some(known => known.assumed && isSameOutcome(known, revision)));
  return { result: changed ? 'resolved' : 'unchanged', history: merged };
}

const isByOperator = ({ writer }: OutcomeRevision): boolean => writer?.isOperator ?? false;

function mergeInitial(history: OutcomeHistory, initial: OutcomeRevision, repeat: OutcomeRevision): Merge {
  const isOtherReturn =
    initial.return !== undefined && repeat.return !== undefined && initial.return !== repeat.return;
  if (initial.outcome !== repeat.outcome || isOtherReturn) return { result: 'outcome_conflict', history };
  const replacesTime = initial.assumed !== undefined && repeat.assumed === undefined;
  const addsReturn = initial.return === undefined && repeat.return !== undefined;
  if (!replacesTime && !addsReturn) return { result: 'unchanged', history };
  const { assumed } = initial;
  const joined: OutcomeRevision = {
    outcome: initial.outcome,
    resolvedAt: replacesTime ? repeat.resolvedAt : initial.resolvedAt,
    correction: false,
    ...(assumed && !replacesTime && { assumed }),
    ...returnOf(initial.return ?? repeat.return),
    ...(initial.writer && { writer: initial.writer }),
  };
  return { result: 'resolved', history: history.map(known => (known === initial ? joined : known)) };
}

function isSameOutcome(a: OutcomeRevision | undefined, b: OutcomeRevision | undefined): boolean {
  return a?.outcome === b?.outcome && a?.return === b?.return;
}

const returnOf = (value: number | undefined): { return?: number } =>
  value === undefined ? {} : { return: value };

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
 * The stored text of a history: revisions separated by commas, for example `f1737331200000,+s1737417600000`.
 * A revision is `+` for a correction, then a letter for the outcome, then the milliseconds since 1970.
 *
 * Format 2 begins with `v2:`, for example `v2:f1737331200000?r-1.04`. After the time of a revision may follow:
 *   `~` for an assumed time that was sent, `?` for one that the service derived
 *   `r` and the return
 *   the writer, see `writer.ts`
 * A text is written in format 1, without a mark, when no revision has any. So an unchanged history keeps its text.
 */
const HISTORY_FORMAT = 2;
const VERSION_MARK = /^v(\d{1,6}):/;
const REVISIONS = [
  /^(\+?)([sfn])(\d{1,16})$/,
  /^(\+?)([sfn])(\d{1,16})([~?]?)(?:r(-?[\d.e+-]{1,32}))?([wW][0-9a-z]{1,7})?$/,
] as const;
const LETTER: Readonly<Record<Outcome, string>> = { success: 's', failure: 'f', neutral: 'n' };
const OUTCOME: Readonly<Record<string, Outcome>> = { s: 'success', f: 'failure', n: 'neutral' };
const ASSUMED_MARK = { sent: '~', derived: '?' } as const;

/** Returns the stored text of a history. */
export function formatHistory(history: OutcomeHistory): string {
  const isFormat2 = history.some(r => r.assumed || r.return !== undefined || r.writer);
  return `${isFormat2 ? 'v2:' : ''}${history.map(formatRevision).join()}`;
}

function formatRevision(revision: OutcomeRevision): string {
  const { outcome, resolvedAt, correction, assumed } = revision;
  const mark = assumed ? ASSUMED_MARK[assumed] : '';
  const result = revision.return === undefined ? '' : `r${revision.return}`;
  const writer = revision.writer ? formatWriter(revision.writer) : '';
  return `${correction ? '+' : ''}${LETTER[outcome]}${resolvedAt}${mark}${result}${writer}`;
}

/** Reads a stored history. @throws Fault `damaged_event` when the text is invalid or of a newer format */
export function parseHistory(text: string): OutcomeHistory {
  const [mark = '', version = '1'] = VERSION_MARK.exec(text) ?? [];
  if (Number(version) > HISTORY_FORMAT)
    throw newerFormat('a stored outcome', Number(version), HISTORY_FORMAT);
  const pattern = version === '2' ? REVISIONS[1] : REVISIONS[0];
  const history = text
    .slice(version === '2' ? mark.length : 0)
    .split(',')
    .map(revision => parseRevision(revision, pattern));
  for (let i = 1; i < history.length; i++) {
    const [earlier, later] = [history[i - 1], history[i]];
    if (earlier && later && (inHistoryOrder(earlier, later) >= 0 || !later.correction))
      throw new Fault('damaged_event', 'a stored outcome is out of order');
  }
  return history;
}

function parseRevision(text: string, pattern: RegExp): OutcomeRevision {
  const [, plus, letter = '', at, mark, result, by] = pattern.exec(text) ?? [];
  const outcome = OUTCOME[letter];
  const returned = result === undefined ? undefined : Number(result);
  const writer = parseWriter(by);
  if (!outcome || (returned !== undefined && !Number.isFinite(returned)))
    throw new Fault('damaged_event', 'a stored outcome is unreadable');
  return {
    outcome,
    resolvedAt: Number(at),
    correction: plus === '+',
    ...(mark && { assumed: mark === '~' ? 'sent' : 'derived' }),
    ...returnOf(returned),
    ...(writer && { writer }),
  };
}
