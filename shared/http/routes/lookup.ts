import type { Hono } from 'hono';
import type { z } from 'zod';
import { Fault, faultCode } from '../../errors.ts';
import type { Head } from '../../generation/head.ts';
import type { HeadStore, RowSetStore } from '../../generation/ports.ts';
import type { Log } from '../../log.ts';
import type { GenerationCache } from '../../lookup/generation-cache.ts';
import type { LookupRequest, LookupResult } from '../../lookup/look-up.ts';
import { entriesOf, lookUp, servesOverrides } from '../../lookup/look-up.ts';
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

interface LookupDeps {
  readonly heads: HeadStore;
  readonly overrides: RowSetStore<Override>;
  readonly generations: GenerationCache;
  readonly queriedDimensions: QueriedDimensionReporter;
  readonly defaults: { readonly policy: Policy };
  readonly log: Log;
}

/** Registers the routes that the PM calls for overrides: look-ups and snapshots. */
export function lookupRoutes(app: Hono, deps: LookupDeps): void {
  addRoute(app, ENDPOINTS.postLookup, async c => {
    const request = parse(lookupRequestSchema, await readJson(c), 'invalid_request');
    return c.json(await respondToLookup(deps, toLookupRequest(request)));
  });

  addRoute(app, ENDPOINTS.getLookup, async c => {
    const { pattern_key, resolution, explain, ...rest } = readQuery(c, lookupQuerySchema);
    const { scope, thresholds } = parseLookupQuery(rest);
    const request = parse(
      lookupRequestSchema,
      { pattern_key, resolution, explain, scope, thresholds },
      'invalid_request',
    );
    return c.json(await respondToLookup(deps, toLookupRequest(request)));
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
      {
        pattern_key: pattern,
        generation,
        etag,
        mode,
        policy,
        resolution,
        entries: entriesOf(head).entries,
        overrides: rows,
      },
      200,
      { etag },
    );
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
  };
}

/**
 * Answers a look-up. The head is read each time, so that a change by an operator applies at once. The overrides of a
 * generation are immutable and come from the cache. If storage fails, the answer is neutral and carries `degraded`: a
 * look-up never stops the PM.
 */
async function respondToLookup(
  deps: LookupDeps,
  request: LookupRequest,
): Promise<LookupResult & { degraded?: object }> {
  let head: Head | undefined;
  let index: OverrideIndex | undefined;
  try {
    head = await deps.heads.head(request.pattern);
    if (head?.current) deps.queriedDimensions.record(request.pattern, request.scope);
    const explainsShadow = request.explain && head?.mode === 'shadow';
    if (head?.current && (servesOverrides(head.mode) || explainsShadow))
      index = await deps.generations.index(request.pattern, head.current.overrides);
  } catch (error) {
    deps.log.error('look-up answered neutral', error, { pattern: request.pattern });
    const neutral = lookUp(request, head, undefined, deps.defaults.policy);
    const degraded = {
      code: faultCode(error),
      detail: 'the overrides in force could not be read: the answer is neutral',
    };
    return { ...neutral, degraded };
  }
  return lookUp(request, head, index, deps.defaults.policy);
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
    else if (name.startsWith('thresholds.') && text.trim() !== '' && Number.isFinite(Number(text)))
      thresholds.push([name.slice('thresholds.'.length), Number(text)]);
    else throw invalidParameter(name);
  }
  return { scope: Object.fromEntries(scope), thresholds: Object.fromEntries(thresholds) };
}

function invalidParameter(name: string): Fault {
  const message = name.startsWith('thresholds.') ? 'must be a number' : 'is not a parameter of a look-up';
  return new Fault('invalid_request', `${name.slice(0, 64)} ${message}`, {
    issues: [{ path: name.slice(0, 64), message }],
  });
}

/** Returns whether an If-None-Match header matches the tag (RFC 9110: weak comparison, a list, or `*`). */
function matches(header: string | undefined, etag: string): boolean {
  return (header ?? '').split(',').some(tag => ['*', etag, `W/${etag}`].includes(tag.trim()));
}
