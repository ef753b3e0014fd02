import { afterAll, beforeAll, expect, it } from 'vitest';
import { jsonLog } from '../../shared/log.ts';
import type { Api } from '../support/api.ts';
import { openApi } from '../support/api.ts';
import { DynamoDbProxy } from '../support/dynamodb-proxy.ts';
import { eventBody, iso, NOW, S1 } from '../support/episodes.ts';
import { measurement } from '../support/measurements.ts';

/* These tests use names, values and ids with a meaning to JavaScript, DynamoDB, a log or a terminal. */

const PER_SCOPE = 6;

/** Different scopes, each as it is sent and as it is returned. */
const SCOPES: readonly (readonly [sent: object, returned: object])[] = [
  { v: '__proto__' },
  { v: 'constructor' },
  { v: '#pk' },
  { v: ':v' },
  { v: "'; DROP TABLE events; --" },
  { v: 'attribute_exists(x) OR 1 = 1' },
  { v: '$(jndi:ldap://x)' },
  { v: 'a\u0000b' },
  { v: 'a"b' },
  { v: "a'b" },
  { v: 'a\\b' },
  { v: 'a\nb' },
  { v: 'a\r\n{"level":"info","message":"forged"}' },
  { v: 'a\u2028b' },
  { v: '\u001b[31mred' },
  { v: '🚀' },
  { v: '👩‍👩‍👧' },
  { v: '\u202eevil' },
  { v: 'שלום' },
  { v: 'b|c=d' },
  { v: 'b', c: 'd' },
  { v: '1.0' },
  { constructor: 'x' },
  { toString: 'x' },
  { hasOwnProperty: 'x', valueOf: 'y' },
].map(scope => [scope, scope] as const);

/** Spellings of one value; each group is one slice. */
const SPELLINGS: readonly (readonly [name: string, forms: readonly unknown[], returned: string])[] = [
  ['n', [1, '1', 1.0, ' 1 '], '1'],
  ['t', [true, 'true'], 'true'],
  ['e', ['\u00e9', 'e\u0301'], '\u00e9'],
];
const ABSENT = [null, '', '  '];
const INVALID_NAMES: readonly string[] = [
  '__proto__',
  '#pk',
  ':v',
  '',
  ' ',
  'a b',
  'a.b',
  'a=b',
  'a|b',
  '1a',
  'é',
  'x'.repeat(65),
];

const proxy = new DynamoDbProxy();
const expressions = new Set<string>();
const logLines: string[] = [];
let api: Api;
beforeAll(async () => {
  proxy.around = ({ body }, forward) => {
    for (const [name, value] of Object.entries(body))
      if (name.endsWith('Expression')) expressions.add(String(value));
    for (const { Statement } of (body.Statements ?? []) as { Statement: string }[])
      expressions.add(Statement);
    return forward();
  };
  const log = jsonLog(
    'debug',
    line => logLines.push(line),
    () => NOW,
  );
  api = await openApi({
    now: () => NOW,
    environment: { N_MIN: String(PER_SCOPE) },
    changeClientSettings: proxy.settings,
    log,
  });
});
afterAll(() => api.close());

it('[V3] each hostile scope is its own slice from the event to the look-up, and no log line is forged and no expression is injected', async () => {
  const prototype = JSON.stringify(Object.getOwnPropertyNames(Object.prototype));
  const hostile = SCOPES.map(([scope]) => String(Object.values(scope)[0]));
  const events = SCOPES.flatMap(([scope], i) =>
    Array.from({ length: PER_SCOPE }, (_, n) =>
      // Ids and free texts are as hostile as scopes; an id must not contain control characters.
      eventBody(`${i} ${idOf(hostile[i])} ${n}`, {
        scope,
        outcome: 'success',
        factors: { note: hostile[i] },
        trade_id: idOf(hostile[i]),
      }),
    ),
  );
  const respelled = SPELLINGS.flatMap(([name, forms]) =>
    Array.from({ length: PER_SCOPE }, (_, n) =>
      eventBody(`${name} ${n}`, { scope: { [name]: forms[n % forms.length] }, outcome: 'success' }),
    ),
  );
  const absent = ABSENT.map((value, n) =>
    eventBody(`absent ${n}`, { scope: { gone: value }, outcome: 'success' }),
  );
  const all = [...events, ...respelled, ...absent];
  expect(await api.postEvents(all)).toEqual({ accepted: all.length, unchanged: 0, rejected: [] });
  expect((await api.cycle({ as_of: iso(NOW) })).status).toBe('succeeded');

  const lessons = await api.lessons(S1);
  const slices = new Map(lessons.map(lesson => [JSON.stringify(lesson.scope_subset), lesson.n]));
  for (const [scope, returned] of SCOPES) {
    expect([returned, slices.get(JSON.stringify(sorted(returned)))]).toEqual([
      returned,
      PER_SCOPE + eventsInSupersets(returned),
    ]);
    const answer = await api.lookup({ pattern_key: S1, scope, explain: true });
    expect(answer.explain?.map(e => JSON.stringify(e.scope_subset))).toContain(
      JSON.stringify(sorted(returned)),
    );
  }
  for (const [name, , returned] of SPELLINGS)
    expect(slices.get(JSON.stringify({ [name]: returned }))).toBe(PER_SCOPE);
  expect([...slices.keys()].some(text => text.includes('gone'))).toBe(false);

  const withInvalidNames = INVALID_NAMES.map((name, n) =>
    JSON.parse(`${JSON.stringify(eventBody(`r${n}`)).slice(0, -1)},"scope":{${JSON.stringify(name)}:"x"}}`),
  );
  const response = await api.send('POST', '/v1/events', { events: withInvalidNames });
  expect(await response.json()).toMatchObject({
    code: 'all_rejected',
    rejected: INVALID_NAMES.map((_, index) => ({ index, code: 'invalid_scope' })),
  });

  // The audit and the log keep an operator's text unchanged.
  const reason = 'x\n{"level":"error","message":"forged"}\u001b[2J';
  await api.send('PUT', `/v1/patterns/${S1}/mode`, { mode: 'off', reason });
  await api.send('GET', '/v1/status%0a{"message":"forged"}');
  await api.service.runtime.log.error('a failure', new Error(reason), { pattern: S1 });
  for (const line of logLines) {
    // JSON escapes characters that end a line or move a cursor.
    expect([...line].filter(c => c < ' ')).toEqual([]);
    expect(JSON.parse(line).message).not.toBe('forged');
  }
  expect(logLines.length).toBeGreaterThan(1);
  for (const text of expressions)
    for (const value of hostile.filter(value => value.length > 3)) expect(text).not.toContain(value);
  expect(expressions.size).toBeLessThan(40);
  expect(JSON.stringify(Object.getOwnPropertyNames(Object.prototype))).toBe(prototype);
  expect(({} as Record<string, unknown>).x).toBeUndefined();
  measurement(
    11,
    `${SCOPES.length} hostile scopes: as many slices, 0 collisions; ${SPELLINGS.length} values in ${SPELLINGS.flatMap(([, forms]) => forms).length} spellings: ${SPELLINGS.length} slices; ${INVALID_NAMES.length} names refused; ${logLines.length} log lines and ${expressions.size} expressions, 0 forged, 0 injected`,
  );
});

const idOf = (text = ''): string => [...text].filter(c => c >= ' ').join('');

const sorted = (scope: object): object =>
  Object.fromEntries(Object.entries(scope).sort(([a], [b]) => (a < b ? -1 : 1)));

/** Returns the number of events whose scopes are other entries of `SCOPES` that contain all pairs of this scope. */
function eventsInSupersets(scope: object): number {
  const entries = Object.entries(scope);
  const supersets = SCOPES.filter(
    ([other]) =>
      other !== scope &&
      entries.every(([name, value]) => Object.hasOwn(other, name) && Reflect.get(other, name) === value),
  );
  return supersets.length * PER_SCOPE;
}
