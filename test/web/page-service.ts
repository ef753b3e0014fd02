import { readFileSync } from 'node:fs';
import { listen } from '../../local/http-server.ts';
import { openService, type ServiceOptions } from '../../local/service.ts';
import type { Block } from '../../shared/guard/flips.ts';
import { evaluateTest, startTest } from '../../shared/guard/guard-test.ts';
import { jsonLog } from '../../shared/log.ts';
import { parsePatternKey } from '../../shared/pattern/pattern-key.ts';
import { buildPage } from '../../web/build.ts';
import { randomOf } from '../support/random.ts';

export const PM = 'pm.uptrend.S1.entry';
export const SYNTHETIC = 'pm.uptrend.S2.entry';
const HOUR = 3_600_000;

/** Opens a service with its page on a free port. */
export async function openPageService(options: ServiceOptions = {}) {
  const log = jsonLog('error', () => undefined, Date.now);
  const service = await openService({
    log,
    page: await buildPage(),
    interpreter: { retryPauseMs: 1 },
    ...options,
  });
  const server = await listen(service.app, 0, { tokens: options.callers !== undefined });
  const url = `http://127.0.0.1:${server.port}`;
  return {
    service,
    url,
    close: async () => {
      await server.close();
      await service.close();
    },
  };
}
export type PageService = Awaited<ReturnType<typeof openPageService>>;

/** Sends a request to the API. @throws Error for an answer that is no success */
export async function send<T = unknown>(
  { url }: Pick<PageService, 'url'>,
  method: string,
  path: string,
  body?: object,
  token?: string,
): Promise<T> {
  const response = await fetch(`${url}${path}`, {
    method,
    headers: {
      'content-type': 'application/json',
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
    },
    ...(body && { body: JSON.stringify(body) }),
  });
  if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`);
  return response.json() as Promise<T>;
}

/** The tokens of a service that has them. */
export const TOKENS = {
  'token-of-the-bot-1': { role: 'pm', name: 'bot 1' },
  'token-of-a-screen-1': { role: 'reader', name: 'screen' },
  'token-of-anna-12345': { role: 'operator', name: 'anna' },
} as const;
export const ANNA = 'token-of-anna-12345';

/** Fills a service as `fillPm` does, and with a synthetic pattern under replay that its guard has tested for 60 days. */
export async function fill(service: PageService): Promise<void> {
  const events = syntheticEvents();
  for (let i = 0; i < events.length; i += 500)
    await send(service, 'POST', '/v1/events', { events: events.slice(i, i + 500) });
  await fillPm(service);
  await storeGuard(service);
  await storeCandidate(service, SYNTHETIC);
}

/** Fills a service with the PM's events: two generations under drift, a trial, and a look-up. */
export async function fillPm(service: PageService, token?: string): Promise<void> {
  const post = (path: string, body: object, method = 'POST') => send(service, method, path, body, token);
  const lines = readFileSync('test/data/pm-episode-events.jsonl', 'utf8').trim().split('\n');
  await post('/v1/events', { events: lines.map(line => JSON.parse(line)) });
  await post(`/v1/patterns/${PM}/settings`, { policy: 'drift', reason: 'the policy so far' }, 'PUT');
  await post('/v1/cycles?wait=true', {});
  for (const as_of of ['2025-01-15T00:00:00Z', '2025-01-20T00:00:00Z'])
    await post('/v1/cycles?wait=true', { as_of, pattern_key: PM, publish: true, reason: 'past events' });
  await post('/v1/cycles?wait=true', { as_of: '2025-01-20T00:00:00Z', policy: 'replay', pattern_key: PM });
  await post('/v1/overrides/lookup', { pattern_key: PM, scope: { chain: 'solana', timeframe: '15m' } });
}

export const HOSTILE_PATTERN = 'pm.uptrend.S1.hostile';
/** Texts that would be code, were they not set as text. */
export const HOSTILE = [
  '<img src=x onerror="document.title=1">',
  'javascript:alert(1)',
  '"><script>1</script>',
] as const;

/** Adds a pattern whose scope values and reasons are `HOSTILE`, in force under drift. */
export async function fillHostile(service: PageService): Promise<void> {
  const events = Array.from({ length: 120 }, (_, i) => ({
    pattern_key: HOSTILE_PATTERN,
    episode_id: `hostile-${i}`,
    decision: i % 2 === 0 ? 'acted' : 'skipped',
    scope: { chain: HOSTILE[i % HOSTILE.length] },
    factors: {},
    timestamp: new Date(Date.now() - 24 * HOUR).toISOString(),
    outcome: i % 2 === 0 ? 'failure' : i % 3 === 0 ? 'failure' : 'success',
  }));
  await send(service, 'POST', '/v1/events', { events });
  const settings = { policy: 'drift', n_min: 10, reason: HOSTILE[0] };
  await send(service, 'PUT', `/v1/patterns/${HOSTILE_PATTERN}/settings`, settings);
  const run = { pattern_key: HOSTILE_PATTERN, publish: true, reason: HOSTILE[0] };
  await send(service, 'POST', '/v1/cycles?wait=true', run);
  await storeCandidate(service, HOSTILE_PATTERN);
}

/** Stores tests of the guard as runs of 60 days would have left them: what is in force gains a little. */
async function storeGuard({ service }: PageService): Promise<void> {
  const now = Date.now();
  const next = randomOf(11);
  const results = [60, 4].map(days => {
    const since = now - days * 24 * HOUR;
    const test = startTest(since, 12, { win: 2, loss: 1 }, 'replay');
    const blocks = Array.from({ length: days * 2 }, (_, i): Block => {
      const success = next() < 0.42 ? 1 : 0;
      const isOpen = i > days * 2 - 6;
      return {
        index: Math.floor(since / (12 * HOUR)) + 1 + i,
        last: since + (i + 1) * 12 * HOUR,
        loosened: isOpen ? { ...NONE, unknown: 1 } : { ...NONE, success, failure: 1 - success },
        tightened: { ...NONE, failure: i % 5 === 0 ? 1 : 0 },
      };
    });
    return evaluateTest(test, blocks, now).result;
  });
  const as_of = new Date(now).toISOString();
  const pattern = parsePatternKey(SYNTHETIC);
  const before = await service.runtime.guards.guard(pattern);
  await service.runtime.guards.replaceGuard(pattern, {
    version: (before?.version ?? 0) + 1,
    as_of,
    served: [[now, 1]],
    results,
  });
}

/** Tries the generation in force of a pattern as its own candidate, on half of the episodes. */
export async function storeCandidate({ service: { runtime } }: PageService, name: string): Promise<void> {
  const pattern = parsePatternKey(name);
  const head = await runtime.heads.head(pattern);
  const state = await runtime.guards.guard(pattern);
  if (!head?.current) throw new Error('the pattern has no generation');
  const generation = { ...head.current, generation: head.latest + 1 };
  const [result] = state?.results.slice(-1) ?? [];
  const at = new Date(result?.since ?? Date.now()).toISOString();
  const candidate = { generation, salt: `${pattern}:a`, share: 0.5, started_at: at, step_at: at, moves: 'm' };
  const version = head.version + 1;
  await runtime.heads.replaceHead(pattern, { ...head, version, latest: generation.generation, candidate });
  if (!state || !result) return;
  await runtime.guards.replaceGuard(pattern, {
    ...state,
    version: state.version + 1,
    rollout: {
      generation: generation.generation,
      kind: 'paired',
      test: startTest(result.since, 12, { win: 2, loss: 1 }, 'replay'),
      result,
      arms: { events: 210, logged: 204, candidate: 99, control: 103, other: 0, differing: 1 },
      reality: {
        real: { success: 21, failure: 30 },
        virtual: { success: 24, failure: 33 },
        log_wealth: 0.2,
      },
    },
  });
}

const NONE = { success: 0, failure: 0, neutral: 0, unknown: 0 };

/** Returns events of 80 days in which entries just below the gate win, but only on one chain. */
function syntheticEvents(): object[] {
  const next = randomOf(7);
  return Array.from({ length: 1400 }, (_, i) => {
    const chain = ['solana', 'base', 'ethereum'][i % 3] ?? '';
    const timeframe = next() < 0.5 ? '15m' : '1h';
    const ts = 0.45 + 0.4 * next();
    const wins = next() < (chain === 'solana' ? 0.62 : ts < 0.6 ? 0.2 : 0.45);
    const at = Date.now() - 80 * 24 * HOUR + i * 1.3 * HOUR;
    return {
      pattern_key: SYNTHETIC,
      episode_id: `synthetic-${i}`,
      decision: ts >= 0.6 ? 'acted' : 'skipped',
      scope: { chain, timeframe, bucket: next() < 0.3 ? 'micro' : 'nano' },
      factors: {
        ts_score: ts,
        ts_min: 0.6,
        halo_distance: next() * 0.9,
        halo_max: 1,
        ema60_slope: 0.002,
        slope_min: 0,
      },
      timestamp: new Date(at).toISOString(),
      outcome: wins ? 'success' : 'failure',
      resolved_at: new Date(at + HOUR).toISOString(),
    };
  });
}
