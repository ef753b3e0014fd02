import { afterAll, beforeAll, expect, it } from 'vitest';
import * as z from 'zod';
import { openApiDocument } from '../../shared/http/openapi.ts';
import type { Route } from '../../shared/http/routes.ts';
import { ROUTES } from '../../shared/http/routes.ts';
import { problemSchema } from '../../shared/http/schemas/problem.ts';
import type { Api } from '../support/api.ts';
import { events, openApi } from '../support/api.ts';
import { DX, iso, NOW, S1, S2 } from '../support/episodes.ts';
import { measurement } from '../support/measurements.ts';
import { unreachableTarget } from '../support/notify-file.ts';
import { randomOf } from '../support/random.ts';
import { tryCandidate } from '../support/try-candidate.ts';

/*
 * The fuzz test makes random requests, mostly well-formed, from the OpenAPI document. No answer may be 5xx, every error
 * must be problem+json, and every 2xx answer must match its schema.
 */

const REQUESTS = 20_000;
/** The test takes about 25 s on an idle machine. */
const TIMEOUT_MS = 300_000;
const SEED = 20250120;

type Json = Record<string, unknown>;
const document = openApiDocument() as {
  readonly components: { readonly schemas: Readonly<Record<string, Json>> };
};
const jsonDocument = JSON.parse(JSON.stringify(openApiDocument())) as {
  paths: Record<string, Record<string, { requestBody?: { content: Record<string, { schema: Json }> } }>>;
};

const random = randomOf(SEED);
const chance = (p: number): boolean => random() < p;
const integerBelow = (below: number): number => Math.floor(random() * below);
const pick = <T>(options: readonly T[]): T => options[integerBelow(options.length)] as T;

const TEXTS = [
  '',
  ' ',
  'x',
  '__proto__',
  'constructor',
  'toString',
  '#pk',
  ':v',
  'a\u0000b',
  '"',
  '\\',
  'é',
  'e\u0301',
  '🚀',
  '\ud800',
  '\u202e',
  '1',
  'true',
  'null',
  '../..',
  '%00',
  '\n',
  'x'.repeat(129),
  'x'.repeat(3000),
  '$(jndi)',
  '<b>',
  "'; DROP TABLE",
];
const NUMBERS = [0, -0, 1, -1, 2, 33, 0.5, 1e21, -1e-7, 1e308, Number.MAX_SAFE_INTEGER, 500, 1001];
const ODD_VALUES: readonly unknown[] = [
  null,
  true,
  false,
  [],
  {},
  [[]],
  [null],
  { a: { b: [] } },
  ...NUMBERS,
  ...TEXTS,
];
const TIMES = [
  iso(NOW),
  iso(NOW - 1),
  '2025-01-10T00:00:00+05:30',
  '2000-01-01T00:00:00Z',
  '1970-01-01T00:00:00Z',
  '2100-01-01T00:00:00Z',
  '9999-12-31T23:59:59-23:00',
  '0000-01-01T00:00:00+23:00',
  '2025-02-30T00:00:00Z',
  'yesterday',
];
const PATTERNS = [
  S1,
  S2,
  DX,
  'pm.s1_entry',
  'module=pm|pattern_key=uptrend.S1.entry',
  'pm.unknown.S9.thing',
  'pm',
];
const DIMENSIONS = ['chain', 'bucket', 'timeframe', 'constructor', 'toString', 'd1'];
const GATES = { ts_score: 0.58, ts_min: 0.6, halo_distance: 0.5, halo_max: 1, slope_ok: true };
const EPISODE_IDS = ['a-1', 'a-2', 'b-1', 'new'];

/** Plausible values by the name of their field, so that most requests pass validation. */
const BY_NAME: Readonly<Record<string, () => unknown>> = {
  pattern_key: () => pick(PATTERNS),
  episode_id: () => (chance(0.5) ? pick(EPISODE_IDS) : `f${integerBelow(500)}`),
  trade_id: () => pick(['t1', 't2']),
  timestamp: () => pick(TIMES),
  resolved_at: () => pick(TIMES),
  as_of: () => pick(TIMES),
  outcome: () => pick(['success', 'failure', 'neutral', 'missed', 'correct_skip']),
  decision: () => pick(['acted', 'skipped']),
  policy: () => pick(['drift', 'replay', 'model', 'best']),
  target: () => pick(['ops', 'other']),
  n_min: () => pick([1, 5, 33, 100]),
  lookback_days: () => pick([1, 90, 366]),
  generation: () => pick([1, 2, 3, 7]),
  reason: () => pick(['fuzz', 'x']),
  lever: () => pick(['ts_min', 'halo_max', 'tuning_s2_ts_min', 'slope_min', 'dx_min']),
  from: () => pick([0.5, 0.8, 0.99, -0.001, '2000-01-01T00:00:00Z']),
  to: () => pick([1, 1.2, 2, 0.001, iso(NOW)]),
  points: () => pick([2, 41, 201, 202]),
  scope: () =>
    Object.fromEntries(
      DIMENSIONS.filter(() => chance(0.4)).map(name => [name, pick(['solana', 'nano', 1, true, '15m'])]),
    ),
  factors: () => ({
    ts_score: random(),
    dx_count: integerBelow(4),
    ts_ok: chance(0.5),
    own: pick(TEXTS),
    blocked_by: ['ts', pick(TEXTS)],
  }),
  thresholds: () => ({ ts_min: 0.6, halo_max: 2, own: pick(NUMBERS) }),
};

/** Returns a random value that fits a JSON schema, or in 2 % of the calls any other value. */
function sampleOf(schema: Json, name: string): unknown {
  if (chance(0.02)) return pick(ODD_VALUES);
  const reference = typeof schema.$ref === 'string' ? schema.$ref.split('/').at(-1) : undefined;
  if (reference !== undefined) return sampleOf(document.components.schemas[reference] ?? {}, name);
  const known = Object.hasOwn(BY_NAME, name) ? BY_NAME[name] : undefined;
  if (known) return known();
  if (schema.contains !== undefined) return listOf(schema.contains as Json);
  const options = (schema.anyOf ?? schema.oneOf) as Json[] | undefined;
  if (options) return sampleOf(pick(options), name);
  if (Array.isArray(schema.enum)) return pick(schema.enum);
  switch (schema.type) {
    case 'object':
      return objectOf(schema);
    case 'array':
      return listOf((schema.items ?? {}) as Json);
    case 'number':
    case 'integer':
      return pick(NUMBERS);
    case 'boolean':
      return chance(0.5);
    default:
      return pick(TEXTS);
  }
}

const listOf = (items: Json): unknown[] => Array.from({ length: integerBelow(5) }, () => sampleOf(items, ''));

function objectOf(schema: Json): Json {
  const properties = (schema.properties ?? {}) as Record<string, Json>;
  const required = (schema.required ?? []) as string[];
  const entries = Object.entries(properties)
    .filter(([name]) => chance(required.includes(name) ? 0.98 : 0.5))
    .map(([name, inner]): [string, unknown] => [name, sampleOf(inner, name)]);
  if (chance(0.03)) entries.push([pick(TEXTS), pick(ODD_VALUES)]);
  return Object.fromEntries(entries);
}

function bodyOf(route: Route): string | undefined {
  const schema =
    jsonDocument.paths[route.path]?.[route.method.toLowerCase()]?.requestBody?.content['application/json']
      ?.schema;
  if (!schema) return route.method === 'GET' ? undefined : '{}';
  if (chance(0.03)) return JSON.stringify(pick(ODD_VALUES));
  const text = JSON.stringify(sampleOf(schema, '')) ?? '';
  return chance(0.03) ? text.slice(0, integerBelow(text.length + 1)) : text;
}

/** Ends of the keys of flags behind a pattern. */
const FLAG_ENDS = ['', '.ts_min', '.halo_max', '.slope_min.delta', '.dx_min', '.none', '.delta', '.'];

function pathOf(route: Route): string {
  const encode = (value: unknown): string => encodeURIComponent(String(value).toWellFormed());
  const path = route.path
    .replace('{pattern_key}', encode(chance(0.9) ? pick(PATTERNS) : pick(TEXTS)) || 'x')
    .replace('{key}', encode(chance(0.9) ? `${pick(PATTERNS)}${pick(FLAG_ENDS)}` : pick(TEXTS)) || 'x')
    .replace('{id}', encode(chance(0.5) ? pick(cycleIds) : pick(TEXTS)) || 'x');
  const query: [string, unknown][] = [];
  for (const name of Object.keys(route.query?.shape ?? {})) {
    if (name === 'pattern_key') query.push([name, pick(PATTERNS)]);
    else if (route === ROUTES.getChanges && ['from', 'to'].includes(name)) {
      if (chance(0.5)) query.push([name, pick(TIMES)]);
    } else if (['lever', 'from', 'to'].includes(name))
      query.push([name, chance(0.9) ? BY_NAME[name]?.() : pick(ODD_VALUES)]);
    else if (chance(0.5)) continue;
    else if (name === 'limit') query.push([name, pick([1, 2, 100, 1000, 0, 1001, 'x', '', '1e2'])]);
    else if (name === 'next') query.push([name, pick([...pageTokens, ...TEXTS])]);
    else if (name === 'diff') query.push([name, pick(['1,2', '2,1', '1,1', '1,99', '1', 'x', ''])]);
    else if (name === 'resolution') query.push([name, pick(['blend', 'most-specific', 'product', 'best'])]);
    else if (name === 'as_of') query.push([name, pick(TIMES)]);
    else if (name === 'cycle_id') query.push([name, pick([...cycleIds, ''])]);
    else query.push([name, pick(['true', 'false', '1', '2', ''])]);
  }
  if (route === ROUTES.getLookup || route === ROUTES.getWhatIf) {
    for (const name of DIMENSIONS) if (chance(0.3)) query.push([`scope.${name}`, pick(['solana', ...TEXTS])]);
    if (chance(0.5) && route === ROUTES.getLookup) query.push(['thresholds.ts_min', pick(NUMBERS)]);
    else if (chance(0.3)) query.push(['payoff.win', pick(NUMBERS)], ['payoff.loss', 1]);
  }
  if (chance(0.03)) query.push([pick(TEXTS), pick(TEXTS)]);
  const queryText = query.map(([name, value]) => `${encode(name)}=${encode(value)}`).join('&');
  return queryText === '' ? path : `${path}?${queryText}`;
}

const cycleIds: string[] = ['none'];
const pageTokens: string[] = [`1.${'0'.repeat(32)}.${'0'.repeat(32)}#tuning`];

let api: Api;
beforeAll(async () => {
  api = await openApi({
    now: () => NOW,
    environment: { N_MIN: '5' },
    notifications: unreachableTarget(),
  });
  await api.postEvents([
    ...events(60, 'a', { scope: { chain: 'solana', bucket: 'nano' }, factors: GATES }),
    ...events(20, 'b', { decision: 'acted', factors: GATES }),
  ]);
  await api.postEvents(events(60, 'dx', { pattern: DX, factors: { dx_count: 3 } }));
  cycleIds.push((await api.cycle({ as_of: iso(NOW) })).cycle_id);
});
afterAll(() => api.close());

const ofStatus = (status: number) => problemSchema.extend({ status: z.literal(status) });

it(
  `[V4] [R1] ${REQUESTS} random requests get no 5xx, every error is problem+json or one of OFREP, and every answer matches its schema`,
  async () => {
    const routes = Object.entries<Route>(ROUTES);
    const answerCounts = new Map<string, number>();
    for (let i = 0; i < REQUESTS; ) {
      const [name, route] = pick(routes);
      // A run takes long, so only a few are started. Each ends before the next request.
      if (name === 'postCycle' && chance(0.95)) continue;
      i++;
      const { method } = route;
      if (name === 'postRollout') await tryCandidate(api.service.runtime.heads, S1);
      const path = pathOf(route);
      const body = bodyOf(route);
      const response = await api.send(method, path, body);
      const text = await response.text();
      const description = `#${i} ${method} ${path.slice(0, 300)} ${body?.slice(0, 500) ?? ''} → ${response.status} ${text.slice(0, 300)}`;
      const key = `${name} ${response.status}`;
      answerCounts.set(key, (answerCounts.get(key) ?? 0) + 1);
      if (response.status >= 500) expect.fail(description);
      if (response.status >= 400) {
        expect([description, response.headers.get('content-type')]).toEqual([
          description,
          route.errors ? 'application/json' : 'application/problem+json',
        ]);
        const problem = (route.errors ?? ofStatus(response.status)).safeParse(JSON.parse(text));
        if (!problem.success) expect.fail(description);
        continue;
      }
      const schema = route.answers[response.status] as z.ZodType | null | undefined;
      if (schema === undefined) expect.fail(`not documented: ${description}`);
      const answer = schema?.safeParse(JSON.parse(text));
      if (answer && !answer.success) expect.fail(`${description}\n${answer.error.message}`);
      const { next, cycle_id } = (answer?.data ?? {}) as { next?: string; cycle_id?: string };
      if (next !== undefined) pageTokens.push(next);
      if (cycle_id !== undefined) cycleIds.push(cycle_id);
      if (name === 'postCycle') await api.service.stateMachine.idle();
    }
    // Every route has succeeded at least once.
    for (const [name, route] of routes) {
      const successes = Object.keys(route.answers).filter(status => answerCounts.has(`${name} ${status}`));
      expect([name, successes.length > 0]).toEqual([name, true]);
    }
    const byStatus = Map.groupBy(answerCounts, ([key]) => key.split(' ')[1] ?? '');
    const sums = [...byStatus].map(
      ([status, rows]) => `${status}: ${rows.reduce((sum, [, n]) => sum + n, 0)}`,
    );
    measurement(
      'fuzz',
      `${REQUESTS.toLocaleString('en-US')} requests over ${routes.length} routes: ${sums.sort().join(', ')}; 0 × 5xx`,
    );
  },
  TIMEOUT_MS,
);

it('The service answers correctly after the fuzz test', async () => {
  expect((await api.status()).parked_outcomes).toBeGreaterThanOrEqual(0);
  expect(({} as Json).a).toBeUndefined();
  for (const pattern of [S1, S2, DX]) {
    const { thresholds } = await api.lookup({ pattern_key: pattern, scope: {}, thresholds: { ts_min: 0.6 } });
    expect(thresholds.ts_min).toBeGreaterThanOrEqual(0.3);
    expect(thresholds.ts_min).toBeLessThanOrEqual(1.2);
  }
});
