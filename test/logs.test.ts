import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { jsonLog } from '../shared/log.ts';
import { type Api, openApi } from './support/api.ts';
import { failing } from './support/faults.ts';

/*
 * The tests collect all log lines at level debug while requests and runs succeed and while they fail. Every place of a
 * payload carries a mark, which no line may contain.
 */

const PATTERN = 'pm.uptrend.S1.entry';
const MARK = 'sEcReT';
/** Returns a marked text for one place of a payload or for a credential. */
const marked = (where: string): string => `${MARK}-${where}`;
const TOKENS = { [marked('token-of-anna')]: { role: 'operator' as const, name: 'anna' } };

const lines: string[] = [];
let storageFails = false;
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

async function sendEveryRequest(): Promise<number[]> {
  const statuses: number[] = [];
  const record = async (method: string, path: string, body?: unknown) =>
    statuses.push(await send(method, path, body));
  await record('POST', '/v1/events', { events: Array.from({ length: 40 }, (_, i) => event(i)) });
  await record('POST', '/v1/events', { ...event(0), scope: { chain: marked('other') } });
  await record('POST', '/v1/events', `{"events": [${MARK}`);
  await record('POST', '/v1/outcomes', {
    outcomes: [{ pattern_key: PATTERN, episode_id: 'e-1', outcome: marked('outcome') }],
  });
  await record('POST', '/v1/cycles?wait=true', {
    as_of: '2025-01-20T00:00:00Z',
    publish: true,
    reason: marked('reason of a run'),
  });
  const lookup = { scope: { chain: marked('scope') }, thresholds: { [marked('threshold')]: 1 } };
  await record('POST', '/v1/overrides/lookup', { pattern_key: PATTERN, ...lookup });
  await record('GET', `/v1/overrides/lookup?pattern_key=${PATTERN}&scope.chain=${marked('query')}`);
  await record('GET', `/v1/lessons?pattern_key=${PATTERN}&limit=${marked('limit')}`);
  await record('GET', `/v1/lessons?pattern_key=${PATTERN}`);
  await record('PUT', `/v1/patterns/${PATTERN}/mode`, { mode: 'shadow', reason: marked('reason') });
  return statuses;
}

beforeAll(async () => {
  const log = jsonLog('debug', line => lines.push(line), Date.now);
  const settings = failing(() => storageFails);
  const { callersOf } = await import('../local/token-auth.ts');
  api = await openApi({ log, changeClientSettings: settings, callers: callersOf(TOKENS, 'test') });
});
afterAll(() => api.close());

describe('the log', () => {
  it('The log of requests and runs that succeed holds counts, durations and ids', async () => {
    expect(await sendEveryRequest()).toEqual([200, 400, 400, 400, 200, 200, 200, 400, 200, 200]);
    const logged = lines.map(line => JSON.parse(line));
    expect(logged.map(line => line.message)).toEqual([
      'pattern mined',
      'pattern materialized',
      'cycle closed',
    ]);
    const run = { cycle_id: expect.stringMatching(/^\d{8}T/), duration_ms: expect.any(Number) };
    expect(logged).toMatchObject([
      { ...run, pattern_key: PATTERN, events_read: 40, lessons: 2 },
      { ...run, pattern_key: PATTERN, status: 'published', overrides: 4, generation: 1 },
      { ...run, status: 'succeeded', events_read: 40, lessons: 2, overrides: 4, patterns_changed: 1 },
    ]);
  });

  it('The log of requests and runs that fail holds errors with their causes', async () => {
    storageFails = true;
    const statuses = await sendEveryRequest();
    storageFails = false;
    expect(statuses.filter(status => status >= 500).length).toBeGreaterThan(4);
    const errors = lines.map(line => JSON.parse(line)).filter(line => line.level === 'error');
    expect(errors.length).toBeGreaterThan(4);
    expect(errors[0]?.error).toMatchObject({ name: 'store_unavailable', cause: { name: 'TimeoutError' } });
  });

  it('[M3] The log never holds payloads or credentials of a caller', () => {
    expect(lines.filter(line => line.includes(MARK))).toEqual([]);
    expect(lines.filter(line => /authorization|bearer|cookie/i.test(line))).toEqual([]);
  });

  it('Every line of the log is one JSON object', () => {
    expect(lines.every(line => !line.includes('\n') && typeof JSON.parse(line) === 'object')).toBe(true);
  });
});
