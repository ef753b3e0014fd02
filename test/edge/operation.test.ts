import { rmSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openApi } from '../support/api.ts';
import { S1 } from '../support/episodes.ts';
import { override } from '../support/overrides.ts';
import { putInForce } from '../support/put-in-force.ts';
import { Line, openTestEdge, temporaryFolder } from './open-test-edge.ts';

let api: Awaited<ReturnType<typeof openApi>>;
beforeAll(async () => {
  api = await openApi();
  await putInForce(api.service.runtime, S1, [override('tuning_ts_min', { chain: 'solana' }, 0.9)]);
});
afterAll(() => api.close());

const eventOf = (id: string, fields: object = {}): object => ({
  pattern_key: S1,
  episode_id: id,
  decision: 'skipped',
  scope: { chain: 'solana' },
  timestamp: '2025-01-10T00:00:00Z',
  factors: { ts_score: 0.5 },
  ...fields,
});
const outcomeOf = (id: string): object => ({ pattern_key: S1, episode_id: id, outcome: 'success' });
const LOOKUP = { pattern_key: S1, scope: { chain: 'solana' }, thresholds: { ts_min: 1 } };

async function stored(prefix: string): Promise<Record<string, unknown>[]> {
  const found: Record<string, unknown>[] = [];
  let next = '';
  do {
    const page = await api.send('GET', `/v1/events?pattern_key=${S1}&limit=1000${next}`);
    const body = (await page.json()) as { events: Record<string, unknown>[]; next?: string };
    found.push(...body.events.filter(each => String(each.episode_id).startsWith(prefix)));
    next = body.next === undefined ? '' : `&next=${encodeURIComponent(body.next)}`;
  } while (next !== '');
  return found;
}

const outcomesOf = (event: Record<string, unknown>): unknown[] =>
  (event.outcomes as { outcome: string }[]).map(({ outcome }) => outcome);

const json = async (response: Response | Promise<Response>) =>
  (await (await response).json()) as Record<string, unknown>;

describe('events and outcomes', () => {
  it('What an edge takes is answered 202, and arrives at the service once', async () => {
    const edge = openTestEdge(new Line(api.service.app));
    const ids = Array.from({ length: 600 }, (_, i) => `take-${i}`);
    for (let i = 0; i < ids.length; i += 300) {
      const part = ids.slice(i, i + 300);
      const events = await edge.send('POST', '/v1/events', { events: part.map(id => eventOf(id)) });
      expect([events.status, await events.json()]).toEqual([202, { spooled: 300, rejected: [] }]);
      const outcomes = await edge.send('POST', '/v1/outcomes', { outcomes: part.map(outcomeOf) });
      expect([outcomes.status, await outcomes.json()]).toEqual([202, { spooled: 300, rejected: [] }]);
    }
    expect(await json(edge.send('POST', '/v1/events', eventOf('take-one')))).toEqual({
      spooled: 1,
      rejected: [],
    });
    expect(await edge.spool.delivered(120_000)).toBe(true);
    const found = await stored('take-');
    expect(found.map(each => each.episode_id).sort()).toEqual([...ids, 'take-one'].sort());
    expect(found.filter(each => outcomesOf(each).length === 1)).toHaveLength(600);
    expect(edge.spool.state().counters).toMatchObject({ taken: 1201, delivered: 1201, rejected: 0 });
  });

  it('An invalid item is rejected as by the service, and the others are taken', async () => {
    const edge = openTestEdge(new Line(api.service.app));
    const events = [
      eventOf('mixed-1'),
      eventOf('mixed-2', { factor: {} }),
      eventOf('mixed-3', { decision: 'no' }),
    ];
    const answer = await edge.send('POST', '/v1/events', { events });
    expect(answer.status).toBe(202);
    const { spooled, rejected } = await json(answer);
    expect(spooled).toBe(1);
    expect(rejected).toEqual((await json(api.send('POST', '/v1/events', { events }))).rejected);
  });

  it.each([
    ['/v1/events', { events: [eventOf('x', { factor: 1 })] }],
    ['/v1/events', eventOf('x', { scope: 1 })],
    ['/v1/events', { evnts: [] }],
    ['/v1/events', { events: Array(501).fill(eventOf('x')) }],
    ['/v1/outcomes', { outcomes: [{ episode_id: 'x' }] }],
    ['/v1/outcomes', {}],
  ])('A request to %s that is invalid as a whole is answered as by the service (%#)', async (path, body) => {
    const edge = openTestEdge(new Line(api.service.app));
    const [expected, found] = [await api.send('POST', path, body), await edge.send('POST', path, body)];
    expect(found.status).toBe(expected.status);
    const { accepted: _a, unchanged: _u, resolved: _r, parked: _p, ...rest } = await json(expected);
    const { spooled: _s, ...answer } = await json(found);
    expect(answer).toEqual(rest);
    expect(edge.spool.state().waiting).toBe(0);
  });
});

describe('without the service', () => {
  it('Look-ups go on, events wait on disk, and both survive a restart of the edge', async () => {
    const line = new Line(api.service.app);
    const first = openTestEdge(line);
    await first.core.refresh();
    line.isCut = true;
    expect((await json(first.send('POST', '/v1/overrides/lookup', LOOKUP))).thresholds).toEqual({
      ts_min: 0.9,
    });
    const taken = await first.send('POST', '/v1/events', { events: [eventOf('dark-1'), eventOf('dark-2')] });
    expect(taken.status).toBe(202);
    await first.close();

    const second = openTestEdge(line, { dir: first.dir });
    expect((await json(second.send('POST', '/v1/overrides/lookup', LOOKUP))).thresholds).toEqual({
      ts_min: 0.9,
    });
    expect((await second.send('GET', '/readyz')).status).toBe(200);
    await second.send('POST', '/v1/events', eventOf('dark-3'));
    line.isCut = false;
    await expect.poll(async () => (await stored('dark-')).length, { timeout: 120_000 }).toBe(3);
  });

  it('Before the first contact answers are neutral and say so, and nothing is handed on as empty', async () => {
    const line = new Line(api.service.app);
    line.isCut = true;
    const edge = openTestEdge(line);
    expect((await edge.send('GET', '/healthz')).status).toBe(200);
    expect((await edge.send('GET', '/readyz')).status).toBe(503);
    expect(await json(edge.send('POST', '/v1/overrides/lookup', LOOKUP))).toMatchObject({
      thresholds: { ts_min: 1 },
      applied: {},
      generation: 0,
      age_seconds: -1,
      degraded: { code: 'not_ready' },
    });
    expect((await edge.send('GET', '/v1/snapshots')).status).toBe(503);
    expect((await edge.send('GET', `/v1/snapshots/${S1}`)).status).toBe(503);
    line.isCut = false;
    await edge.core.refresh();
    expect((await edge.send('GET', '/readyz?fresh')).status).toBe(200);
  });

  it('An edge behind an edge delivers and serves through it', async () => {
    const first = openTestEdge(new Line(api.service.app));
    await first.core.refresh();
    const second = openTestEdge(new Line(first.app));
    await second.core.refresh();
    expect((await json(second.send('POST', '/v1/overrides/lookup', LOOKUP))).thresholds).toEqual({
      ts_min: 0.9,
    });
    await second.send('POST', '/v1/events', { events: [eventOf('chain-1'), eventOf('chain-2')] });
    await second.send('POST', '/v1/outcomes', { outcomes: [outcomeOf('chain-1')] });
    expect(await second.spool.delivered(120_000)).toBe(true);
    expect(await first.spool.delivered(120_000)).toBe(true);
    expect((await stored('chain-')).map(outcomesOf)).toEqual([['success'], []]);
  });
});

describe('callers', () => {
  it('With a token only its callers are answered, and monitors may ask for health', async () => {
    const edge = openTestEdge(new Line(api.service.app), { token: 'secret-of-the-edge' });
    await edge.core.refresh();
    const status = async (path: string, authorization?: string): Promise<number> =>
      (await edge.send('GET', path, undefined, authorization === undefined ? {} : { authorization })).status;
    for (const path of ['/v1/snapshots', '/metrics', `/v1/snapshots/${S1}`]) {
      expect(await status(path)).toBe(401);
      expect(await status(path, 'Bearer secret-of-the-edgf')).toBe(401);
      expect(await status(path, 'Bearer secret-of-the-edge')).toBe(200);
    }
    for (const path of ['/healthz', '/readyz']) expect(await status(path)).toBe(200);
  });

  it.each([
    { origin: 'http://evil.example' },
    { origin: 'null' },
    { 'sec-fetch-site': 'cross-site' },
    { 'sec-fetch-site': 'same-site' },
  ])('A page of another origin is rejected (%j)', async headers => {
    const edge = openTestEdge(new Line(api.service.app));
    expect((await edge.send('POST', '/v1/events', eventOf('page'), headers)).status).toBe(403);
    expect((await edge.send('GET', '/v1/snapshots', undefined, headers)).status).toBe(403);
  });

  it('A form of a page of the same origin is no JSON, and is rejected', async () => {
    const edge = openTestEdge(new Line(api.service.app));
    const headers = { origin: 'http://localhost', 'content-type': 'text/plain' };
    expect((await edge.send('POST', '/v1/events', eventOf('page'), headers)).status).toBe(415);
  });
});

it('Metrics show the copy, the spool and the look-ups, and name no value of a caller', async () => {
  const line = new Line(api.service.app);
  const edge = openTestEdge(line);
  await edge.core.refresh();
  await edge.send('POST', '/v1/overrides/lookup', LOOKUP);
  await edge.send('POST', '/v1/overrides/lookup', { ...LOOKUP, scope: {} });
  await edge.send('POST', '/v1/events', eventOf('metric-1'));
  await edge.spool.delivered(120_000);
  line.isCut = true;
  await edge.core.refresh();
  const response = await edge.send('GET', '/metrics');
  expect(response.headers.get('content-type')).toMatch(/^text\/plain; version=0\.0\.4/);
  const text = await response.text();
  for (const expected of [
    'pm_tuning_edge_lookups_total{reason="match"} 1',
    'pm_tuning_edge_lookups_total{reason="neutral"} 1',
    'pm_tuning_edge_lookup_seconds_count 2',
    'pm_tuning_edge_upstream_requests_total{kind="poll",code="200"}',
    'pm_tuning_edge_upstream_requests_total{kind="poll",code="none"}',
    'pm_tuning_edge_upstream_requests_total{kind="delivery",code="200"} 1',
    'pm_tuning_edge_ready 1',
    'pm_tuning_edge_stale 0',
    'pm_tuning_edge_snapshot_age_seconds',
    'pm_tuning_edge_overrides 1',
    'pm_tuning_edge_spool_items 0',
    'pm_tuning_edge_spool_oldest_seconds 0',
    'pm_tuning_edge_spool_delivered_items 1',
  ])
    expect(text).toContain(expected);
  expect(text).not.toMatch(/solana|metric-1|pm\.uptrend/);
});

it('The kill switch of the edge makes answers neutral without the service', async () => {
  const dir = temporaryFolder();
  const edge = openTestEdge(new Line(api.service.app), { dir });
  await edge.core.refresh();
  writeFileSync(`${dir}/off`, '');
  const tuned = async (): Promise<unknown> =>
    (await json(edge.send('POST', '/v1/overrides/lookup', LOOKUP))).thresholds;
  await expect.poll(tuned, { timeout: 5000 }).toEqual({ ts_min: 1 });
  rmSync(`${dir}/off`);
  await expect.poll(tuned, { timeout: 5000 }).toEqual({ ts_min: 0.9 });
});
