import type { Hono } from 'hono';
import type { CycleDeps } from '../../cycle/dependencies.ts';
import { excludedNumbers, readColumns } from '../../cycle/event-window.ts';
import { fillThresholds } from '../../episode/columns/fill-thresholds.ts';
import type { EpisodeStore } from '../../episode/episode-store.ts';
import { effectiveSettings } from '../../generation/effective-settings.ts';
import { requireKnownPattern } from '../../generation/known-pattern.ts';
import type { ReplayLever } from '../../lever/lever.ts';
import { movedFactor } from '../../lever/lever.ts';
import { settlePayoff } from '../../override/measured-payoff.ts';
import { breakEvenRate } from '../../override/payoff.ts';
import { REPLAY_SETTINGS } from '../../override/replay/settings.ts';
import { describeWhatIf } from '../../override/what-if/describe.ts';
import { checkRange, effectKind, findLever, toEffect } from '../../override/what-if/lever-range.ts';
import type { WhatIf, WhatIfPoint } from '../../override/what-if/what-if.ts';
import { CONFIDENCE, whatIf } from '../../override/what-if/what-if.ts';
import { parsePatternKey } from '../../pattern/pattern-key.ts';
import { normalizeScope } from '../../pattern/scope.ts';
import { scopeHash } from '../../pattern/scope-hash.ts';
import { parse } from '../../validation.ts';
import { addRoute, readJson, readQuery, unknownParameter } from '../app.ts';
import { limitEvents } from '../limit-events.ts';
import { ROUTES } from '../routes.ts';
import type { WhatIfAnswer, WhatIfPointAnswer, WhatIfRequest } from '../schemas/what-if.ts';
import { whatIfQuerySchema, whatIfRequestSchema } from '../schemas/what-if.ts';

type WhatIfDeps = Pick<CycleDeps, 'heads' | 'defaults' | 'now' | 'writers'> & {
  readonly episodes: Pick<EpisodeStore, 'resolved'>;
};

/** Maximum events of a what-if. One vCPU reads and counts them in about 8 s. The HTTP API times out after 30 s. */
const MAX_EVENTS = 500_000;
const NOTE =
  'Each interval holds for its own value alone and counts correlated events together. The best value was picked by ' +
  'its gain, so that gain is biased upward. The base is the thresholds that the events log, without any override.';

/**
 * Registers the routes for what-ifs: the replay of past events with a threshold at other values. They change nothing.
 * @param maxEvents a window with more events is rejected
 */
export function whatIfRoutes(app: Hono, runtime: WhatIfDeps, maxEvents = MAX_EVENTS): void {
  const deps = { ...runtime, episodes: limitEvents(runtime.episodes, maxEvents) };
  addRoute(app, ROUTES.postWhatIf, async c =>
    c.json(await answerWhatIf(deps, parse(whatIfRequestSchema, await readJson(c), 'invalid_request'))),
  );
  addRoute(app, ROUTES.getWhatIf, async c =>
    c.json(await answerWhatIf(deps, parseWhatIfQuery(readQuery(c, ROUTES.getWhatIf.query)))),
  );
}

async function answerWhatIf(deps: WhatIfDeps, request: WhatIfRequest): Promise<WhatIfAnswer> {
  const scope = normalizeScope(request.scope ?? {});
  const pattern = await requireKnownPattern(deps.heads, parsePatternKey(request.pattern_key));
  const lever = findLever(pattern, request.lever);
  checkRange(lever, request);
  const head = await deps.heads.head(pattern);
  const settings = effectiveSettings(deps.defaults, head?.settings, { lookback_days: request.lookback_days });
  const days = settings.lookback_days;
  const asOf = request.as_of === undefined ? deps.now() : Date.parse(request.as_of);
  const events = await readColumns(deps.episodes, pattern, asOf, days, await excludedNumbers(deps.writers));
  const columns = fillThresholds(events, settings.base_thresholds);
  const payoff = request.payoff ?? settlePayoff(columns, settings).payoff;
  const { from, to, points } = request;
  const sweep = { scope, lever, from, to, points, days };
  const replaySettings = { ...REPLAY_SETTINGS, payoff, nMin: settings.n_min };
  const result = whatIf(pattern, columns, asOf, sweep, replaySettings);
  return {
    pattern_key: pattern,
    scope_subset: scope,
    scope_hash: scopeHash(scope),
    lever: {
      action_category: lever.category,
      threshold: movedFactor(lever),
      factor: lever.factor,
      effect: effectKind(lever),
    },
    as_of: new Date(asOf).toISOString(),
    lookback_days: days,
    payoff,
    break_even: breakEvenRate(payoff),
    confidence: CONFIDENCE,
    ...curveAnswer(result, lever),
    sentence: describeWhatIf(result, sweep, { payoff }),
    note: NOTE,
  };
}

function curveAnswer(
  { curve, base, best, proven, reason, events }: WhatIf,
  lever: ReplayLever,
): Pick<WhatIfAnswer, 'events' | 'curve' | 'base' | 'best' | 'proven' | 'reason' | 'reason_code'> {
  const { leftOut, otherGates, ...groups } = events;
  return {
    events: { ...groups, left_out: leftOut, other_gates: otherGates },
    curve: curve.map(point => pointAnswer(point, lever)),
    ...(base && { base: pointAnswer(base, lever) }),
    ...(best && { best: pointAnswer(best, lever) }),
    proven,
    ...(reason && { reason: reason.text, reason_code: reason.code }),
  };
}

function pointAnswer(point: WhatIfPoint, lever: ReplayLever): WhatIfPointAnswer {
  return {
    ...toEffect(lever, point.value),
    threshold: point.threshold,
    winners: point.winners,
    losers: point.losers,
    utility: point.utility,
    winners_change: point.winnersChange,
    losers_change: point.losersChange,
    utility_change: point.utilityChange,
    error: point.error,
    low: point.utilityChange - point.margin,
    high: point.utilityChange + point.margin,
    ...(point.expected && { expected: point.expected }),
  };
}

/** Converts query parameters to the equivalent request body and parses it. @throws Fault `invalid_request` */
function parseWhatIfQuery(query: Readonly<Record<string, unknown>>): WhatIfRequest {
  const body: [string, unknown][] = [];
  const scope: [string, string][] = [];
  const payoff: [string, number][] = [];
  for (const [name, value] of Object.entries(query)) {
    if (value === undefined) continue;
    if (name.startsWith('scope.')) scope.push([name.slice('scope.'.length), String(value)]);
    else if (name.startsWith('payoff.')) payoff.push([name.slice('payoff.'.length), numberOf(value)]);
    else if (!Object.hasOwn(whatIfQuerySchema.shape, name))
      throw unknownParameter(name, Object.keys(whatIfQuerySchema.shape), ['scope.', 'payoff.']);
    else body.push([name, NUMBERS.includes(name) ? numberOf(value) : value]);
  }
  const request = {
    scope: Object.fromEntries(scope),
    ...(payoff.length > 0 && { payoff: Object.fromEntries(payoff) }),
    ...Object.fromEntries(body),
  };
  return parse(whatIfRequestSchema, request, 'invalid_request');
}

/** The parameters that the schema requires as numbers. */
const NUMBERS = ['from', 'to', 'points', 'lookback_days'];

/** Returns NaN for a text that is not a number; the schema then rejects it under its name. */
function numberOf(value: unknown): number {
  const text = String(value).trim();
  return text === '' ? Number.NaN : Number(text);
}
