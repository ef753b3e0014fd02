import * as fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import * as z from 'zod';
import type { Listening } from '../../local/http-server.ts';
import { listen } from '../../local/http-server.ts';
import { callersOf } from '../../local/token-auth.ts';
import { ENDPOINTS, type Role } from '../../shared/http/endpoints.ts';
import type { Route } from '../../shared/http/routes.ts';
import { ROUTES } from '../../shared/http/routes.ts';
import { flagErrorSchema } from '../../shared/http/schemas/ofrep.ts';
import { problemSchema } from '../../shared/http/schemas/problem.ts';
import type { Api } from '../support/api.ts';
import { events, importAll, openApi, readLines } from '../support/api.ts';
import { DynamoDbProxy, errorAnswer } from '../support/dynamodb-proxy.ts';
import { S1 } from '../support/episodes.ts';
import { invalid, invalidBodies, valid } from '../support/json-schema-values.ts';
import { unreachableTarget } from '../support/notify-file.ts';
import type { Operation } from '../support/openapi-document.ts';
import { faultsOf, operationsOf } from '../support/openapi-document.ts';
import { tryCandidate } from '../support/try-candidate.ts';

/*
 * These tests hold the service to its OpenAPI document, as a public test tool does. Requests are generated from the
 * document; each answer must have a documented status, content type, headers and code, and a body that its schema accepts.
 */

const SEED = 12;
/** Valid requests of each operation. */
const EXAMPLES = 40;
/** Valid requests of an operation that starts runs. */
const RUNS = 10;

/** Codes of requests that are valid by the schema and refused by a rule that a schema cannot state; docs/api.md lists them. */
const RULES_BEYOND_SCHEMAS: Readonly<Record<string, readonly string[]>> = {
  postEvents: [
    'all_rejected',
    'invalid_event',
    'invalid_scope',
    'event_conflict',
    'outcome_conflict',
    'outcome_before_event',
  ],
  getSnapshots: ['invalid_page_token'],
  postOutcomes: [
    'all_rejected',
    'outcome_conflict',
    'outcome_before_event',
    'factor_conflict',
    'too_many_corrections',
  ],
  postLookup: ['invalid_scope'],
  getLookup: ['invalid_scope'],
  postFlag: ['FLAG_NOT_FOUND'],
  postCycle: ['unknown_pattern', 'reason_required'],
  getStatus: ['invalid_page_token'],
  getOverrides: ['unknown_pattern', 'unknown_cycle', 'invalid_page_token'],
  getLessons: ['unknown_pattern', 'unknown_cycle', 'invalid_page_token'],
  getCycle: ['unknown_cycle'],
  getEvents: ['unknown_pattern', 'invalid_page_token', 'invalid_request'],
  getSettings: ['unknown_pattern'],
  getParked: ['unknown_pattern', 'invalid_page_token'],
  getWriters: ['unknown_pattern', 'invalid_page_token'],
  putWriter: ['unknown_writer'],
  getDoctor: ['unknown_pattern'],
  getGuard: ['unknown_pattern'],
  getChanges: ['unknown_pattern', 'invalid_page_token', 'invalid_request'],
  getGenerations: ['unknown_pattern', 'unknown_generation', 'invalid_page_token'],
  getEvidence: ['unknown_pattern'],
  getNMin: ['unknown_pattern'],
  postWhatIf: ['unknown_pattern', 'invalid_request', 'invalid_scope'],
  getWhatIf: ['unknown_pattern', 'invalid_request', 'invalid_scope'],
  putMode: ['unknown_pattern'],
  putSettings: ['unknown_pattern'],
  postRollback: ['unknown_pattern', 'unknown_generation'],
  postRollout: ['unknown_pattern', 'no_rollout'],
  postNotificationTest: ['unknown_target'],
};

interface Request {
  readonly path: string;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/** The code of an error: of problem details, or of the protocol of flags. */
const codeSchema = z.union([
  problemSchema,
  flagErrorSchema.transform(({ errorCode }) => ({ code: errorCode })),
]);

const proxy = new DynamoDbProxy();
const TOKENS = {
  pm: 'token-of-a-position-manager',
  reader: 'token-of-a-reader-of-reports',
  operator: 'token-of-the-operators',
};
const callers = callersOf(
  Object.fromEntries(Object.entries(TOKENS).map(([role, token]) => [token, { role, name: role }])),
  'the test',
);
const open = operationsOf('open');
const guarded = operationsOf('tokens');
/** Every status that an operation answered. */
const reached = new Set<string>();

let api: Api;
let server: Listening;
/** A run that has ended. */
let cycleId: string;
let guardedApi: Api;
let guardedServer: Listening;
beforeAll(async () => {
  api = await openApi({ changeClientSettings: proxy.settings, notifications: unreachableTarget() });
  server = await listen(api.service.app, 0);
  guardedApi = await openApi({ callers });
  guardedServer = await listen(guardedApi.service.app, 0, { tokens: true });
  await importAll(api, readLines('data/pm-episode-events.jsonl'));
  cycleId = (await api.cycle({ as_of: '2025-01-20T00:00:00Z' })).cycle_id;
});
afterAll(async () => {
  await server.close();
  await guardedServer.close();
  await api.close();
  await guardedApi.close();
});

const routeOf = ({ operationId }: Operation): Route =>
  (ROUTES as Record<string, Route>)[operationId] as Route;

/** Sends a request and returns the faults of its answer by the document. */
async function exchange(operation: Operation, { path, body, headers = {} }: Request, port = server.port) {
  const response = await fetch(`http://127.0.0.1:${port}${path}`, {
    method: operation.method,
    headers: { ...(body !== undefined && { 'content-type': 'application/json' }), ...headers },
    ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  });
  reached.add(`${operation.operationId} ${response.status}`);
  const faults = await faultsOf(operation, response);
  const text = await response.text();
  if (faults.length === 0 && text !== '')
    faults.push(...bodyFaults(routeOf(operation), response.status, JSON.parse(text)));
  const { code: problem, errorCode: code = problem ?? '' } =
    text === '' ? {} : (JSON.parse(text) as { code?: string; errorCode?: string });
  const shown = `${operation.method} ${path.slice(0, 300)} ${(JSON.stringify(body) ?? '').slice(0, 600)} → ${response.status} ${text.slice(0, 300)}`;
  return { status: response.status, code, faults, shown, headers: response.headers };
}

/** A schema of an answer drops members that it does not name, so equality proves that there are none. */
function bodyFaults(route: Route, status: number, body: unknown): string[] {
  const problem = route.errors ?? (status === 400 && route.invalid ? route.invalid : problemSchema);
  const type = status < 400 ? route.answers[status] : problem;
  const result = (type as z.ZodType).safeParse(body);
  if (!result.success) return [result.error.message.slice(0, 300)];
  return JSON.stringify(sorted(result.data)) === JSON.stringify(sorted(body))
    ? []
    : ['the body has other members'];
}

const sorted = (value: unknown): unknown =>
  Array.isArray(value)
    ? value.map(sorted)
    : typeof value === 'object' && value !== null
      ? Object.fromEntries(
          Object.entries(value)
            .sort()
            .map(([key, inner]) => [key, sorted(inner)]),
        )
      : value;

/** Returns an arbitrary for the valid requests of an operation. */
function requestsOf(operation: Operation): fc.Arbitrary<Request> {
  const parameters = operation.parameters.map(p => {
    const value = valid(p.schema);
    return p.required ? value : fc.option(value, { nil: undefined, freq: 2 });
  });
  const schema = operation.requestBody?.content['application/json'].schema;
  return fc
    .tuple(fc.tuple(...parameters), schema === undefined ? fc.constant(undefined) : valid(schema))
    .map(([values, body]) => ({
      path: pathOf(operation, values),
      body,
      headers: headersOf(operation, values),
    }));
}

const encode = (value: unknown): string => encodeURIComponent(String(value).toWellFormed());

function pathOf(operation: Operation, values: readonly unknown[]): string {
  let path = operation.path;
  const query: string[] = [];
  for (const [i, { name, in: place, explode }] of operation.parameters.entries()) {
    const value = values[i];
    if (value === undefined || place === 'header') continue;
    if (place === 'path') path = path.replace(`{${name}}`, encode(value));
    else if (!explode) query.push(`${name}=${encode(value)}`);
    else
      for (const [key, inner] of Object.entries(value as object))
        query.push(`${encode(key)}=${encode(inner)}`);
  }
  return query.length === 0 ? path : `${path}?${query.join('&')}`;
}

function headersOf(operation: Operation, values: readonly unknown[]): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const [i, { name, in: place }] of operation.parameters.entries())
    if (place === 'header' && values[i] !== undefined) headers[name] = encode(values[i]);
  return headers;
}

/** Returns a request that succeeds, or is refused for its pattern or run only. */
function plainRequest(operation: Operation): Request {
  const plain: Readonly<Record<string, unknown>> = {
    pattern_key: S1,
    key: S1,
    id: cycleId,
    lever: 'ts_min',
    from: operation.operationId === 'getWhatIf' ? 0.8 : undefined,
    to: operation.operationId === 'getWhatIf' ? 1.2 : undefined,
  };
  return {
    path: pathOf(
      operation,
      operation.parameters.map(p => (p.required ? plain[p.name] : undefined)),
    ),
    body: PLAIN_BODIES[operation.operationId],
  };
}

const event = { ...events(1, 'plain')[0], outcome: null };
const report = { pattern_key: S1, episode_id: 'plain-0', outcome: 'success' };
const PLAIN_BODIES: Readonly<Record<string, Record<string, unknown>>> = {
  postEvents: event,
  postOutcomes: { outcomes: [report] },
  postLookup: { pattern_key: S1, scope: {} },
  postFlag: { context: { targetingKey: 'plain-0', chain: 'solana' } },
  postFlags: { context: { chain: 'solana' } },
  postCycle: { pattern_key: S1, publish: false },
  postWhatIf: { pattern_key: S1, lever: 'ts_min', from: 0.8, to: 1.2 },
  putMode: { mode: 'live', reason: 'test' },
  putServiceMode: { mode: 'live', reason: 'test' },
  putWriter: { writer: 'local', excluded: false, reason: 'test' },
  putSettings: { n_min: 33, reason: 'test' },
  postRollback: { generation: 1, reason: 'test' },
  postRollout: { action: 'hold', reason: 'test' },
  postNotificationTest: { target: 'ops' },
};

/** A rollout is steered only while a candidate is tried. */
async function prepare({ operationId }: Operation): Promise<void> {
  if (operationId === 'postRollout') await tryCandidate(api.service.runtime.heads, S1);
}

describe('requests that are valid by the document', () => {
  it.each(open.map(operation => [operation.operationId, operation] as const))(
    '[V8] Valid requests of %s succeed, or are refused with a code that the API page lists',
    async (name, operation) => {
      const numRuns = name === 'postCycle' ? RUNS : EXAMPLES;
      for (const request of fc.sample(requestsOf(operation), { numRuns, seed: SEED })) {
        await prepare(operation);
        const answer = await exchange(operation, request);
        expect([answer.shown, ...answer.faults]).toEqual([answer.shown]);
        const refused = answer.status >= 400 && !(RULES_BEYOND_SCHEMAS[name] ?? []).includes(answer.code);
        expect([answer.shown, answer.code, refused]).toEqual([answer.shown, answer.code, false]);
      }
      await api.service.stateMachine.idle();
      await prepare(operation);
      const plain = await exchange(operation, plainRequest(operation));
      expect([plain.shown, plain.faults]).toEqual([plain.shown, []]);
      expect([plain.shown, plain.status < 300]).toEqual([plain.shown, true]);
    },
  );
});

describe('requests that are invalid by the document', () => {
  it.each(open.map(operation => [operation.operationId, operation] as const))(
    '[V9] Requests of %s that break one rule of its schemas are refused with a documented 4xx',
    async (_, operation) => {
      const plain = plainRequest(operation);
      const broken: (readonly [string, Request])[] = [];
      const schema = operation.requestBody?.content['application/json'].schema;
      if (schema !== undefined && plain.body !== undefined) {
        const [single] = schema.anyOf ?? [schema];
        for (const [rule, body] of invalidBodies(single ?? schema, plain.body as Record<string, unknown>))
          broken.push([rule, { ...plain, body }]);
        broken.push(['no JSON', { ...plain, body: '{' }]);
        if (operation.requestBody?.required) broken.push(['no body', { path: plain.path }]);
      }
      const separator = plain.path.includes('?') ? '&' : '?';
      if (operation.path.startsWith('/v1/'))
        broken.push(['unknown parameter', { ...plain, path: `${plain.path}${separator}x_unknown=1` }]);
      broken.push(['no UTF-8', { ...plain, path: `${plain.path}${separator}x=%FF` }]);
      for (const [i, parameter] of operation.parameters.entries()) {
        if (parameter.in === 'header' || parameter.explode) continue;
        for (const [rule, value] of invalid(parameter.schema)) {
          if (Array.isArray(value) || value === '') continue;
          const values = operation.parameters.map(p => (p.required ? S1 : undefined)) as unknown[];
          values[i] = value;
          broken.push([`${parameter.name}: ${rule}`, { ...plain, path: pathOf(operation, values) }]);
        }
      }
      expect(broken.length).toBeGreaterThan(0);
      for (const [rule, request] of broken) {
        const answer = await exchange(operation, request);
        expect([rule, answer.shown, answer.faults]).toEqual([rule, answer.shown, []]);
        expect([rule, answer.shown, answer.status >= 400 && answer.status < 500]).toEqual([
          rule,
          answer.shown,
          true,
        ]);
      }
    },
  );

  it('[V9] A method that a path does not have is 405, and Allow has exactly those of the document', async () => {
    for (const path of new Set(open.map(operation => operation.path))) {
      const methods = open.filter(operation => operation.path === path).map(operation => operation.method);
      for (const method of ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'].filter(m => !methods.includes(m))) {
        const url = `http://127.0.0.1:${server.port}${path.replace('{pattern_key}', S1).replace('{id}', 'x').replace('{key}', S1)}`;
        const response = await fetch(url, { method });
        const { code } = codeSchema.parse(await response.json());
        const allowed = response.headers.get('allow')?.split(', ').sort();
        expect([method, path, response.status, code, allowed]).toEqual([
          method,
          path,
          405,
          path.startsWith('/ofrep/') ? 'GENERAL' : 'method_not_allowed',
          methods.sort(),
        ]);
      }
    }
  });
});

describe('access', () => {
  it('[V8] Without a valid token every guarded operation is 401, and with a token of another role 403', async () => {
    const plainOf = (operation: Operation): Request => plainRequest(operation);
    for (const operation of guarded) {
      const { roles } = ENDPOINTS[operation.operationId as keyof typeof ENDPOINTS] as {
        roles: readonly Role[];
      };
      expect([operation.operationId, operation.security !== undefined]).toEqual([
        operation.operationId,
        roles.length > 0,
      ]);
      if (roles.length === 0) continue;
      for (const authorization of [
        undefined,
        'Bearer',
        'Bearer wrong-token-of-nobody',
        'Basic eDp5',
        TOKENS.operator,
      ]) {
        const headers = authorization === undefined ? {} : { authorization };
        const answer = await exchange(operation, { ...plainOf(operation), headers }, guardedServer.port);
        expect([answer.shown, answer.status, answer.faults]).toEqual([answer.shown, 401, []]);
      }
      for (const role of ['pm', 'reader', 'operator'] as const) {
        const headers = { authorization: `Bearer ${TOKENS[role]}` };
        const answer = await exchange(operation, { ...plainOf(operation), headers }, guardedServer.port);
        expect([answer.shown, answer.status === 403, answer.faults]).toEqual([
          answer.shown,
          !roles.includes(role),
          [],
        ]);
      }
    }
  });

  it('[V8] The page of another origin gets a documented 403 from every operation', async () => {
    for (const operation of open) {
      const headers = { origin: 'https://elsewhere.example' };
      const answer = await exchange(operation, { ...plainRequest(operation), headers });
      expect([answer.shown, answer.status, answer.faults]).toEqual([answer.shown, 403, []]);
    }
  });
});

describe('content types', () => {
  it('[V8] A body that a page sends as anything but JSON is a documented 415 of every operation with a body', async () => {
    const origin = `http://127.0.0.1:${server.port}`;
    for (const operation of open.filter(o => o.requestBody !== undefined))
      for (const type of ['text/plain', 'multipart/form-data', 'application/jsonx']) {
        const headers = { origin, 'content-type': type };
        const answer = await exchange(operation, { ...plainRequest(operation), headers });
        expect([answer.shown, answer.status, answer.faults]).toEqual([answer.shown, 415, []]);
      }
  });

  it('[V8] A program that is no page may send JSON under any content type', async () => {
    for (const operation of open.filter(o => o.requestBody !== undefined)) {
      const headers = { 'content-type': 'text/plain' };
      await prepare(operation);
      const answer = await exchange(operation, { ...plainRequest(operation), headers });
      expect([answer.shown, answer.status < 300, answer.faults]).toEqual([answer.shown, true, []]);
    }
  });
});

describe('limits and faults', () => {
  it('[V8] A body of more than 1 MiB is a documented 413 of every operation with a body', async () => {
    for (const operation of open.filter(o => o.requestBody !== undefined)) {
      const answer = await exchange(operation, {
        ...plainRequest(operation),
        body: ' '.repeat(1024 * 1024 + 1),
      });
      expect([answer.shown, answer.status, answer.faults]).toEqual([answer.shown, 413, []]);
    }
  });

  it('[V8] 501 items are a documented 413', async () => {
    for (const [name, items] of [
      ['postEvents', { events: Array(501).fill(event) }],
      ['postOutcomes', { outcomes: Array(501).fill(report) }],
    ] as const) {
      const operation = open.find(o => o.operationId === name) as Operation;
      const answer = await exchange(operation, { path: operation.path, body: items });
      expect([answer.status, answer.code, answer.faults]).toEqual([413, 'too_many_items', []]);
    }
  });

  it('[V8] While the store fails or refuses, each operation answers its documented 503 or 500, and look-ups 200', async () => {
    for (const [error, status] of [
      ['ServiceUnavailable', 503],
      ['AccessDeniedException', 500],
    ] as const) {
      proxy.around = async () => errorAnswer(error);
      for (const operation of open) {
        // Known patterns are remembered, so a run of one starts without a read.
        const unknown = { path: '/v1/cycles', body: { pattern_key: 'pm.never.S1.seen' } };
        const request = operation.operationId === 'postCycle' ? unknown : plainRequest(operation);
        const answer = await exchange(operation, request);
        const expected = String(status) in operation.responses ? status : 200;
        expect([answer.shown, answer.status, answer.faults]).toEqual([answer.shown, expected, []]);
      }
      proxy.around = (_, forward) => forward();
    }
  });

  it('[V8] A change that other writers win every time is a documented 409', async () => {
    const changes = open.filter(o => '409' in o.responses);
    expect(changes.map(o => o.operationId)).toEqual([
      'putServiceMode',
      'putMode',
      'putSettings',
      'postRollback',
      'postRollout',
    ]);
    proxy.around = async ({ body }, forward) =>
      body.ConditionExpression === 'version = :before'
        ? errorAnswer('ConditionalCheckFailedException')
        : forward();
    for (const operation of changes) {
      const answer = await exchange(operation, plainRequest(operation));
      expect([answer.shown, answer.status, answer.faults]).toEqual([answer.shown, 409, []]);
    }
    proxy.around = (_, forward) => forward();
  });

  it('[V8] A snapshot or all flags with their tag are a documented 304, and gzipped answers have documented headers', async () => {
    for (const [id, path] of [
      ['getSnapshots', '/v1/snapshots'],
      ['getSnapshot', `/v1/snapshots/${S1}`],
      ['postFlags', '/ofrep/v1/evaluate/flags'],
    ] as const) {
      const operation = open.find(o => o.operationId === id) as Operation;
      const answer = await exchange(operation, { path, headers: { 'if-none-match': '*' } });
      expect([answer.status, answer.faults]).toEqual([304, []]);
    }
    const document = open.find(o => o.operationId === 'getOpenApi') as Operation;
    const headers = { 'accept-encoding': 'gzip' };
    const gzipped = await exchange(document, { path: document.path, headers });
    expect([gzipped.status, gzipped.faults, gzipped.headers.get('vary')]).toEqual([
      200,
      [],
      'Accept-Encoding',
    ]);
  });
});

it('[V10] Every documented status of every operation was reached by the tests of this file, but two', () => {
  const documented = [...open, ...guarded].flatMap(operation =>
    Object.keys(operation.responses).map(status => `${operation.operationId} ${status}`),
  );
  // A body that stalls takes a connection: `stalled-bodies.test.ts` reaches it.
  const expected = documented.filter(answer => !answer.endsWith(' 408'));
  const missing = [...new Set(expected)].filter(answer => !reached.has(answer));
  // An answer that is too large takes thousands of overrides: `answer-limits.test.ts` reaches it.
  expect(missing.sort()).toEqual(['getLookup 413', 'getSnapshot 413']);
});
