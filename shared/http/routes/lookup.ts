import type { Hono } from 'hono';
import type { z } from 'zod';
import { Fault, faultCode } from '../../errors.ts';
import type { Head } from '../../generation/head.ts';
import type { HeadStore } from '../../generation/ports.ts';
import { servesOverrides } from '../../generation/served.ts';
import { type ServiceMode, underService } from '../../generation/service-mode.ts';
import type { Log } from '../../log.ts';
import { DEGRADED_LOOKUP_MESSAGE } from '../../log-messages.ts';
import type { GenerationCache } from '../../lookup/generation-cache.ts';
import type { LookupRequest, LookupResult } from '../../lookup/look-up.ts';
import { inForceOf, lookUp, servedHead } from '../../lookup/look-up.ts';
import type { PatternDirectory } from '../../lookup/pattern-directory.ts';
import type { QueriedDimensionReporter } from '../../lookup/queried-dimensions.ts';
import type { ScorerCache } from '../../lookup/scorer-cache.ts';
import type { SeenValuesCache } from '../../lookup/seen-values-cache.ts';
import type { UnknownNames } from '../../lookup/unknown-names.ts';
import { unknownValues } from '../../lookup/unknown-names.ts';
import type { Arm } from '../../override/arm.ts';
import type { Override, Policy } from '../../override/override.ts';
import type { OverrideIndex } from '../../override/override-index.ts';
import type { Scorer } from '../../override/score/scorer.ts';
import { noAdvice } from '../../override/score/scorer.ts';
import type { PatternKey } from '../../pattern/pattern-key.ts';
import { parsePatternKey } from '../../pattern/pattern-key.ts';
import { normalizeScope } from '../../pattern/scope.ts';
import { parse } from '../../validation.ts';
import { addRoute, readJson, readQuery, unknownParameter } from '../app.ts';
import { botOf } from '../caller.ts';
import { ENDPOINTS } from '../endpoints.ts';
import { lookupQuerySchema, lookupRequestSchema } from '../schemas/lookup.ts';

export interface LookupDeps {
  readonly heads: HeadStore;
  readonly generations: GenerationCache;
  readonly scorers: ScorerCache;
  readonly patternDirectory: PatternDirectory;
  readonly seenValuesCache: SeenValuesCache;
  readonly queriedDimensions: QueriedDimensionReporter;
  readonly defaults: { readonly policy: Policy };
  readonly log: Log;
  /** Counts a degraded look-up in this process. In AWS the line in the log is counted instead. */
  readonly onDegradedLookup?: (pattern: PatternKey) => void;
}

/** Registers the look-ups of the service. */
export function lookupRoutes(app: Hono, deps: LookupDeps): void {
  addLookupRoutes(app, (request, bot) => respondToLookup(deps, request, bot));
}

/** Registers the look-ups. @param respond answers a valid request; the edge does it from its own copy */
export function addLookupRoutes(
  app: Hono,
  respond: (request: LookupRequest, bot: string | undefined) => object | Promise<object>,
): void {
  addRoute(app, ENDPOINTS.postLookup, async c => {
    const request = parse(lookupRequestSchema, await readJson(c), 'invalid_request');
    return c.json(await respond(toLookupRequest(request), botOf(c)));
  });

  addRoute(app, { ...ENDPOINTS.getLookup, query: lookupQuerySchema }, async c => {
    const { pattern_key, resolution, explain, episode_id, ...rest } = readQuery(c, lookupQuerySchema);
    const { scope, thresholds } = parseLookupQuery(rest);
    const request = parse(
      lookupRequestSchema,
      { pattern_key, resolution, explain, episode_id, scope, thresholds },
      'invalid_request',
    );
    return c.json(await respond(toLookupRequest(request), botOf(c)));
  });
}

/** @throws Fault `invalid_pattern_key`, `invalid_scope` */
function toLookupRequest(body: z.output<typeof lookupRequestSchema>): LookupRequest {
  return {
    pattern: parsePatternKey(body.pattern_key),
    scope: normalizeScope(body.scope),
    thresholds: body.thresholds ?? {},
    resolution: body.resolution,
    explain: body.explain ?? false,
    episodeId: body.episode_id,
    factors: body.factors,
  };
}

/** Answers a look-up, and names what nothing knows. */
export async function respondToLookup(
  deps: LookupDeps,
  request: LookupRequest,
  bot: string | undefined,
): Promise<InForceAnswer & UnknownNames> {
  let unknown: Promise<UnknownNames> | undefined;
  const answer = await lookUpInForce(deps, request, bot, async () => {
    const stored = await deps.heads.headAndService(request.pattern);
    unknown = unknownNames(deps, request, underService(stored.head, stored.service));
    return stored;
  });
  return answer.degraded ? answer : { ...answer, ...(await unknown) };
}

/** An answer of the service; `degraded` when storage failed. */
type InForceAnswer = LookupResult & { readonly degraded?: object };

/**
 * Answers a look-up from what is in force. The head is read each time, so that a change by an operator applies at once.
 * The overrides of a generation are immutable and come from the cache. If storage fails, the answer is neutral and
 * carries `degraded`: a look-up never stops the PM.
 * @param read returns the head and the mode of the service
 */
export async function lookUpInForce(
  deps: LookupDeps,
  request: LookupRequest,
  bot: string | undefined,
  read: () => ReturnType<HeadStore['headAndService']> = () => deps.heads.headAndService(request.pattern),
): Promise<InForceAnswer> {
  let head: Head | undefined;
  let arm: Arm | undefined;
  let index: OverrideIndex<Override> | undefined;
  let service: ServiceMode = 'live';
  try {
    const stored = await read();
    service = stored.service;
    ({ head, arm } = servedHead(underService(stored.head, service), request.episodeId));
    if (head) deps.queriedDimensions.record(request.pattern, head.current ? request.scope : {}, bot);
    const explainsShadow = request.explain && head?.mode === 'shadow';
    if (head?.current && (servesOverrides(head.mode) || explainsShadow))
      index = await deps.generations.index(request.pattern, head.current.overrides, arm);
  } catch (error) {
    deps.log.error(DEGRADED_LOOKUP_MESSAGE, error, { pattern: request.pattern });
    deps.onDegradedLookup?.(request.pattern);
    const neutral = lookUp(
      request,
      inForceOf(request.pattern, head, deps.defaults.policy, service),
      undefined,
      unreadable,
    );
    const degraded = {
      code: faultCode(error),
      detail: 'the overrides in force could not be read: the answer is neutral',
    };
    return { ...neutral, applied: {}, degraded };
  }
  const inForce = inForceOf(request.pattern, head, deps.defaults.policy, service);
  const scorer = await scorerOf(deps, request, head, arm);
  return lookUp(request, { ...inForce, ...(arm && { arm }) }, index, scorer);
}

/** Returns the model for a look-up with factors. Where it cannot be read the overrides are answered without advice. */
async function scorerOf(
  { scorers, log }: LookupDeps,
  { pattern, factors }: LookupRequest,
  head: Head | undefined,
  arm: Arm | undefined,
): Promise<Scorer | undefined> {
  const set = head?.current?.score;
  if (!factors || !set || !servesOverrides(head.mode)) return undefined;
  try {
    return await scorers.scorer(pattern, set, arm);
  } catch (error) {
    log.error('the model of a look-up could not be read', error, { pattern });
    return unreadable;
  }
}

const unreadable: Scorer = () =>
  noAdvice('model_unreadable', 'the model in force could not be read: try again');

/** Returns what a look-up names and nothing knows. It never fails: what cannot be read is not judged. */
async function unknownNames(
  { patternDirectory, seenValuesCache, log }: LookupDeps,
  { pattern, scope }: LookupRequest,
  head: Head | undefined,
): Promise<UnknownNames> {
  try {
    // Only a pattern that an event named has a head, so most look-ups need no further read.
    if (!head) return await patternDirectory.unknownPattern(pattern);
    if (!head.current) return {};
    const unknown = unknownValues(scope, await seenValuesCache.of(pattern, head.current.generation));
    return unknown.length === 0 ? {} : { unknown_values: unknown };
  } catch (error) {
    log.warn('names of a look-up not checked', { pattern, code: faultCode(error) });
    return {};
  }
}

interface Parameters {
  readonly scope: Record<string, string>;
  readonly thresholds: Record<string, number>;
}

/** Reads `scope.NAME=value` and `thresholds.NAME=number` from a query. @throws Fault `invalid_request` */
function parseLookupQuery(rest: Readonly<Record<string, unknown>>): Parameters {
  const scope: [string, string][] = [];
  const thresholds: [string, number][] = [];
  for (const [name, value] of Object.entries(rest)) {
    const text = String(value);
    if (name.startsWith('scope.')) scope.push([name.slice('scope.'.length), text]);
    else if (/^factors(\.|$)/.test(name))
      throw invalidParameter(
        name,
        'has no form in a query: send factors in the body of POST /v1/overrides/lookup',
      );
    else if (!name.startsWith('thresholds.'))
      throw unknownParameter(name, Object.keys(lookupQuerySchema.shape), ['scope.', 'thresholds.']);
    else if (text.trim() !== '' && Number.isFinite(Number(text)))
      thresholds.push([name.slice('thresholds.'.length), Number(text)]);
    else throw invalidParameter(name, 'must be a number');
  }
  return { scope: Object.fromEntries(scope), thresholds: Object.fromEntries(thresholds) };
}

function invalidParameter(name: string, message: string): Fault {
  const path = name.slice(0, 64);
  return new Fault('invalid_request', `${path} ${message}`, { issues: [{ path, message }] });
}
