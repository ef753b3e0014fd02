import type { Context, Hono } from 'hono';
import * as z from 'zod';
import type { Episode } from '../../episode/episode.ts';
import { MAX_EVENT_BYTES, readOutcomeReport } from '../../episode/episode-schema.ts';
import type { EpisodeStore } from '../../episode/episode-store.ts';
import type { OutcomeReport } from '../../episode/outcome.ts';
import type { Sender } from '../../episode/writer.ts';
import { LOCAL } from '../../episode/writer.ts';
import type { FaultCode, FaultIssue } from '../../errors.ts';
import { Fault } from '../../errors.ts';
import { isObject } from '../../json.ts';
import { readEvent } from '../../lever/read-event.ts';
import { nearestName } from '../../suggestion.ts';
import { parse } from '../../validation.ts';
import type { MisspeltFactorRecorder } from '../../warning/misspelt-factor-recorder.ts';
import { addRoute, answerProblem, readJson } from '../app.ts';
import { senderOf } from '../caller.ts';
import { ENDPOINTS, MAX_ITEMS } from '../endpoints.ts';

interface IngestDeps {
  readonly episodes: EpisodeStore;
  readonly now: () => number;
  /** Of it, the names of callers with IAM signatures that are operators. */
  readonly config: { readonly operators: readonly string[] };
  readonly misspeltFactors: MisspeltFactorRecorder;
}

interface Rejection {
  readonly index: number;
  readonly episode_id?: string;
  readonly code: FaultCode;
  readonly detail: string;
}

/** Once an answer has this many issues, those of further items are left out; `rejected` still lists every item. */
const MAX_ISSUES = 20;

const DETAIL = {
  event_conflict: 'another event is stored under this id and stays: use another episode_id',
  outcome_conflict: 'another outcome is recorded and stays: send correction: true to replace it',
  factor_conflict:
    'the event has another value of a factor of this outcome: send correction: true to replace it',
  outcome_before_event:
    "resolved_at lies before the event's timestamp: send the time when the outcome became known",
  event_too_large: `the event and its late factors must not exceed ${MAX_EVENT_BYTES} bytes: send fewer factors`,
  too_many_patterns:
    'this caller has founded as many patterns as it may: correct the pattern_key, or let an operator send its first event',
  not_your_episode:
    'another caller sent this event: an outcome comes from the caller who sent the event, or from an operator',
  too_many_corrections: 'no further correction of this outcome is accepted: the recorded one stays',
} as const;

/** Registers the routes that store events and outcomes. */
export function ingestRoutes(app: Hono, deps: IngestDeps): void {
  addRoute(app, ENDPOINTS.postEvents, async c => {
    const caller = senderOf(c, deps.config.operators);
    const { items, parsed, rejected, issues } = parseEvents(await readJson(c), item => ({
      value: readEvent(item, deps.now()),
      sender: writerOf(item, caller, 'invalid_event'),
    }));
    const results = await bySender(parsed, (values, sender) => deps.episodes.add(values, sender));
    const known = parsed.filter((_, i) => results[i] !== 'too_many_patterns');
    await deps.misspeltFactors.record(known.map(item => item.value.value));
    const counts = { accepted: 0, unchanged: 0 };
    results.forEach((result, i) => {
      if (result === 'accepted' || result === 'unchanged') counts[result]++;
      else rejected.push(conflict(items, parsed[i]?.index ?? 0, result));
    });
    return answerItems(c, items.length, counts, rejected, issues);
  });

  addRoute(app, ENDPOINTS.postOutcomes, async c => {
    const caller = senderOf(c, deps.config.operators);
    const { items, parsed, rejected, issues } = parseOutcomes(await readJson(c), item => ({
      value: readOutcomeReport(item, deps.now()),
      sender: writerOf(item, caller, 'invalid_outcome'),
    }));
    const results = await bySender(parsed, (values, sender) => deps.episodes.resolve(values, sender));
    const counts = { resolved: 0, unchanged: 0, parked: 0 };
    results.forEach((result, i) => {
      if (result === 'resolved' || result === 'unchanged' || result === 'parked') counts[result]++;
      else rejected.push(conflict(items, parsed[i]?.index ?? 0, result));
    });
    return answerItems(c, items.length, counts, rejected, issues);
  });
}

/**
 * Returns who wrote an item: the caller, or the writer that an operator restores from an export.
 * @throws Fault with the code for a writer that another caller sends
 */
function writerOf(item: unknown, caller: Sender, code: 'invalid_event' | 'invalid_outcome'): Sender {
  const { writer: name, by_operator } = isObject(item) ? item : {};
  if (typeof name !== 'string') return caller;
  if (caller.isOperator) return { name, isOperator: by_operator === true || name === LOCAL.name };
  const message = 'is for operators, who import an export: leave it out';
  throw new Fault(code, `writer ${message}`, { issues: [{ path: 'writer', message }] });
}

/** Stores items, those of each writer at once. @returns a result for each item, in their order */
async function bySender<T, R>(
  parsed: ParsedItems<SentItem<T>>['parsed'],
  store: (values: readonly T[], sender: Sender) => Promise<R[]>,
): Promise<R[]> {
  const groups = Map.groupBy(parsed.keys(), i => JSON.stringify(parsed[i]?.value.sender));
  const results = new Array<R>(parsed.length);
  for (const indexes of groups.values()) {
    const items = indexes.flatMap(i => parsed[i]?.value ?? []);
    const [first] = items;
    if (!first) continue;
    const stored = await store(
      items.map(({ value }) => value),
      first.sender,
    );
    indexes.forEach((index, i) => {
      results[index] = stored[i] as R;
    });
  }
  return results;
}

interface SentItem<T> {
  readonly value: T;
  readonly sender: Sender;
}

/**
 * Reads the events of a body: each by itself.
 * @param now receipt, milliseconds since 1970
 * @throws Fault `invalid_body`, `too_many_items`
 */
export function readEvents(raw: unknown, now: number): ParsedItems<Episode> {
  return parseEvents(raw, item => readEvent(item, now));
}

/** Reads the outcomes of a body: each by itself. @throws Fault `invalid_body`, `too_many_items` */
export function readOutcomes(raw: unknown, now: number): ParsedItems<OutcomeReport> {
  return parseOutcomes(raw, item => readOutcomeReport(item, now));
}

function parseEvents<T>(raw: unknown, parseItem: (item: unknown) => T): ParsedItems<T> {
  const isSingle = !isBatch(raw);
  const items = isSingle ? [raw] : requireList(raw, 'events');
  return parseItems(items, parseItem, isSingle ? '' : 'events');
}

function parseOutcomes<T>(raw: unknown, parseItem: (item: unknown) => T): ParsedItems<T> {
  return parseItems(requireList(raw, 'outcomes'), parseItem, 'outcomes');
}

/** Reports whether a body has the list of events, also under a misspelt name. Any other body is one event. */
function isBatch(raw: unknown): boolean {
  if (!isObject(raw)) return false;
  if (Object.hasOwn(raw, 'events')) return true;
  return Object.entries(raw).some(
    ([name, value]) => Array.isArray(value) && nearestName(name, ['events']) !== undefined,
  );
}

/** @throws Fault `invalid_body` for a body without the list or with other members, `too_many_items` */
function requireList(raw: unknown, name: 'events' | 'outcomes'): readonly unknown[] {
  const batch = z.strictObject({ [name]: z.array(z.unknown(), 'must be a list') });
  const { [name]: list = [] } = parse(batch, isObject(raw) ? raw : {}, 'invalid_body');
  if (list.length > MAX_ITEMS)
    throw new Fault('too_many_items', `the request has ${list.length} ${name}: send at most ${MAX_ITEMS}`);
  return list;
}

interface ParsedItems<T> {
  /** Every item of the request, as it was sent. */
  readonly items: readonly unknown[];
  readonly parsed: { readonly index: number; readonly value: T }[];
  readonly rejected: Rejection[];
  readonly issues: FaultIssue[];
}

/** Parses each item by itself, so that an invalid one does not affect the others. */
function parseItems<T>(
  items: readonly unknown[],
  parseItem: (item: unknown) => T,
  path: string,
): ParsedItems<T> {
  const result: ParsedItems<T> = { items, parsed: [], rejected: [], issues: [] };
  items.forEach((item, index) => {
    try {
      result.parsed.push({ index, value: parseItem(item) });
    } catch (error) {
      if (!(error instanceof Fault)) throw error;
      result.rejected.push({ index, ...idOf(item), code: error.code, detail: error.message });
      const prefix = path === '' ? '' : `${path}.${index}.`;
      if (result.issues.length < MAX_ISSUES)
        result.issues.push(...error.issues.map(issue => ({ ...issue, path: `${prefix}${issue.path}` })));
    }
  });
  return result;
}

function conflict(items: readonly unknown[], index: number, code: keyof typeof DETAIL): Rejection {
  return { index, ...idOf(items[index]), code, detail: DETAIL[code] };
}

/** Answers 200 if nothing was rejected, 207 if some items were, and a problem if all were. */
export function answerItems(
  c: Context,
  items: number,
  counts: object,
  rejected: Rejection[],
  issues: FaultIssue[],
): Response {
  rejected.sort((a, b) => a.index - b.index);
  const body = { ...counts, rejected };
  if (rejected.length === 0 || rejected.length < items)
    return c.json(body, rejected.length === 0 ? 200 : 207);
  const [first] = rejected;
  const fault =
    first && items === 1
      ? new Fault(first.code, first.detail, { issues })
      : new Fault('all_rejected', `all ${items} items were rejected: see "rejected" for the reasons`, {
          issues,
        });
  return answerProblem(fault, body);
}

function idOf(item: unknown): { episode_id?: string } {
  return isObject(item) && typeof item.episode_id === 'string'
    ? { episode_id: item.episode_id.slice(0, 256) }
    : {};
}
