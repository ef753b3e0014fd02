import { expect, it } from 'vitest';
import { jsonLog } from '../../shared/log.ts';
import { openApi } from '../support/api.ts';
import { DynamoDbProxy, errorAnswer } from '../support/dynamodb-proxy.ts';
import { eventBody, NOW, S1 } from '../support/episodes.ts';

it('[U2] While the store fails, requests get 503 with Retry-After, and a look-up gets a neutral answer marked as degraded', async () => {
  let down = false;
  const api = await openApi({
    now: () => NOW,
    changeClientSettings: settings => {
      const { handle } = settings.requestHandler as { handle(request: unknown): Promise<unknown> };
      const handleOrFail = (request: unknown) =>
        down ? Promise.reject(new Error('secret-host:8000')) : handle(request);
      return { ...settings, maxAttempts: 1, requestHandler: { handle: handleOrFail } as never };
    },
  });
  down = true;
  for (const [method, path, body] of [
    ['POST', '/v1/events', eventBody('e')],
    ['POST', '/v1/outcomes', { outcomes: [{ pattern_key: S1, episode_id: 'e', outcome: 'success' }] }],
    ['GET', '/v1/status', undefined],
    ['GET', `/v1/overrides?pattern_key=${S1}`, undefined],
    ['GET', `/v1/snapshots/${S1}`, undefined],
    ['GET', '/v1/cycles', undefined],
    ['PUT', `/v1/patterns/${S1}/mode`, { mode: 'off', reason: 'x' }],
  ] as const) {
    const response = await api.send(method, path, body);
    expect([path, response.status, response.headers.get('retry-after')]).toEqual([path, 503, '1']);
    const text = await response.text();
    expect(JSON.parse(text)).toMatchObject({ code: 'store_unavailable' });
    expect(text).not.toContain('secret');
  }
  const neutral = await api.lookup({
    pattern_key: S1,
    scope: { chain: 'solana' },
    thresholds: { ts_min: 0.6 },
  });
  expect(neutral).toMatchObject({
    thresholds: { ts_min: 0.6 },
    overrides: [],
    degraded: { code: 'store_unavailable' },
  });
  expect((await api.send('GET', '/healthz')).status).toBe(200);
  down = false;
  await api.close();
});

it('[U5] A request that the store refuses is a fault of the service: 500, and the log names the cause', async () => {
  const proxy = new DynamoDbProxy();
  const lines: string[] = [];
  const log = jsonLog('error', line => void lines.push(line), Date.now);
  const api = await openApi({ now: () => NOW, log, changeClientSettings: proxy.settings });
  for (const name of ['ValidationException', 'AccessDeniedException', 'ResourceNotFoundException']) {
    proxy.around = async () => errorAnswer(name);
    lines.length = 0;
    proxy.start();
    const response = await api.send('GET', '/v1/status');
    expect([response.status, response.headers.get('retry-after')]).toEqual([500, null]);
    const text = await response.text();
    expect(JSON.parse(text)).toMatchObject({ code: 'internal', title: 'Internal error' });
    expect(text).not.toMatch(/table|Exception/);
    expect(lines.map(line => JSON.parse(line))).toMatchObject([
      { message: 'request failed', error: { name: 'internal', cause: { name } } },
    ]);
    // Neither the client nor the service repeats the request: the answer takes four reads.
    expect(proxy.operations).toHaveLength(4);
  }
  proxy.around = (_, forward) => forward();
  await api.close();
});
