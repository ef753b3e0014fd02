import type { Hono } from 'hono';
import type { CycleDeps } from '../../cycle/dependencies.ts';
import { readColumns } from '../../cycle/event-window.ts';
import type { EpisodeStore } from '../../episode/episode-store.ts';
import { effectiveSettings } from '../../generation/effective-settings.ts';
import type { ReplayLever } from '../../lever/lever.ts';
import { movedFactor } from '../../lever/lever.ts';
import { REPLAY_SETTINGS } from '../../override/replay/settings.ts';
import { describeWhatIf } from '../../override/what-if/describe.ts';
import { checkRange, effectKind, findLever, toEffect } from '../../override/what-if/lever-range.ts';
import type { WhatIf, WhatIfPoint } from '../../override/what-if/what-if.ts';
import { CONFIDENCE, whatIf } from '../../override/what-if/what-if.ts';
import { parsePatternKey } from '../../pattern/pattern-key.ts';
import { normalizeScope, scopeHash } from '../../pattern/scope.ts';
import { parse } from '../../validation.ts';
import { addRoute, readJson, readQuery } from '../app.ts';
import { boundedEvents } from '../limit-events.ts';
import { ROUTES } from '../routes.ts';
import type { WhatIfAnswer, WhatIfPointAnswer, WhatIfRequest } from '../schemas/what-if.ts';
import { whatIfRequestSchema } from '../schemas/what-if.ts';

type Events = Pick<EpisodeStore, 'resolved'>;
type WhatIfDeps = Pick<CycleDeps, 'heads' | 'defaults' | 'now'> & { readonly episodes: Events };

/** Half a million events are read and counted in about 8 s of one vCPU; the HTTP API gives up after 30. */
const MAX_EVENTS = 500_000;
const NOTE =
  'Each interval holds for its own value, with events that share their fate counted together. The best of a curve was ' +
  'picked, so it looks better than it is. Counted from the base thresholds that the events log, without any override.';

/**
 * Registers the question what a threshold would have taken elsewhere; it changes nothing.
 * @param maxEvents a window with more of them is refused
 */
export function whatIfRoutes(app: Hono, runtime: WhatIfDeps, maxEvents = MAX_EVENTS): void {
  const deps = { ...runtime, episodes: boundedEvents(runtime.episodes, maxEvents) };
  addRoute(app, ROUTES.postWhatIf, async c =>
    c.json(await answer(deps, parse(whatIfRequestSchema, await readJson(c), 'invalid_request'))),
  );
  addRoute(app, ROUTES.getWhatIf, async c =>
    c.json(await answer(deps, parseWhatIfQuery(readQuery(c, ROUTES.getWhatIf.query)))),
  );
}

async function answer(deps: WhatIfDeps, request: WhatIfRequest): Promise<WhatIfAnswer> {
  const pattern = parsePatternKey(request.pattern_key);
  const scope = normalizeScope(request.scope ?? {});
  const lever = findLever(pattern, request.lever);
  checkRange(lever, request);
  const head = await deps.heads.head(pattern);
  const settings = effectiveSettings(deps.defaults, head?.settings, { lookback_days: request.lookback_days });
  const payoff = request.payoff ?? settings.payoff;
  const days = settings.lookback_days;
  const asOf = request.as_of === undefined ? deps.now() : Date.parse(request.as_of);
  const columns = await readColumns(deps.episodes, pattern, asOf, days);
  const { from, to, points } = request;
  const question = { scope, lever, from, to, points, days };
  const replayed = { ...REPLAY_SETTINGS, payoff, nMin: settings.n_min };
  const found = whatIf(pattern, columns, asOf, question, replayed);
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
    confidence: CONFIDENCE,
    ...curveAnswer(found, lever),
    sentence: describeWhatIf(found, question, { payoff }),
    note: NOTE,
  };
}

function curveAnswer(
  { curve, base, best, proven, reason, events }: WhatIf,
  lever: ReplayLever,
): Pick<WhatIfAnswer, 'events' | 'curve' | 'base' | 'best' | 'proven' | 'reason'> {
  const { leftOut, otherGates, ...groups } = events;
  return {
    events: { ...groups, left_out: leftOut, other_gates: otherGates },
    curve: curve.map(point => pointAnswer(point, lever)),
    ...(base && { base: pointAnswer(base, lever) }),
    ...(best && { best: pointAnswer(best, lever) }),
    proven,
    ...(reason !== undefined && { reason }),
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
  };
}

/** The request that a query stands for. @throws Fault `invalid_request` */
function parseWhatIfQuery(query: Readonly<Record<string, unknown>>): WhatIfRequest {
  const body: [string, unknown][] = [];
  const scope: [string, string][] = [];
  const payoff: [string, number][] = [];
  for (const [name, value] of Object.entries(query)) {
    if (value === undefined) continue;
    if (name.startsWith('scope.')) scope.push([name.slice('scope.'.length), String(value)]);
    else if (name.startsWith('payoff.')) payoff.push([name.slice('payoff.'.length), numberOf(value)]);
    else body.push([name, NUMBERS.includes(name) ? numberOf(value) : value]);
  }
  const paid = payoff.length > 0 && { payoff: Object.fromEntries(payoff) };
  const asked = { scope: Object.fromEntries(scope), ...paid, ...Object.fromEntries(body) };
  return parse(whatIfRequestSchema, asked, 'invalid_request');
}

const NUMBERS = ['from', 'to', 'points', 'lookback_days'];

/** NaN for what is no number, which the schema then refuses by its name. */
function numberOf(value: unknown): number {
  const text = String(value).trim();
  return text === '' ? Number.NaN : Number(text);
}
