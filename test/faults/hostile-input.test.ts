import { afterAll, beforeAll, expect, it } from 'vitest';
import { jsonLog } from '../../shared/log.ts';
import type { Api } from '../support/api.ts';
import { openApi } from '../support/api.ts';
import { DynamoDbProxy } from '../support/dynamodb-proxy.ts';
import { eventBody, iso, NOW, S1 } from '../support/episodes.ts';
import { measurement } from '../support/measurements.ts';

/* These tests use names, values and ids with a meaning to JavaScript, DynamoDB, a log or a terminal. */

const PER_SCOPE = 6;

/** Different scopes, each with the form in which it is returned. */
const SCOPES: readonly (readonly [sent: object, kept: object])[] = [
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
const SAME: readonly (readonly [name: string, forms: readonly unknown[], kept: string])[] = [
  ['n', [1, '1', 1.0, ' 1 '], '1'],
  ['t', [true, 'true'], 'true'],
  ['e', ['\u00e9', 'e\u0301'], '\u00e9'],
];
const ABSENT = [null, '', '  '];
const REFUSED: readonly string[] = [
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
const lines: string[] = [];
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
    line => lines.push(line),
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

it('[V3] each hostile scope is its own slice from the event to the look-up, and nothing is forged, injected or merged', async () => {
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
  const alike = SAME.flatMap(([name, forms]) =>
    Array.from({ length: PER_SCOPE }, (_, n) =>
      eventBody(`${name} ${n}`, { scope: { [name]: forms[n % forms.length] }, outcome: 'success' }),
    ),
  );
  const absent = ABSENT.map((value, n) =>
    eventBody(`absent ${n}`, { scope: { gone: value }, outcome: 'success' }),
  );
  const all = [...events, ...alike, ...absent];
  expect(await api.postEvents(all)).toEqual({ accepted: all.length, unchanged: 0, rejected: [] });
  expect((await api.cycle({ as_of: iso(NOW) })).status).toBe('succeeded');

  const lessons = await api.lessons(S1);
  const slices = new Map(lessons.map(lesson => [JSON.stringify(lesson.scope_subset), lesson.n]));
  for (const [scope, kept] of SCOPES) {
    expect([kept, slices.get(JSON.stringify(sorted(kept)))]).toEqual([kept, PER_SCOPE + shared(kept)]);
    const answer = await api.lookup({ pattern_key: S1, scope, explain: true });
    expect(answer.explain?.map(e => JSON.stringify(e.scope_subset))).toContain(JSON.stringify(sorted(kept)));
  }
  for (const [name, , kept] of SAME) expect(slices.get(JSON.stringify({ [name]: kept }))).toBe(PER_SCOPE);
  expect([...slices.keys()].some(text => text.includes('gone'))).toBe(false);

  const refused = REFUSED.map((name, n) =>
    JSON.parse(`${JSON.stringify(eventBody(`r${n}`)).slice(0, -1)},"scope":{${JSON.stringify(name)}:"x"}}`),
  );
  const response = await api.send('POST', '/v1/events', { events: refused });
  expect(await response.json()).toMatchObject({
    code: 'all_rejected',
    rejected: REFUSED.map((_, index) => ({ index, code: 'invalid_scope' })),
  });

  // The audit and the log keep an operator's text unchanged.
  const reason = 'x\n{"level":"error","message":"forged"}\u001b[2J';
  await api.send('PUT', `/v1/patterns/${S1}/mode`, { mode: 'off', reason });
  await api.send('GET', '/v1/status%0a{"message":"forged"}');
  await api.service.runtime.log.error('a failure', new Error(reason), { pattern: S1 });
  for (const line of lines) {
    // JSON escapes characters that end a line or move a cursor.
    expect([...line].filter(c => c < ' ')).toEqual([]);
    expect(JSON.parse(line).message).not.toBe('forged');
  }
  expect(lines.length).toBeGreaterThan(1);
  for (const text of expressions)
    for (const value of hostile.filter(value => value.length > 3)) expect(text).not.toContain(value);
  expect(expressions.size).toBeLessThan(40);
  expect(JSON.stringify(Object.getOwnPropertyNames(Object.prototype))).toBe(prototype);
  expect(({} as Record<string, unknown>).x).toBeUndefined();
  measurement(
    11,
    `${SCOPES.length} hostile scopes: as many slices, 0 collisions; ${SAME.length} values in ${SAME.flatMap(([, forms]) => forms).length} spellings: ${SAME.length} slices; ${REFUSED.length} names refused; ${lines.length} log lines and ${expressions.size} expressions, 0 forged, 0 injected`,
  );
});

const idOf = (text = ''): string => [...text].filter(c => c >= ' ').join('');

const sorted = (scope: object): object =>
  Object.fromEntries(Object.entries(scope).sort(([a], [b]) => (a < b ? -1 : 1)));

/** Returns the number of events of other scopes of the list that lie in the slice too, because they contain its pairs. */
function shared(scope: object): number {
  const entries = Object.entries(scope);
  const supersets = SCOPES.filter(
    ([other]) =>
      other !== scope &&
      entries.every(([name, value]) => Object.hasOwn(other, name) && Reflect.get(other, name) === value),
  );
  return supersets.length * PER_SCOPE;
}
