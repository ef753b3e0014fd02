import type { Hono } from 'hono';
import type { z } from 'zod';
import { Fault, faultCode } from '../../errors.ts';
import type { Head } from '../../generation/head.ts';
import type { HeadStore, RowSetStore } from '../../generation/ports.ts';
import type { Log } from '../../log.ts';
import type { GenerationCache } from '../../lookup/generation-cache.ts';
import type { LookupRequest, LookupResult } from '../../lookup/look-up.ts';
import { lookUp, servesOverrides } from '../../lookup/look-up.ts';
import type { QueriedDimensionReporter } from '../../lookup/queried-dimensions.ts';
import type { Override, Policy } from '../../override/override.ts';
import { DEFAULT_RESOLUTION } from '../../override/override.ts';
import type { OverrideIndex } from '../../override/override-index.ts';
import { parsePatternKey } from '../../pattern/pattern-key.ts';
import { normalizeScope } from '../../pattern/scope.ts';
import { parse } from '../../validation.ts';
import { addRoute, patternParam, readJson, readQuery } from '../app.ts';
import { ENDPOINTS } from '../endpoints.ts';
import { lookupQuerySchema, lookupRequestSchema } from '../schemas/lookup.ts';

export interface LookupDeps {
  readonly heads: HeadStore;
  readonly overrides: RowSetStore<Override>;
  readonly generations: GenerationCache;
  readonly queriedDimensions: QueriedDimensionReporter;
  readonly defaults: { readonly policy: Policy };
  readonly log: Log;
}

/** Registers what the PM asks. */
export function lookupRoutes(app: Hono, deps: LookupDeps): void {
  addRoute(app, ENDPOINTS.postLookup, async c => {
    const request = parse(lookupRequestSchema, await readJson(c), 'invalid_request');
    return c.json(await answer(deps, toQuestion(request)));
  });

  addRoute(app, ENDPOINTS.getLookup, async c => {
    const { pattern_key, resolution, explain, ...rest } = readQuery(c, lookupQuerySchema);
    const { scope, thresholds } = parseLookupQuery(rest);
    const request = parse(
      lookupRequestSchema,
      { pattern_key, resolution, explain, scope, thresholds },
      'invalid_request',
    );
    return c.json(await answer(deps, toQuestion(request)));
  });

  addRoute(app, ENDPOINTS.getSnapshot, async c => {
    const pattern = patternParam(c);
    const head = await deps.heads.head(pattern);
    const current = head?.current;
    const mode = head?.mode ?? 'live';
    const served = current && servesOverrides(mode) ? current : undefined;
    const generation = current?.generation ?? 0;
    const etag = `"${generation}-${served ? served.hash.slice(0, 16) : `neutral-${mode}`}"`;
    if (matches(c.req.header('if-none-match'), etag)) return c.body(null, 304, { etag });
    const overrides = served ? await deps.overrides.read(pattern, served.overrides) : [];
    const policy = current?.policy ?? deps.defaults.policy;
    const resolution = current?.resolution ?? DEFAULT_RESOLUTION[policy];
    const rows = overrides.map(override => ({ pattern_key: pattern, ...override }));
    return c.json(
      { pattern_key: pattern, generation, etag, mode, policy, resolution, overrides: rows },
      200,
      { etag },
    );
  });
}

/** @throws Fault `invalid_pattern_key`, `invalid_scope` */
function toQuestion(request: z.output<typeof lookupRequestSchema>): LookupRequest {
  return {
    pattern: parsePatternKey(request.pattern_key),
    scope: normalizeScope(request.scope),
    thresholds: request.thresholds ?? {},
    resolution: request.resolution,
    explain: request.explain ?? false,
  };
}

/**
 * The head is read each time, so that an operator's word holds at once; the generation comes from memory.
 * When the store fails the answer is neutral and says so: the PM's look-up never breaks the PM.
 */
async function answer(
  deps: LookupDeps,
  question: LookupRequest,
): Promise<LookupResult & { degraded?: object }> {
  let head: Head | undefined;
  let index: OverrideIndex | undefined;
  try {
    head = await deps.heads.head(question.pattern);
    if (head?.current) deps.queriedDimensions.record(question.pattern, question.scope);
    const explains = question.explain && head?.mode === 'shadow';
    if (head?.current && (servesOverrides(head.mode) || explains))
      index = await deps.generations.index(question.pattern, head.current.overrides);
  } catch (error) {
    deps.log.error('look-up answered neutral', error, { pattern: question.pattern });
    const neutral = lookUp(question, head, undefined, deps.defaults.policy);
    const degraded = {
      code: faultCode(error),
      detail: 'what is in force could not be read; the answer is neutral',
    };
    return { ...neutral, degraded };
  }
  return lookUp(question, head, index, deps.defaults.policy);
}

interface Parameters {
  readonly scope: Record<string, string>;
  readonly thresholds: Record<string, number>;
}

/** `scope.NAME=value` and `thresholds.NAME=number` of a query. @throws Fault `invalid_request` */
function parseLookupQuery(rest: Readonly<Record<string, unknown>>): Parameters {
  const scope: [string, string][] = [];
  const thresholds: [string, number][] = [];
  for (const [name, value] of Object.entries(rest)) {
    const text = String(value);
    if (name.startsWith('scope.')) scope.push([name.slice('scope.'.length), text]);
    else if (name.startsWith('thresholds.') && text.trim() !== '' && Number.isFinite(Number(text)))
      thresholds.push([name.slice('thresholds.'.length), Number(text)]);
    else throw unreadable(name);
  }
  return { scope: Object.fromEntries(scope), thresholds: Object.fromEntries(thresholds) };
}

function unreadable(name: string): Fault {
  const message = name.startsWith('thresholds.') ? 'must be a number' : 'is no parameter of a look-up';
  return new Fault('invalid_request', `${name.slice(0, 64)} ${message}`, {
    issues: [{ path: name.slice(0, 64), message }],
  });
}

/** Whether an If-None-Match header names the tag (RFC 9110: weak comparison, a list, or `*`). */
function matches(header: string | undefined, etag: string): boolean {
  return (header ?? '').split(',').some(tag => ['*', etag, `W/${etag}`].includes(tag.trim()));
}
