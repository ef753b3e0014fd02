import * as z from 'zod';
import { Fault } from '../errors.ts';
import { PATTERN_KEY_FORMS, parsePatternKey } from '../pattern/pattern-key.ts';
import { normalizeScope, scopeInputSchema } from '../pattern/scope.ts';
import { DAY_MS } from '../time.ts';
import { parse } from '../validation.ts';
import type { Episode } from './episode.ts';
import { episodeBody } from './episode.ts';
import { factorsSchema } from './factors-schema.ts';
import type { OutcomeReport } from './outcome.ts';
import { outcomeSchema } from './outcome.ts';

/** Maximum bytes of one event's canonical JSON. A DynamoDB item holds 400 kB; a real event needs under 2 kB. */
export const MAX_EVENT_BYTES = 64 * 1024;

/** Maximum lead of a caller's clock. A later timestamp is rejected as a mistake, such as a wrong unit or year. */
const MAX_CLOCK_AHEAD_MS = DAY_MS;
const EARLIEST_MS = Date.parse('2000-01-01T00:00:00Z');

const idSchema = z
  .string()
  .min(1)
  .max(256)
  .refine(text => text.isWellFormed(), 'must be well-formed Unicode')
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the pattern rejects control characters
  .refine(text => !/[\u0000-\u001f\u007f]/.test(text), 'must not contain control characters')
  .meta({ pattern: '^[^\\u0000-\\u001f\\u007f]*$', description: 'no control characters' });

/** A moment as a caller sends it: RFC 3339 with an offset, parsed to milliseconds since 1970. */
const timestampSchema = z.iso
  .datetime({ offset: true, message: 'must be an RFC 3339 time such as 2025-01-20T00:00:00Z' })
  .transform(text => Date.parse(text));

/** A pattern key as a caller sends it. `parsePatternKey` checks it: the code of its errors is `invalid_pattern_key`. */
export const patternKeyInputSchema = z
  .string()
  .max(256)
  .meta({
    pattern: PATTERN_KEY_FORMS,
    description: 'any form of a pattern key',
    examples: ['pm.uptrend.S1.entry'],
  });

/** An episode event as a caller sends it. */
export const episodeEventSchema = z
  .strictObject({
    pattern_key: patternKeyInputSchema,
    episode_id: idSchema,
    decision: z.enum(['acted', 'skipped']),
    scope: scopeInputSchema,
    factors: factorsSchema.prefault({}),
    timestamp: timestampSchema,
    trade_id: idSchema.nullish(),
    outcome: outcomeSchema.nullish(),
    resolved_at: timestampSchema.nullish(),
  })
  .meta({ id: 'EpisodeEvent' });

/** An outcome as a caller sends it. */
export const outcomeReportSchema = z
  .strictObject({
    pattern_key: patternKeyInputSchema,
    episode_id: idSchema,
    outcome: outcomeSchema,
    resolved_at: timestampSchema.nullish(),
    correction: z.boolean().default(false),
  })
  .meta({ id: 'OutcomeReport' });

/**
 * Reads one event. An outcome inside it counts as known at `resolved_at`, else at the event's timestamp.
 * @param now receipt, milliseconds since 1970
 * @throws Fault `invalid_event`, `invalid_pattern_key`, `invalid_scope`, `timestamp_out_of_range`, `event_too_large`
 */
export function readEpisode(raw: unknown, now: number): Episode {
  const event = parse(episodeEventSchema, raw, 'invalid_event');
  assertTimestampInRange('timestamp', event.timestamp, now);
  if (event.resolved_at != null) assertTimestampInRange('resolved_at', event.resolved_at, now);
  const episode: Episode = {
    pattern: parsePatternKey(event.pattern_key),
    id: event.episode_id,
    decision: event.decision,
    scope: normalizeScope(event.scope),
    factors: event.factors,
    timestamp: event.timestamp,
    tradeId: event.trade_id ?? undefined,
    outcome: event.outcome
      ? { outcome: event.outcome, resolvedAt: event.resolved_at ?? event.timestamp, correction: false }
      : undefined,
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
 * @throws Fault `invalid_outcome`, `invalid_pattern_key`, `timestamp_out_of_range`
 */
export function readOutcomeReport(raw: unknown, now: number): OutcomeReport {
  const report = parse(outcomeReportSchema, raw, 'invalid_outcome');
  if (report.resolved_at != null) assertTimestampInRange('resolved_at', report.resolved_at, now);
  return {
    pattern: parsePatternKey(report.pattern_key),
    episodeId: report.episode_id,
    revision: {
      outcome: report.outcome,
      resolvedAt: report.resolved_at ?? now,
      correction: report.correction,
    },
  };
}

function assertTimestampInRange(field: string, ms: number, now: number): void {
  if (ms >= EARLIEST_MS && ms <= now + MAX_CLOCK_AHEAD_MS) return;
  const message = 'must lie between 2000-01-01 and a day after its receipt';
  throw new Fault('timestamp_out_of_range', `${field} ${message}`, { issues: [{ path: field, message }] });
}
