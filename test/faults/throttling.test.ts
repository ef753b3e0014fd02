import { afterEach, describe, expect, it } from 'vitest';
import type { Api } from '../support/api.ts';
import { openApi } from '../support/api.ts';
import { connectionCut, DynamoDbProxy, errorAnswer, randomFaults } from '../support/dynamodb-proxy.ts';
import { eventBody, iso, NOW, S1 } from '../support/episodes.ts';
import { measurement } from '../support/measurements.ts';
import { randomOf } from '../support/random.ts';

/* These tests send HTTP requests while the store has faults: acknowledged writes are stored, and the rest gets 503. */

const EVENTS = 600;
const PER_REQUEST = 20;
/** Number of events of the client that retries until it succeeds. */
const RETRIED = 3;
const AS_OF = { as_of: iso(NOW), n_min: 10 };

let api: Api;
afterEach(() => api.close());

async function open(maxAttempts?: number): Promise<DynamoDbProxy> {
  const proxy = new DynamoDbProxy();
  const settings = (base: Parameters<DynamoDbProxy['settings']>[0]) => ({
    ...proxy.settings(base),
    ...(maxAttempts !== undefined && { maxAttempts }),
  });
  api = await openApi({ now: () => NOW, changeClientSettings: settings });
  proxy.start();
  return proxy;
}

interface Batch {
  readonly path: '/v1/events' | '/v1/outcomes';
  readonly ids: readonly string[];
  readonly body: object;
}

/** Returns batches of events, then batches with an outcome for each event. */
function batches(): Batch[] {
  const ids = Array.from({ length: EVENTS }, (_, i) => `e${i}`);
  const parts = Array.from({ length: EVENTS / PER_REQUEST }, (_, i) =>
    ids.slice(i * PER_REQUEST, (i + 1) * PER_REQUEST),
  );
  const outcome = (id: string) => ({
    pattern_key: S1,
    episode_id: id,
    outcome: 'success',
    resolved_at: iso(NOW),
  });
  return [
    ...parts.map(part => ({
      path: '/v1/events' as const,
      ids: part,
      body: { events: part.map(id => eventBody(id)) },
    })),
    ...parts.map(part => ({
      path: '/v1/outcomes' as const,
      ids: part,
      body: { outcomes: part.map(outcome) },
    })),
  ];
}

type SendResult = { readonly batch: Batch; readonly status: number };

/** Sends all batches concurrently, each once. Every response must be 200, or 503 with Retry-After. */
async function send(all: readonly Batch[]): Promise<SendResult[]> {
  return Promise.all(
    all.map(async batch => {
      const response = await api.send('POST', batch.path, batch.body);
      if (response.status !== 200) {
        expect([response.status, response.headers.get('retry-after')]).toEqual([503, '1']);
        expect((JSON.parse(await response.text()) as { code: string }).code).toMatch(
          /^store_(throttled|unavailable)$/,
        );
      }
      return { batch, status: response.status };
    }),
  );
}

/** Returns the number of recorded outcomes of each stored event. */
async function outcomesById(): Promise<Map<string, number>> {
  const { episodes } = api.service.runtime;
  const rows: [string, number][] = [];
  for await (const page of episodes.resolved(S1, 0, NOW))
    rows.push(...page.map(row => [row.episodeId, row.history.split(',').length] as [string, number]));
  expect(new Set(rows.map(([id]) => id)).size).toBe(rows.length);
  return new Map(rows);
}

describe.each([
  ['30 % of calls throttled', { throttled: 0.3 }],
  ['90 % of calls throttled', { throttled: 0.9 }],
  ['half of the batches half processed', { unprocessed: 0.5 }],
  ['30 % of connections cut after the call was applied', { cut: 0.3 }],
  ['all of these faults', { throttled: 0.3, unprocessed: 0.5, cut: 0.1 }],
])(`${EVENTS} events and their outcomes with %s`, (faultName, rates) => {
  it(`[D1] with ${faultName}, acknowledged writes are stored exactly once, and the rest gets 503 and may be retried`, async () => {
    const proxy = await open(2);
    proxy.around = randomFaults(rates, randomOf(9));
    const all = batches();
    const results = [
      ...(await send(all.slice(0, all.length / 2))),
      ...(await send(all.slice(all.length / 2))),
    ];
    proxy.around = (_, forward) => forward();
    const outcomes = await outcomesById();
    for (const { batch, status } of results) {
      if (status !== 200) continue;
      if (batch.path === '/v1/outcomes') continue;
      const again = await api.send('POST', batch.path, batch.body);
      expect(await again.json()).toEqual({ accepted: 0, unchanged: batch.ids.length, rejected: [] });
    }
    const events = new Set(
      results.filter(s => s.status === 200 && s.batch.path === '/v1/events').flatMap(s => s.batch.ids),
    );
    for (const { batch, status } of results)
      if (status === 200 && batch.path === '/v1/outcomes')
        for (const id of batch.ids) if (events.has(id)) expect([id, outcomes.get(id)]).toEqual([id, 1]);
    // After the client sends all batches again, each event and outcome is stored once.
    for (const { status } of await send(all)) expect(status).toBe(200);
    const outcomesAfterRetry = await outcomesById();
    expect(outcomesAfterRetry.size).toBe(EVENTS);
    expect([...outcomesAfterRetry.values()].every(times => times === 1)).toBe(true);
    expect((await api.cycle(AS_OF)).patterns).toMatchObject([{ status: 'published', events_read: EVENTS }]);
    const acknowledged = results.filter(({ status }) => status === 200).length;
    const result = `${acknowledged} of ${results.length} requests acknowledged, 0 of their writes missing or double`;
    measurement(
      9,
      `${faultName}: ${result}; ${results.length - acknowledged} × 503 with Retry-After; sent again, all stored once`,
    );
  });
});

it('a client that retries until it is acknowledged stores each event and outcome once, even with 90 % of calls throttled', async () => {
  const proxy = await open(1);
  proxy.around = randomFaults({ throttled: 0.9 }, randomOf(90));
  const ids = Array.from({ length: RETRIED }, (_, i) => `e${i}`);
  let tries = 0;
  const sendUntilAcknowledged = async (path: string, body: object, done: object): Promise<void> => {
    for (let status = 503; status !== 200; tries++) {
      const response = await api.send('POST', path, body);
      status = response.status;
      expect([200, 503]).toContain(status);
      // An unacknowledged attempt may have stored the item, so a later one may find it.
      if (status === 200) expect(await response.json()).toMatchObject({ rejected: [], ...done });
    }
  };
  await Promise.all(ids.map(id => sendUntilAcknowledged('/v1/events', eventBody(id), {})));
  const report = (episode_id: string) => ({
    outcomes: [{ pattern_key: S1, episode_id, outcome: 'success', resolved_at: iso(NOW) }],
  });
  await Promise.all(ids.map(id => sendUntilAcknowledged('/v1/outcomes', report(id), { parked: 0 })));
  proxy.around = (_, forward) => forward();
  expect([...(await outcomesById()).values()]).toEqual(ids.map(() => 1));
  expect((await api.cycle(AS_OF)).patterns).toMatchObject([{ events_read: RETRIED }]);
  const requests = `${2 * RETRIED} requests of one item`;
  measurement(9, `90 % of calls throttled: ${requests} acknowledged after ${tries} tries, each stored once`);
});

describe('retries of the store', () => {
  it.each([
    [
      'throttled',
      () => Promise.resolve(errorAnswer('ProvisionedThroughputExceededException')),
      'store_throttled',
    ],
    ['cut', () => Promise.reject(connectionCut()), 'store_unavailable'],
  ] as const)(
    '[U3] a request with one event makes 4 calls to the store and then gets 503 when every call is %s',
    async (faultName, around, code) => {
      const proxy = await open();
      proxy.around = around;
      const response = await api.send('POST', '/v1/events', eventBody('e'));
      expect([response.status, response.headers.get('retry-after')]).toEqual([503, '1']);
      expect(await response.json()).toMatchObject({ code });
      expect(proxy.operations).toHaveLength(4);
      measurement(9, `every call ${faultName}: 4 calls, then 503 with Retry-After`);
    },
  );

  it('[U3] a batch that DynamoDB never processes is sent 8 times, and then its request gets 503', async () => {
    const proxy = await open();
    proxy.around = async ({ operation, body }, forward) => {
      if (operation !== 'BatchExecuteStatement') return forward();
      const slow = (body.Statements as object[]).map(() => ({
        Error: { Code: 'ThrottlingError', Message: 'slow' },
      }));
      return { statusCode: 200, body: { Responses: slow } };
    };
    const response = await api.send('POST', '/v1/events', eventBody('e'));
    expect([response.status, await response.json()]).toMatchObject([503, { code: 'store_throttled' }]);
    expect(proxy.operations.filter(operation => operation === 'BatchExecuteStatement')).toHaveLength(8);
  });
});
