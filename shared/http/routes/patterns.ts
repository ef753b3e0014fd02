import type { Context, Hono } from 'hono';
import { Fault } from '../../errors.ts';
import { rollBack, setMode, setSettings, steerRollout } from '../../generation/change-head.ts';
import { compareGenerations } from '../../generation/compare-generations.ts';
import type { Defaults } from '../../generation/effective-settings.ts';
import { effectiveSettings, requirePolicy, settingSources } from '../../generation/effective-settings.ts';
import type { Generation } from '../../generation/generation.ts';
import { findGeneration } from '../../generation/generation.ts';
import type { Head } from '../../generation/head.ts';
import { requireKnownPattern } from '../../generation/known-pattern.ts';
import type { GenerationStores, HeadStore } from '../../generation/ports.ts';
import { policyWarning } from '../../override/override.ts';
import type { PatternKey } from '../../pattern/pattern-key.ts';
import { parse } from '../../validation.ts';
import { partBytes } from '../answer-size.ts';
import { addRoute, patternParam, readJson, readQuery } from '../app.ts';
import { callerOf } from '../caller.ts';
import { pageByKey, pageByPosition } from '../pagination.ts';
import { ROUTES } from '../routes.ts';
import type { GenerationAnswer, HeadAnswer } from '../schemas/patterns.ts';
import {
  modeRequestSchema,
  rollbackRequestSchema,
  rolloutRequestSchema,
  settingsRequestSchema,
} from '../schemas/patterns.ts';

export interface PatternRoutesDeps extends GenerationStores {
  readonly defaults: Defaults;
  readonly config: { readonly setByStage: ReadonlySet<string> };
}

export function patternRoutes(app: Hono, deps: PatternRoutesDeps): void {
  addRoute(app, ROUTES.putMode, async c => {
    const pattern = patternParam(c);
    const { mode, reason } = parse(modeRequestSchema, await readJson(c), 'invalid_request');
    return c.json(headAnswer(pattern, await setMode(deps, pattern, mode, { who: callerOf(c), why: reason })));
  });

  addRoute(app, ROUTES.putSettings, c => changeSettings(c, deps));

  addRoute(app, ROUTES.getSettings, async c => {
    const pattern = await requireKnownPattern(deps.heads, patternParam(c));
    return c.json(await settingsAnswer(deps, pattern, await deps.heads.head(pattern)));
  });

  addRoute(app, ROUTES.postRollback, async c => {
    const pattern = patternParam(c);
    const { generation, reason } = parse(rollbackRequestSchema, await readJson(c), 'invalid_request');
    return c.json(
      headAnswer(pattern, await rollBack(deps, pattern, generation, { who: callerOf(c), why: reason })),
    );
  });

  addRoute(app, ROUTES.postRollout, async c => {
    const pattern = patternParam(c);
    const { action, reason } = parse(rolloutRequestSchema, await readJson(c), 'invalid_request');
    return c.json(
      headAnswer(pattern, await steerRollout(deps, pattern, action, { who: callerOf(c), why: reason })),
    );
  });

  addRoute(app, ROUTES.getGenerations, async c => {
    const { diff, ...query } = readQuery(c, ROUTES.getGenerations.query);
    const pattern = await requireKnownPattern(deps.heads, patternParam(c));
    const { current, retained } = await retainedGenerations(deps.heads, pattern);
    const answerOf = (g: Generation): GenerationAnswer => generationAnswer(g, g === current);
    const answer = { pattern_key: pattern, changes: await deps.changes.audits(pattern) };
    if (diff === undefined) {
      const page = pageByKey(retained.map(answerOf), g => String(g.generation), query, partBytes(answer));
      return c.json({ ...answer, generations: page.rows, ...page.next });
    }
    const [from, to] = comparedGenerations(retained, diff);
    const { overrides, ...rest } = await compareGenerations(deps, pattern, from, to);
    const generations = [to, from].map(answerOf);
    const reserved = partBytes({ ...answer, generations });
    const page = pageByPosition(overrides, `${from.generation}-${to.generation}`, query, reserved);
    return c.json({ ...answer, generations, diff: { ...rest, overrides: page.rows }, ...page.next });
  });
}

async function changeSettings(c: Context, deps: PatternRoutesDeps): Promise<Response> {
  const pattern = patternParam(c);
  const request = parse(settingsRequestSchema, await readJson(c), 'invalid_request');
  const { reason, policy, challengers, ...rest } = request;
  const settings = {
    ...rest,
    ...(policy !== undefined && { policy: policy === null ? null : requirePolicy(policy) }),
    ...(challengers !== undefined && { challengers: challengers?.map(requirePolicy) ?? null }),
  };
  const head = await setSettings(deps, pattern, settings, { who: callerOf(c), why: reason });
  return c.json(await settingsAnswer(deps, pattern, head));
}

async function settingsAnswer(
  { defaults, config, heads }: PatternRoutesDeps,
  pattern: PatternKey,
  head: Head | undefined,
) {
  const effective = effectiveSettings(defaults, head?.settings);
  const warning = policyWarning(effective.policy);
  const payoffs = (await heads.evidence(pattern))?.payoffs;
  return {
    pattern_key: pattern,
    ...effective,
    ...(payoffs && { payoffs }),
    sources: settingSources(effective, head?.settings, config.setByStage),
    ...(warning !== undefined && { warning }),
    last_change: head?.last_change ?? null,
  };
}

/** Reads the generation in force and all retained generations, newest first. */
async function retainedGenerations(
  heads: HeadStore,
  pattern: PatternKey,
): Promise<{ current: Generation | undefined; retained: Generation[] }> {
  const current = (await heads.head(pattern))?.current;
  const past = await heads.archived(pattern);
  const retained = past.filter(g => g.generation !== current?.generation);
  if (current) retained.push(current);
  return { current, retained: retained.sort((a, b) => b.generation - a.generation) };
}

/**
 * Finds the two generations of a comparison.
 * @param numbers the two generation numbers, as `A,B`
 * @throws Fault `unknown_generation`
 */
function comparedGenerations(retained: readonly Generation[], numbers: string): [Generation, Generation] {
  const [from, to] = numbers.split(',').map(number => findGeneration(retained, Number(number)));
  if (!from || !to) throw new Fault('invalid_request', 'diff requires two generations such as 3,4');
  return [from, to];
}

function headAnswer(pattern: PatternKey, head: Head): HeadAnswer {
  return {
    pattern_key: pattern,
    mode: head.mode,
    generation: head.current?.generation ?? 0,
    latest_generation: head.latest,
    last_change: head.last_change,
  };
}

function generationAnswer(generation: Generation, in_force: boolean): GenerationAnswer {
  const { lessons, overrides, ...rest } = generation;
  return { ...rest, in_force, lessons: lessons.rows, overrides: overrides.rows };
}
