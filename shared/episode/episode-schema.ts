import * as z from 'zod';
import { Fault } from '../errors.ts';
import { parsePatternKey, patternKeyForms } from '../pattern/pattern-key.ts';
import { normalizeScope } from '../pattern/scope.ts';
import { scopeInputSchema } from '../pattern/scope-schema.ts';
import { DAY_MS } from '../time.ts';
import { parse } from '../validation.ts';
import type { Episode } from './episode.ts';
import { episodeBody } from './episode.ts';
import type { Factors } from './factors.ts';
import { factorsSchema, lateFactorsSchema } from './factors-schema.ts';
import type { Outcome, OutcomeReport, OutcomeRevision } from './outcome.ts';
import { outcomeSchema } from './outcome.ts';

/** Maximum bytes of one event's canonical JSON. A DynamoDB item holds 400 kB; a real event needs under 2 kB. */
export const MAX_EVENT_BYTES = 64 * 1024;

/** Maximum lead of a caller's clock. A later timestamp is rejected as a mistake, such as a wrong unit or year. */
const MAX_CLOCK_AHEAD_MS = DAY_MS;
/** Maximum lead of the time at which an outcome became known. */
const MAX_RESOLVED_AHEAD_MS = 5 * 60_000;
const EARLIEST_MS = Date.parse('2000-01-01T00:00:00Z');

const idText = (maxLength: number) =>
  z
    .string()
    .min(1)
    .max(maxLength)
    .refine(text => text.isWellFormed(), 'must be well-formed Unicode')
    // biome-ignore lint/suspicious/noControlCharactersInRegex: the pattern rejects control characters
    .refine(text => !/[\u0000-\u001f\u007f]/.test(text), 'must not contain control characters')
    .meta({ pattern: '^[^\\u0000-\\u001f\\u007f]*$', description: 'no control characters' });

export const idSchema = idText(256);

const windowSchema = idText(64)
  .nullish()
  .meta({ description: 'tells the rows of one episode apart, when a bot logs it more than once' });

const returnSchema = z
  .number()
  .nullish()
  .meta({ description: 'result in R (the planned loss is 1), net of costs', examples: [1.8] });

const assumedSchema = z
  .boolean()
  .nullish()
  .meta({ description: 'true if `resolved_at` is a guess; the same outcome with a known time replaces it' });

/** Who wrote an item: an import of an export restores it. Only an operator may send it. */
const restoredWriter = {
  writer: idText(256).nullish().meta({
    description: 'who wrote this, as `GET /v1/events` names writers; for operators, who import an export',
  }),
  by_operator: z.boolean().nullish().meta({ description: 'true if the writer was an operator' }),
};

/** A moment as a caller sends it: RFC 3339 with an offset, parsed to milliseconds since 1970. */
const timestampSchema = z.iso
  .datetime({ offset: true, message: 'must be an RFC 3339 time such as 2025-01-20T00:00:00Z' })
  .transform(text => Date.parse(text));

/** A pattern key as a caller sends it. `parsePatternKey` checks it: the code of its errors is `invalid_pattern_key`. */
export const patternKeyInputSchema = z
  .string()
  .max(256)
  .meta({
    pattern: patternKeyForms(),
    description: 'any form of a pattern key',
    examples: ['pm.uptrend.S1.entry'],
  });

/** An episode event as a caller sends it. */
export const episodeEventSchema = z
  .strictObject({
    pattern_key: patternKeyInputSchema,
    episode_id: idSchema,
    window: windowSchema,
    decision: z.enum(['acted', 'skipped']),
    scope: scopeInputSchema,
    factors: factorsSchema.prefault({}),
    timestamp: timestampSchema,
    trade_id: idSchema.nullish(),
    outcome: outcomeSchema.nullish(),
    resolved_at: timestampSchema.nullish(),
    resolved_at_assumed: assumedSchema,
    return: returnSchema,
    ...restoredWriter,
  })
  .meta({ id: 'EpisodeEvent' });

/** An outcome as a caller sends it. */
export const outcomeReportSchema = z
  .strictObject({
    pattern_key: patternKeyInputSchema,
    episode_id: idSchema,
    window: windowSchema,
    outcome: outcomeSchema,
    resolved_at: timestampSchema.nullish(),
    resolved_at_assumed: assumedSchema,
    factors: lateFactorsSchema.prefault({}),
    return: returnSchema,
    correction: z.boolean().default(false),
    ...restoredWriter,
  })
  .meta({ id: 'OutcomeReport' });

/**
 * Reads one event. Without `resolved_at` an outcome inside it counts as known at the event's timestamp.
 * @param now receipt, milliseconds since 1970
 * @throws Fault `invalid_event`, `invalid_pattern_key`, `invalid_scope`, `timestamp_out_of_range`,
 * `outcome_before_event`, `event_too_large`
 */
export function readEpisode(raw: unknown, now: number): Episode {
  const event = parse(episodeEventSchema, raw, 'invalid_event');
  assertTimestampInRange('timestamp', event.timestamp, now + MAX_CLOCK_AHEAD_MS, 'a day');
  if (event.resolved_at != null) {
    assertResolvedInRange(event.resolved_at, now);
    if (event.resolved_at < event.timestamp) throw outcomeBeforeEvent();
  }
  if (!event.outcome && event.return != null) throw invalid('return', 'must come with an outcome');
  const episode: Episode = {
    pattern: parsePatternKey(event.pattern_key),
    id: event.episode_id,
    window: event.window ?? undefined,
    decision: event.decision,
    scope: normalizeScope(event.scope),
    factors: event.factors,
    timestamp: event.timestamp,
    tradeId: event.trade_id ?? undefined,
    outcome: event.outcome ? revisionOf(event, event.outcome, event.timestamp, false) : undefined,
  };
  const bytes = Buffer.byteLength(episodeBody(episode));
  if (bytes > MAX_EVENT_BYTES)
    throw new Fault(
      'event_too_large',
      `an event must not exceed ${MAX_EVENT_BYTES} bytes, this one has ${bytes}`,
    );
  return episode;
}

/**
 * Reads one outcome report. Without `resolved_at` the outcome counts as known at its receipt.
 * @param now receipt, milliseconds since 1970
 * @throws Fault `invalid_outcome`, `invalid_pattern_key`, `timestamp_out_of_range`, `event_too_large`
 */
export function readOutcomeReport(raw: unknown, now: number): OutcomeReport {
  const report = parse(outcomeReportSchema, raw, 'invalid_outcome');
  if (report.resolved_at != null) assertResolvedInRange(report.resolved_at, now);
  return {
    pattern: parsePatternKey(report.pattern_key),
    episodeId: report.episode_id,
    window: report.window ?? undefined,
    revision: revisionOf(report, report.outcome, now, report.correction),
    factors: lateFactors(report.factors),
  };
}

/** The members of an event or an outcome that say when its outcome became known, and what it returned. */
interface SentOutcome {
  readonly resolved_at?: number | null | undefined;
  readonly resolved_at_assumed?: boolean | null | undefined;
  readonly return?: number | null | undefined;
}

function revisionOf(
  sent: SentOutcome,
  outcome: Outcome,
  assumedTime: number,
  correction: boolean,
): OutcomeRevision {
  const explicit = sent.resolved_at != null;
  const assumed = !explicit ? 'derived' : sent.resolved_at_assumed ? 'sent' : undefined;
  return {
    outcome,
    resolvedAt: sent.resolved_at ?? assumedTime,
    correction,
    ...(assumed && { assumed }),
    // Adding 0 makes -0 the same return as 0.
    ...(sent.return != null && { return: sent.return + 0 }),
  };
}

/**
 * Returns the factors without absent ones.
 * @throws Fault `event_too_large`; `invalid_outcome` for `applied`, which moves the base thresholds and is known at the
 * decision
 */
function lateFactors(factors: Factors): Factors {
  const bytes = Buffer.byteLength(JSON.stringify(factors));
  if (bytes > MAX_EVENT_BYTES)
    throw new Fault(
      'event_too_large',
      `late factors must not exceed ${MAX_EVENT_BYTES} bytes, these have ${bytes}`,
    );
  const present = Object.entries(factors).filter(([, value]) => value !== null);
  if (present.some(([name]) => name === 'applied'))
    throw invalid('factors.applied', 'is known at the decision: send it in the event', 'invalid_outcome');
  return Object.fromEntries(present);
}

function invalid(
  path: string,
  message: string,
  code: 'invalid_event' | 'invalid_outcome' = 'invalid_event',
): Fault {
  return new Fault(code, `${path} ${message}`, { issues: [{ path, message }] });
}

function outcomeBeforeEvent(): Fault {
  const message = "must not lie before the event's timestamp: send the time when the outcome became known";
  return new Fault('outcome_before_event', `resolved_at ${message}`, {
    issues: [{ path: 'resolved_at', message }],
  });
}

function assertResolvedInRange(ms: number, now: number): void {
  assertTimestampInRange('resolved_at', ms, now + MAX_RESOLVED_AHEAD_MS, '5 minutes');
}

function assertTimestampInRange(field: string, ms: number, latest: number, ahead: string): void {
  if (ms >= EARLIEST_MS && ms <= latest) return;
  const message = `must lie between 2000-01-01 and ${ahead} after its receipt`;
  throw new Fault('timestamp_out_of_range', `${field} ${message}`, { issues: [{ path: field, message }] });
}
