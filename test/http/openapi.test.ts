import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { z } from 'zod';
import { MONITOR_ENDPOINTS } from '../../shared/http/endpoints.ts';
import { openApiDocument } from '../../shared/http/openapi.ts';
import type { Route } from '../../shared/http/routes.ts';
import { ROUTES } from '../../shared/http/routes.ts';
import type { Api } from '../support/api.ts';
import { events, openApi } from '../support/api.ts';
import { DX, iso, NOW, S1, S2 } from '../support/episodes.ts';
import { unreachableTarget } from '../support/notify-file.ts';
import { tryCandidate } from '../support/try-candidate.ts';

const GATES = { ts_score: 0.58, ts_min: 0.6, halo_distance: 0.5, halo_max: 1, slope_ok: true };

interface Operation {
  readonly operationId: string;
  readonly summary: string;
  readonly parameters: readonly { readonly name: string; readonly in: string; readonly required: boolean }[];
  readonly requestBody?: object;
  readonly responses: Readonly<
    Record<string, { readonly description?: string; readonly content?: Readonly<Record<string, unknown>> }>
  >;
}
const document = JSON.parse(JSON.stringify(openApiDocument())) as {
  readonly openapi: string;
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
};
const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, operation]) => ({ path, method, ...operation })),
);

/** Returns the object that a reference of the document leads to. */
function componentOf(reference: string): unknown {
  return reference
    .slice(2)
    .split('/')
    .reduce<unknown>((node, key) => (node as Record<string, unknown> | undefined)?.[key], document);
}

/** Yields every value under a name, anywhere in a document. */
function* valuesOf(node: unknown, name: string): Generator<unknown> {
  if (typeof node !== 'object' || node === null) return;
  for (const [key, value] of Object.entries(node)) {
    if (key === name) yield value;
    yield* valuesOf(value, name);
  }
}

describe('the OpenAPI document', () => {
  it('The OpenAPI document has version 3.1', () => {
    expect(document.openapi).toBe('3.1.0');
  });

  it('Every reference in the OpenAPI document leads to an object of the same document', () => {
    const references = [...valuesOf(document, '$ref')] as string[];
    expect(references.length).toBeGreaterThan(10);
    for (const reference of references) {
      expect(reference).toMatch(/^#\//);
      expect([reference, typeof componentOf(reference)]).toEqual([reference, 'object']);
    }
    expect([...valuesOf(document, '$defs')]).toEqual([]);
  });

  it('The OpenAPI document names every operation once', () => {
    expect(operations.map(o => o.operationId).sort()).toEqual(Object.keys(ROUTES).sort());
  });

  it.each([
    ['post', '/v1/events'],
    ['post', '/v1/outcomes'],
    ['post', '/v1/overrides/lookup'],
    ['get', '/v1/overrides/lookup'],
    ['post', '/ofrep/v1/evaluate/flags/{key}'],
    ['post', '/ofrep/v1/evaluate/flags'],
    ['get', '/v1/overrides'],
    ['get', '/v1/lessons'],
    ['get', '/v1/snapshots'],
    ['get', '/v1/snapshots/{pattern_key}'],
    ['get', '/v1/status'],
    ['post', '/v1/cycles'],
    ['get', '/v1/cycles'],
    ['get', '/v1/cycles/{id}'],
    ['get', '/v1/changes'],
    ['get', '/v1/events'],
    ['get', '/v1/mode'],
    ['get', '/v1/parked'],
    ['get', '/v1/patterns/{pattern_key}/doctor'],
    ['put', '/v1/mode'],
    ['get', '/v1/writers'],
    ['put', '/v1/writers'],
    ['get', '/v1/patterns/{pattern_key}/settings'],
    ['get', '/v1/patterns/{pattern_key}/generations'],
    ['get', '/v1/patterns/{pattern_key}/evidence'],
    ['get', '/v1/patterns/{pattern_key}/guard'],
    ['get', '/v1/patterns/{pattern_key}/nmin'],
    ['post', '/v1/whatif'],
    ['put', '/v1/patterns/{pattern_key}/mode'],
    ['put', '/v1/patterns/{pattern_key}/settings'],
    ['post', '/v1/patterns/{pattern_key}/rollback'],
    ['post', '/v1/patterns/{pattern_key}/rollout'],
    ['get', '/healthz'],
    ['get', '/openapi.json'],
  ])('The OpenAPI document describes the operation %s %s', (method, path) => {
    expect(document.paths[path]?.[method]?.summary).toBeTruthy();
  });

  it('The OpenAPI document has the 36 operations of the contract and no others', () => {
    expect(operations).toHaveLength(36);
  });

  it('Every operation declares the parameters of its path, and its errors as problem+json, those of flags as JSON', () => {
    for (const operation of operations) {
      const inPath = operation.parameters.filter(p => p.in === 'path').map(p => `{${p.name}}`);
      expect(inPath).toEqual(operation.path.match(/\{\w+\}/g) ?? []);
      const errors = Object.entries(operation.responses).filter(([status]) => Number(status) >= 400);
      expect(errors.length).toBeGreaterThan(0);
      for (const [, { content }] of errors)
        expect(Object.keys(content ?? {})).toEqual([
          operation.path.startsWith('/ofrep/') ? 'application/json' : 'application/problem+json',
        ]);
    }
  });

  it('Every operation with a pattern of readers or operators documents 404 unknown_pattern', () => {
    const documented = operations.filter(o =>
      (o.responses[404]?.description ?? '').includes('unknown_pattern'),
    );
    expect(documented.map(o => o.operationId).sort()).toEqual(
      [
        ...[
          'getChanges',
          'getOverrides',
          'getLessons',
          'postCycle',
          'getGenerations',
          'getGuard',
          'getEvidence',
          'getNMin',
          'getEvents',
          'getSettings',
          'getParked',
          'getWriters',
          'getDoctor',
        ],
        ...['postWhatIf', 'getWhatIf', 'putMode', 'putSettings', 'postRollback', 'postRollout'],
      ].sort(),
    );
  });

  it('Every object of a request forbids members that it does not name, except names that the caller chooses', () => {
    const open: string[] = [];
    const visit = (node: unknown, path: string): void => {
      if (typeof node !== 'object' || node === null) return;
      const { properties, additionalProperties, $ref } = node as Record<string, unknown>;
      if (typeof $ref === 'string') visit(componentOf($ref), $ref);
      // A schema of further members means that the caller chooses their names.
      if (
        properties !== undefined &&
        additionalProperties !== false &&
        typeof additionalProperties !== 'object'
      )
        open.push(path);
      for (const [name, inner] of Object.entries(node)) visit(inner, `${path}.${name}`);
    };
    const bodies = operations.flatMap(o => (o.requestBody === undefined ? [] : [o]));
    expect(bodies.length).toBeGreaterThan(6);
    for (const { operationId, requestBody } of bodies) visit(requestBody, operationId);
    expect(open).toEqual([]);
  });
});

describe('the served API', () => {
  let api: Api;
  beforeAll(async () => {
    api = await openApi({
      now: () => NOW,
      environment: { N_MIN: '5' },
      notifications: unreachableTarget(),
    });
  });
  afterAll(() => api.close());

  it('The API serves exactly the routes of the OpenAPI document, and metrics as text', () => {
    const served = api.service.app.routes
      .filter(({ method, path }) => method !== 'ALL' && path !== MONITOR_ENDPOINTS.getMetrics.path)
      .map(route => `${route.method.toLowerCase()} ${route.path.replaceAll(/:(\w+)/g, '{$1}')}`);
    expect([...new Set(served)].sort()).toEqual(operations.map(o => `${o.method} ${o.path}`).sort());
  });

  it('Every operation gives each documented answer, without undocumented fields', async () => {
    const visited = new Set<string>();
    const visit = async (name: keyof typeof ROUTES, path: string, body?: unknown, status = 200) => {
      const route: Route = ROUTES[name];
      const response = await api.send(route.method, path, body);
      expect([name, response.status]).toEqual([name, status]);
      const schema = route.answers[status] as z.ZodType | null | undefined;
      if (schema === undefined) throw new Error(`${name} documents no ${status}`);
      visited.add(`${name} ${status}`);
      if (schema === null) return {};
      const answer = (await response.json()) as Record<string, unknown>;
      // Parsing drops undocumented members, so equality proves that there are none.
      expect(schema.parse(answer)).toEqual(answer);
      return answer;
    };
    const patternPath = `/v1/patterns/${S1}`;
    const scope = { chain: 'solana', bucket: 'nano' };
    await visit('getHealth', '/healthz');
    await visit('getOpenApi', '/openapi.json');
    await visit('getStatus', '/v1/status');
    await visit('postEvents', '/v1/events', {
      events: [
        ...events(20, 'a', { scope, factors: GATES }),
        ...events(4, 'b', { scope: { chain: 'base' }, factors: GATES, decision: 'acted' }),
      ],
    });
    await visit('postEvents', '/v1/events', { events: [events(1, 'p', { outcome: null })[0], {}] }, 207);
    const ladder = { pattern: DX, decision: 'acted', factors: { dx_count: 3 }, scope } as const;
    await visit('postEvents', '/v1/events', { events: events(40, 'dx', ladder) });
    const report = { pattern_key: S1, episode_id: 'p-0', outcome: 'failure' };
    await visit('postOutcomes', '/v1/outcomes', { outcomes: [report, { ...report, episode_id: 'x' }] });
    await visit('postOutcomes', '/v1/outcomes', { outcomes: [report, {}] }, 207);
    const { cycle_id } = await visit('postCycle', '/v1/cycles?wait=true', {
      as_of: iso(NOW),
      publish: true,
      reason: 'tour',
    });
    await visit('postCycle', '/v1/cycles', { pattern_key: DX, as_of: iso(NOW) }, 202);
    await api.service.stateMachine.idle();
    await visit('getCycle', `/v1/cycles/${cycle_id}`);
    const { next } = await visit('getCycles', '/v1/cycles?limit=1');
    expect(next).toBeTruthy();
    await visit('getCycles', `/v1/cycles?limit=1&next=${next}`);
    for (const pattern of [S1, DX]) {
      const lessons = await visit('getLessons', `/v1/lessons?pattern_key=${pattern}&limit=1`);
      await visit(
        'getLessons',
        `/v1/lessons?pattern_key=${pattern}&next=${encodeURIComponent(String(lessons.next))}`,
      );
      await visit('getLessons', `/v1/lessons?pattern_key=${pattern}&near=true`);
      const overrides = await visit('getOverrides', `/v1/overrides?pattern_key=${pattern}&limit=1`);
      await visit(
        'getOverrides',
        `/v1/overrides?pattern_key=${pattern}&next=${encodeURIComponent(String(overrides.next))}`,
      );
    }
    const lookup = { pattern_key: S1, scope, thresholds: { ts_min: 0.6 }, explain: true };
    for (const resolution of ['blend', 'most-specific', 'product'])
      await visit('postLookup', '/v1/overrides/lookup', { ...lookup, resolution });
    await visit('getLookup', `/v1/overrides/lookup?pattern_key=${S1}&scope.chain=solana&explain=true`);
    const moved = { pattern_key: S1, lever: 'ts_min', from: 0.8, to: 1.2, as_of: iso(NOW) };
    await visit('postWhatIf', '/v1/whatif', moved);
    await visit('postWhatIf', '/v1/whatif', { ...moved, lever: 'slope_min', from: -1, to: 1 });
    await visit('getWhatIf', `/v1/whatif?pattern_key=${S1}&lever=ts_min&from=0.8&to=1.2&scope.chain=base`);
    const page = await visit('getSnapshots', '/v1/snapshots?limit=1');
    await visit('getSnapshots', `/v1/snapshots?next=${page.next}`);
    const { etag } = await visit('getSnapshot', `/v1/snapshots/${S1}`);
    const conditional = await api.service.app.request(`/v1/snapshots/${S1}`, {
      headers: { 'if-none-match': String(etag) },
    });
    expect([conditional.status, conditional.headers.get('etag'), await conditional.text()]).toEqual([
      304,
      etag,
      '',
    ]);
    await api.postEvents(events(20, 'c', { scope, decision: 'acted', outcome: 'failure' }));
    await visit('postCycle', '/v1/cycles?wait=true', {
      as_of: iso(NOW),
      publish: true,
      reason: 'tour',
    });
    await visit('getEvidence', `${patternPath}/evidence`);
    await visit('postOutcomes', '/v1/outcomes', { outcomes: [{ ...report, pattern_key: S2 }] });
    await visit('postEvents', '/v1/events', { events: events(1, 's2', { pattern: S2 }) });
    await visit('getEvidence', `/v1/patterns/${S2}/evidence`);
    const trial = await visit('postCycle', '/v1/cycles?wait=true', { n_min: 12, reason: 'tour' });
    const computed = `pattern_key=${S1}&cycle_id=${trial.cycle_id}`;
    await visit('getLessons', `/v1/lessons?${computed}`);
    await visit('getLessons', `/v1/lessons?${computed}&near=true`);
    await visit('getOverrides', `/v1/overrides?${computed}`);
    await visit('getNMin', `${patternPath}/nmin?as_of=${iso(NOW)}&lookback_days=90`);
    await visit('getNMin', `/v1/patterns/${S2}/nmin`);
    await visit('getGuard', `${patternPath}/guard`);
    await visit('getGuard', `/v1/patterns/${S2}/guard`);
    await visit('getGenerations', `${patternPath}/generations?diff=1,2`);
    await visit('putSettings', `${patternPath}/settings`, {
      n_min: 9,
      payoff: { win: 3, loss: 1 },
      reason: 'tour',
    });
    for (const pattern of [S1, S2, DX]) await visit('getDoctor', `/v1/patterns/${pattern}/doctor`);
    await visit('getSettings', `${patternPath}/settings`);
    const listed = await visit('getEvents', `/v1/events?pattern_key=${S1}&limit=2`);
    await visit('getEvents', `/v1/events?pattern_key=${S1}&limit=2&next=${listed.next}`);
    await visit('getEvents', `/v1/events?pattern_key=${S1}&episode_id=a-1`);
    const waiting = await visit('getParked', `/v1/parked?pattern_key=${S1}&limit=1`);
    expect(waiting.parked).toHaveLength(1);
    await visit('getWriters', `/v1/writers?limit=1`);
    for (const excluded of [true, false])
      await visit('putWriter', '/v1/writers', { writer: 'local', excluded, reason: 'tour' });
    await visit('postNotificationTest', '/v1/notifications/test', { target: 'ops' });
    await visit('getServiceMode', '/v1/mode');
    for (const mode of ['off', 'live']) {
      await visit('putServiceMode', '/v1/mode', { mode, reason: 'tour' });
      await visit('postLookup', '/v1/overrides/lookup', lookup);
      await visit('getSnapshot', `/v1/snapshots/${S1}`);
      await visit('postFlag', `/ofrep/v1/evaluate/flags/${S1}.ts_min`, { context: lookup.scope });
      await visit('postFlags', '/ofrep/v1/evaluate/flags', {});
      await visit('getChanges', '/v1/changes?limit=1');
    }
    await visit('getServiceMode', '/v1/mode');
    await tryCandidate(api.service.runtime.heads, S1);
    await visit('getStatus', '/v1/status');
    await visit('getGuard', `${patternPath}/guard`);
    await visit('postRollout', `${patternPath}/rollout`, { action: 'hold', reason: 'tour' });
    await visit('postRollback', `${patternPath}/rollback`, { generation: 1, reason: 'tour' });
    for (const mode of ['shadow', 'off', 'frozen', 'retired', 'live']) {
      await visit('putMode', `${patternPath}/mode`, { mode, reason: 'tour' });
      await visit('postLookup', '/v1/overrides/lookup', lookup);
      await visit('getSnapshot', `/v1/snapshots/${S1}`);
    }
    await visit('getGenerations', `${patternPath}/generations`);
    const changes = await visit('getChanges', '/v1/changes?limit=1');
    await visit(
      'getChanges',
      `/v1/changes?pattern_key=${S1}&from=${iso(NOW)}&next=${encodeURIComponent(String(changes.next))}`,
    );
    await visit('getStatus', '/v1/status');
    const documented = Object.entries<Route>(ROUTES).flatMap(([name, route]) =>
      Object.keys(route.answers).map(status => `${name} ${status}`),
    );
    expect(documented.filter(answer => !visited.has(answer))).toEqual([
      'getSnapshots 304',
      'getSnapshot 304',
      'postFlags 304',
    ]);
  });
});
