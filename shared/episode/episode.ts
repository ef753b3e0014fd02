import * as z from 'zod';
import { Fault } from '../errors.ts';
import { shortHash } from '../hash.ts';
import type { PatternKey } from '../pattern/pattern-key.ts';
import { parsePatternKey } from '../pattern/pattern-key.ts';
import type { Scope } from '../pattern/scope.ts';
import { normalizeScope } from '../pattern/scope.ts';
import { DAY_MS } from '../time.ts';
import { parse, safeRecord } from '../validation.ts';
import type { OutcomeRevision } from './outcome.ts';
import { outcomeSchema } from './outcome.ts';

export const MAX_FACTORS = 256;
/** Bytes of one event's canonical JSON; a DynamoDB item holds 400 kB, an episode needs under 2. */
export const MAX_EVENT_BYTES = 64 * 1024;
/** A clock may run ahead by this much; beyond it a timestamp is taken for a mistake (seconds, milliseconds, a wrong year). */
export const MAX_CLOCK_AHEAD_MS = DAY_MS;
export const EARLIEST_MS = Date.parse('2000-01-01T00:00:00Z');

const idSchema = z
  .string()
  .min(1)
  .max(256)
  .refine(text => text.isWellFormed(), 'must be well-formed Unicode')
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it refuses
  .refine(text => !/[\u0000-\u001f\u007f]/.test(text), 'must not contain control characters');

/** RFC 3339 with an offset, read to milliseconds since 1970. */
export const instantSchema = z.iso
  .datetime({ offset: true, message: 'must be an RFC 3339 time such as 2025-01-20T00:00:00Z' })
  .transform(text => Date.parse(text));

const measuredSchema = z.strictObject({ min: z.number(), median: z.number(), max: z.number() });
const factorValueSchema = z.union([
  z.number(),
  z.boolean(),
  z.string().max(1024),
  z.array(z.string().max(256)).max(64),
  measuredSchema,
  z.null(),
]);

export type FactorValue = z.output<typeof factorValueSchema>;
/** `applied`, what was in force when the bot decided, is an object of its own; the rest are single values. */
export type Factors = Readonly<Record<string, FactorValue | object>>;

const factorsSchema = safeRecord<Factors>(MAX_FACTORS, factorProblem).meta({
  type: 'object',
  description: 'signal factors and thresholds at decision time; unknown names are kept',
  additionalProperties: true,
  examples: [{ ts_score: { min: 0.5, median: 0.52, max: 0.54 }, ts_min: 0.6, ts_ok: false }],
});

function factorProblem(name: string, value: unknown): string | undefined {
  if (name === '' || name.length > 128 || name === '__proto__') return 'is no name of a factor';
  // Most factors are plain; a union of schemas takes its time to find out.
  if (name !== 'applied' && (typeof value === 'boolean' || Number.isFinite(value))) return undefined;
  if (name === 'applied') return isShallowObject(value) ? undefined : 'must be an object, not deeply nested';
  if (factorValueSchema.safeParse(value).success) return undefined;
  return 'must be a number, boolean, string, list of strings or {min, median, max}';
}

const MAX_APPLIED_DEPTH = 8;

/** Without recursion, so that the depth of a request cannot exhaust the stack. */
function isShallowObject(value: unknown): boolean {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  let level: unknown[] = [value];
  for (let depth = 0; depth < MAX_APPLIED_DEPTH; depth++) {
    level = level.flatMap(inner => (typeof inner === 'object' && inner !== null ? Object.values(inner) : []));
    if (level.length === 0) return true;
  }
  return false;
}

/** Checked by `normalizeScope`, whose rules a schema cannot say. */
const scopeSchema = z.unknown().meta({
  type: 'object',
  description: 'at most 64 dimensions; names match [A-Za-z][A-Za-z0-9_]{0,63}; null and "" mean absent',
  additionalProperties: { type: ['string', 'number', 'boolean', 'null'] },
  examples: [{ chain: 'solana', timeframe: '15m' }],
});

export const patternKeyInputSchema = z
  .string()
  .max(256)
  .meta({ description: 'any form of a pattern key', examples: ['pm.uptrend.S1.entry'] });

/** An episode event as a caller sends it. */
export const episodeEventSchema = z
  .object({
    pattern_key: patternKeyInputSchema,
    episode_id: idSchema,
    decision: z.enum(['acted', 'skipped']),
    scope: scopeSchema,
    factors: factorsSchema.prefault({}),
    timestamp: instantSchema,
    trade_id: idSchema.nullish(),
    outcome: outcomeSchema.nullish(),
    resolved_at: instantSchema.nullish(),
  })
  .meta({ id: 'EpisodeEvent' });

/** An outcome as a caller sends it. */
export const outcomeReportSchema = z
  .object({
    pattern_key: patternKeyInputSchema,
    episode_id: idSchema,
    outcome: outcomeSchema,
    resolved_at: instantSchema.nullish(),
    correction: z.boolean().default(false),
  })
  .meta({ id: 'OutcomeReport' });

/** One opportunity, in its one form. */
export interface Episode {
  readonly pattern: PatternKey;
  readonly id: string;
  readonly decision: 'acted' | 'skipped';
  readonly scope: Scope;
  readonly factors: Factors;
  /** Milliseconds since 1970. */
  readonly timestamp: number;
  readonly tradeId: string | undefined;
  /** The outcome that came inside the event, if any. */
  readonly outcome: OutcomeRevision | undefined;
}

export interface OutcomeReport {
  readonly pattern: PatternKey;
  readonly episodeId: string;
  readonly revision: OutcomeRevision;
}

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
      `an event has at most ${MAX_EVENT_BYTES} bytes, this one has ${bytes}`,
    );
  return episode;
}

/**
 * Reads one outcome report; without `resolved_at` it counts as known at its receipt.
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

/** Bodies of the events at hand: reading one measures it, storing it writes it. */
const bodies = new WeakMap<Episode, string>();

/**
 * The event's canonical JSON without its outcome: names sorted, one text for one content.
 * Two events with the same body are the same event.
 */
export function episodeBody(episode: Episode): string {
  const body = bodies.get(episode) ?? canonicalBody(episode);
  bodies.set(episode, body);
  return body;
}

function canonicalBody(episode: Episode): string {
  const { id, decision, scope, factors, timestamp, tradeId } = episode;
  return JSON.stringify({
    episode_id: id,
    decision,
    scope,
    factors: sorted(factors),
    timestamp: new Date(timestamp).toISOString(),
    trade_id: tradeId ?? null,
  });
}

/** Fingerprint of an event's body, 32 hexadecimal digits of SHA-256. */
export function bodyHash(body: string): string {
  return shortHash(body);
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, inner]) => [name, sorted(inner)]),
  );
}

function assertTimestampInRange(field: string, ms: number, now: number): void {
  if (ms >= EARLIEST_MS && ms <= now + MAX_CLOCK_AHEAD_MS) return;
  const message = 'must lie between 2000-01-01 and a day after its receipt';
  throw new Fault('timestamp_out_of_range', `${field} ${message}`, { issues: [{ path: field, message }] });
}
