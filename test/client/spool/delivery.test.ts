import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { FakeService } from './fake-service.ts';
import { event, openTestSpool, outcome, unreachable } from './spool-folder.ts';

const range = (count: number): number[] => Array.from({ length: count }, (_, i) => i);
const ids = (count: number): string[] => range(count).map(i => `e${i}`);

it('[K33] Items are delivered in requests of at most 500, in order, and each outcome after its event', async () => {
  const { spool, service } = openTestSpool();
  for (const i of range(1700)) {
    expect(spool.record(event(i))).toEqual({ taken: true });
    expect(spool.resolve(outcome(i))).toEqual({ taken: true });
  }
  expect(await spool.delivered(10_000)).toBe(true);
  expect(service.events).toEqual(ids(1700));
  expect(service.outcomes).toEqual(ids(1700));
  expect(Math.max(...service.requests)).toBeLessThanOrEqual(500);
  const place = new Map(service.arrivals.map(({ path, item }, i) => [`${path} ${item.episode_id}`, i]));
  for (const id of ids(1700))
    expect(place.get(`/v1/outcomes ${id}`)).toBeGreaterThan(place.get(`/v1/events ${id}`) ?? Infinity);
  expect(spool.state()).toMatchObject({ waiting: 0, waiting_bytes: 0, unsaved: 0 });
});

it('The outcomes of one episode arrive in the order in which they were resolved', async () => {
  const { spool, service } = openTestSpool();
  spool.record(event(1));
  for (const correction of range(20)) spool.resolve({ ...outcome(1), correction });
  await spool.delivered(10_000);
  const corrections = service.arrivals.flatMap(({ path, item }) =>
    path === '/v1/outcomes' ? [item.correction] : [],
  );
  expect(corrections).toEqual(range(20));
});

it.each([
  [
    'a connection that breaks',
    () => {
      throw new Error('ECONNRESET');
    },
  ],
  ['401', () => ({ status: 401, body: { code: 'unauthorized' } })],
  ['403', () => ({ status: 403, body: { message: 'Forbidden' } })],
  ['404', () => ({ status: 404, body: { code: 'not_found' } })],
  ['500', () => ({ status: 500, body: { code: 'internal' } })],
  ['503 with Retry-After', () => ({ status: 503, headers: { 'retry-after': '0' } })],
  ['400 of a proxy', () => ({ status: 400, body: '<html>Bad request</html>' })],
  ['200 with a page of HTML', () => ({ status: 200, body: '<html>Sign in</html>' })],
  ['200 with another JSON', () => ({ status: 200, body: { ok: true } })],
  ['a redirect', () => ({ status: 302, headers: { location: 'http://example.org' } })],
])('[K34] After %s everything is sent again, and nothing is lost', async (_, failure) => {
  const { spool, service } = openTestSpool();
  let left = 3;
  service.fault = () => (left-- > 0 ? failure() : undefined);
  for (const i of range(20)) spool.record(event(i));
  expect(await spool.delivered(10_000)).toBe(true);
  expect(service.events).toEqual(ids(20));
  expect(spool.state().counters).toMatchObject({ delivered: 20, rejected: 0, failed_deliveries: 3 });
  expect(spool.state().delivery_error).toBeUndefined();
});

it('While the service refuses the token, items wait, and the state says why', async () => {
  const { spool, service, warnings } = openTestSpool();
  service.fault = () => ({ status: 401, body: { code: 'unauthorized' } });
  spool.record(event(1));
  expect(await spool.delivered(200)).toBe(false);
  expect(spool.state()).toMatchObject({ waiting: 1, delivery_error: '401 unauthorized' });
  expect(warnings.length).toBe(1);
  service.fault = () => undefined;
  expect(await spool.delivered(10_000)).toBe(true);
});

it('[K34] A service that answers large requests too late gets smaller ones, and then larger ones again', async () => {
  const { spool, service } = openTestSpool();
  let most = 100;
  service.fault = (_, items) => {
    if (items.length > most) throw new Error('there was no answer within 5 seconds');
    return undefined;
  };
  for (const i of range(500)) spool.record(event(i));
  for (const i of range(500)) spool.resolve(outcome(i));
  expect(await spool.delivered(10_000)).toBe(true);
  expect([service.events, service.outcomes]).toEqual([ids(500), ids(500)]);
  most = 500;
  const before = service.requests.length;
  for (const i of range(3000)) spool.record(event(`more ${i}`));
  expect(await spool.delivered(10_000)).toBe(true);
  expect(Math.max(...service.requests.slice(before))).toBe(500);
});

it('A Retry-After of the service is waited for', async () => {
  const { spool, service } = openTestSpool();
  service.fault = () => ({ status: 429, headers: { 'retry-after': '3600' } });
  spool.record(event(1));
  await spool.delivered(300);
  expect(service.requests).toEqual([1]);
});

it('[K33] An item that is refused goes to rejected.jsonl with the reason, and the others are delivered', async () => {
  const { spool, service, folder } = openTestSpool();
  service.refuse = item => (['e3', 'e7'].includes(item.episode_id) ? 'event_conflict' : undefined);
  for (const i of range(10)) spool.record(event(i));
  expect(await spool.delivered(10_000)).toBe(true);
  expect(service.events).toEqual(ids(10).filter(id => id !== 'e3' && id !== 'e7'));
  const lines = readFileSync(join(folder, 'rejected.jsonl'), 'utf8').trimEnd().split('\n');
  expect(lines.map(line => JSON.parse(line))).toEqual(
    [3, 7].map((id, i) => ({
      file: 'spool',
      line: i + 1,
      code: 'event_conflict',
      detail: 'refused: event_conflict',
      event: event(id),
    })),
  );
  expect(spool.state().counters).toMatchObject({ delivered: 8, rejected: 2 });
});

it('A request whose items are all refused blocks nothing', async () => {
  const { spool, service } = openTestSpool();
  service.refuse = item => (item.outcome ? undefined : 'invalid_event');
  for (const i of range(5)) spool.record(event(i));
  for (const i of range(5)) spool.resolve(outcome(i));
  expect(await spool.delivered(10_000)).toBe(true);
  expect(service.outcomes).toEqual(ids(5));
  expect(spool.state().counters).toMatchObject({ delivered: 5, rejected: 5 });
});

it.each([
  [413, 'body_too_large'],
  [400, 'invalid_body'],
])(
  'The one item because of which a whole request is answered %i is found, and the others arrive',
  async (status, code) => {
    const { spool, service } = openTestSpool();
    service.fault = (_, items) =>
      items.some(({ episode_id }) => episode_id === 'e37')
        ? { status, body: { code, detail: 'why' } }
        : undefined;
    for (const i of range(100)) spool.record(event(i));
    expect(await spool.delivered(10_000)).toBe(true);
    expect(service.events).toEqual(ids(100).filter(id => id !== 'e37'));
    expect(spool.state().counters).toMatchObject({ delivered: 99, rejected: 1 });
  },
);

it('An answer that is lost leads to a second delivery of the same items', async () => {
  class Forgetful extends FakeService {
    override async post(path: string, body: object) {
      const answer = await super.post(path, body);
      if (this.requests.length === 1) throw new Error('ECONNRESET after the request');
      return answer;
    }
  }
  const { spool, service } = openTestSpool({ service: new Forgetful() });
  for (const i of range(10)) spool.record(event(i));
  expect(await spool.delivered(10_000)).toBe(true);
  expect(service.arrivals).toHaveLength(20);
  expect(service.events).toEqual(ids(10));
});

it('A spool at its limit says so, and takes items again after a delivery', async () => {
  const { spool, service } = openTestSpool({ service: unreachable(), maxBytes: 1000 });
  const receipts = range(40).map(i => spool.record(event(i)));
  const taken = receipts.filter(receipt => receipt.taken).length;
  expect(taken).toBeGreaterThan(10);
  expect(receipts.at(-1)).toMatchObject({ taken: false, reason: 'full' });
  expect(spool.state().counters).toMatchObject({ taken, not_taken: 40 - taken });
  service.fault = () => undefined;
  expect(await spool.delivered(10_000)).toBe(true);
  expect(spool.record(event('later'))).toEqual({ taken: true });
  await spool.delivered(10_000);
  expect(service.events).toEqual([...ids(taken), 'elater']);
});

it('What JSON cannot express is not taken, and throws nothing', () => {
  const { spool } = openTestSpool();
  const circular: Record<string, unknown> = {};
  circular.self = circular;
  const throwing = {
    toJSON: () => {
      throw new Error('no');
    },
  };
  const large = { text: 'x'.repeat(1_100_000) };
  for (const item of [circular, { n: 1n }, throwing, [], null, undefined, 7, 'text', large])
    expect(spool.record(item as object)).toMatchObject({ taken: false, reason: 'invalid' });
  expect(spool.state().counters.not_taken).toBe(9);
});

it('After close nothing is taken, and close may be called again', async () => {
  const { spool } = openTestSpool();
  await spool.close();
  await spool.close();
  expect(spool.record(event(1))).toMatchObject({ taken: false, reason: 'closed' });
});
