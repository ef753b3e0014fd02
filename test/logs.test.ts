import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { jsonLog } from '../shared/log.ts';
import { type Api, openApi } from './support/api.ts';
import { failing } from './support/faults.ts';

/*
 * Everything that the service logs at its most talkative, over requests and runs that succeed and that fail, with a
 * mark in every place of a payload.
 */

const PATTERN = 'pm.uptrend.S1.entry';
const MARK = 'sEcReT';
/** Where a caller's words or credentials stand. */
const marked = (where: string): string => `${MARK}-${where}`;
const TOKENS = { [marked('token-of-anna')]: { role: 'operator' as const, name: 'anna' } };

const lines: string[] = [];
let failure: 'nothing' | 'everything' = 'nothing';
let api: Api;

const event = (i: number) => ({
  pattern_key: PATTERN,
  episode_id: `e-${i}`,
  decision: 'skipped',
  scope: { chain: marked('scope') },
  factors: { note: marked('factor'), ts_score: { min: 0.51, median: 0.52, max: 0.53 } },
  trade_id: marked('trade'),
  timestamp: '2025-01-10T00:00:00Z',
  outcome: 'success',
});

async function send(method: string, path: string, body?: unknown): Promise<number> {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  const response = await api.service.app.request(`http://localhost${path}`, {
    method,
    headers: { authorization: `Bearer ${marked('token-of-anna')}`, cookie: marked('cookie') },
    ...(body !== undefined && { body: text }),
  });
  await response.text();
  return response.status;
}

async function everything(): Promise<number[]> {
  const statuses: number[] = [];
  const ask = async (method: string, path: string, body?: unknown) =>
    statuses.push(await send(method, path, body));
  await ask('POST', '/v1/events', { events: Array.from({ length: 40 }, (_, i) => event(i)) });
  await ask('POST', '/v1/events', { ...event(0), scope: { chain: marked('other') } });
  await ask('POST', '/v1/events', `{"events": [${MARK}`);
  await ask('POST', '/v1/outcomes', {
    outcomes: [{ pattern_key: PATTERN, episode_id: 'e-1', outcome: marked('outcome') }],
  });
  await ask('POST', '/v1/cycles?wait=true', { as_of: '2025-01-20T00:00:00Z' });
  const question = { scope: { chain: marked('scope') }, thresholds: { [marked('threshold')]: 1 } };
  await ask('POST', '/v1/overrides/lookup', { pattern_key: PATTERN, ...question });
  await ask('GET', `/v1/overrides/lookup?pattern_key=${PATTERN}&scope.chain=${marked('query')}`);
  await ask('GET', `/v1/lessons?pattern_key=${PATTERN}&limit=${marked('limit')}`);
  await ask('GET', `/v1/lessons?pattern_key=${PATTERN}`);
  await ask('PUT', `/v1/patterns/${PATTERN}/mode`, { mode: 'shadow', reason: marked('reason') });
  return statuses;
}

beforeAll(async () => {
  const log = jsonLog('debug', line => lines.push(line), Date.now);
  const settings = failing(() => failure === 'everything');
  const { callersOf } = await import('../local/token-auth.ts');
  api = await openApi({ log, settings, callers: callersOf(TOKENS, 'test') });
});
afterAll(() => api.close());

describe('the log', () => {
  it('of requests and runs that succeed holds counts, durations and ids', async () => {
    expect(await everything()).toEqual([200, 400, 400, 400, 200, 200, 200, 400, 200, 200]);
    const said = lines.map(line => JSON.parse(line));
    expect(said.map(line => line.message)).toEqual(['pattern mined', 'pattern materialized', 'cycle closed']);
    const run = { cycle_id: expect.stringMatching(/^\d{8}T/), duration_ms: expect.any(Number) };
    expect(said).toMatchObject([
      { ...run, pattern_key: PATTERN, events_read: 40, lessons: 2 },
      { ...run, pattern_key: PATTERN, status: 'published', overrides: 4, generation: 1 },
      { ...run, status: 'succeeded', events_read: 40, lessons: 2, overrides: 4, patterns_changed: 1 },
    ]);
  });

  it('of requests and runs that fail holds errors with their causes', async () => {
    failure = 'everything';
    const statuses = await everything();
    failure = 'nothing';
    expect(statuses.filter(status => status >= 500).length).toBeGreaterThan(4);
    const errors = lines.map(line => JSON.parse(line)).filter(line => line.level === 'error');
    expect(errors.length).toBeGreaterThan(4);
    expect(errors[0]?.error).toMatchObject({ name: 'store_unavailable', cause: { name: 'TimeoutError' } });
  });

  it('[M3] never holds what a caller sent, nor what a caller is known by', () => {
    expect(lines.filter(line => line.includes(MARK))).toEqual([]);
    expect(lines.filter(line => /authorization|bearer|cookie/i.test(line))).toEqual([]);
  });

  it('is one JSON object a line', () => {
    expect(lines.every(line => !line.includes('\n') && typeof JSON.parse(line) === 'object')).toBe(true);
  });
});
