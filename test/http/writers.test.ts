import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parsePatternKey } from '../../shared/pattern/pattern-key.ts';
import { openWithCallers } from '../support/callers.ts';
import { DAY, eventBody, HOUR, iso, NOW, S1, S2 } from '../support/episodes.ts';
import { measurement } from '../support/measurements.ts';

let api: Awaited<ReturnType<typeof openWithCallers>>;
let now = NOW;
beforeEach(async () => {
  now = NOW;
  api = await openWithCallers(() => now);
});
afterEach(() => api.close());

const eventsOf = (prefix: string, n: number, fields: object = {}) =>
  Array.from({ length: n }, (_, i) =>
    eventBody(`${prefix}${i}`, {
      pattern_key: S1,
      decision: i % 3 === 0 ? 'acted' : 'skipped',
      scope: { chain: i % 2 === 0 ? 'solana' : 'base' },
      outcome: i % 4 === 0 ? 'failure' : 'success',
      ...fields,
    }),
  );
const post = async (who: 'bot' | 'rival' | 'operator', events: readonly object[]) =>
  expect((await api.call(who, 'POST', '/v1/events', { events })).body).toMatchObject({
    accepted: events.length,
  });
/** Runs a cycle, later than the one before. */
const run = async () => {
  now += 1000;
  return (await api.call('operator', 'POST', '/v1/cycles?wait=true', {})).body;
};
const hash = async () => (await api.service.runtime.heads.head(parsePatternKey(S1)))?.current?.hash;
const exclude = (writer: string, excluded: boolean) =>
  api.call('operator', 'PUT', '/v1/writers', { writer, excluded, reason: 'its token leaked' });

describe('writers', () => {
  it('Writers are listed with their counts and shares, over all patterns and of one', async () => {
    await post('bot', eventsOf('a', 6));
    await post('rival', eventsOf('b', 2));
    await post('rival', eventsOf('c', 4, { pattern_key: S2 }));
    await api.call('rival', 'POST', '/v1/events', { events: eventsOf('b', 2) });
    const { body } = await api.call('reader', 'GET', '/v1/writers');
    expect(body).toMatchObject({
      events: 12,
      unattributed: 0,
      writers: [
        { writer: 'token:bot 1', events: 6, share: 0.5, excluded: false },
        { writer: 'token:bot 2', events: 6, share: 0.5, excluded: false },
      ],
    });
    const of = await api.call('reader', 'GET', `/v1/writers?pattern_key=${S2}`);
    expect(of.body).toMatchObject({ events: 4, writers: [{ writer: 'token:bot 2', events: 4, share: 1 }] });
    const first = await api.call('reader', 'GET', '/v1/writers?limit=1');
    const next = await api.call(
      'reader',
      'GET',
      `/v1/writers?limit=1&next=${encodeURIComponent(String(first.body.next))}`,
    );
    expect(next.body).toMatchObject({ writers: [{ writer: 'token:bot 2' }] });
  });

  it('[X9] A run without an excluded writer computes what a service computes that never heard of it', async () => {
    await post('bot', eventsOf('a', 40));
    await run();
    const clean = await hash();
    await post('rival', eventsOf('b', 60, { scope: { chain: 'solana', evil: 'x' }, outcome: 'success' }));
    await post('operator', eventsOf('o', 8, { outcome: undefined, resolved_at: undefined }));
    await api.call('rival', 'POST', '/v1/outcomes', {
      outcomes: eventsOf('o', 8).map(({ episode_id }) => ({
        pattern_key: S1,
        episode_id,
        outcome: 'failure',
        resolved_at: iso(NOW - HOUR),
      })),
    });
    await run();
    expect(await hash()).not.toBe(clean);
    expect((await exclude('token:bot 2', true)).body).toMatchObject({
      writer: 'token:bot 2',
      excluded: true,
      excluded_by: 'token:op',
      reason: 'its token leaked',
    });
    const record = await run();
    expect(record).toMatchObject({
      settings: { excluded_writers: ['token:bot 2'] },
      patterns: [{ events_read: 40, status: 'published' }],
    });
    expect(await hash()).toBe(clean);
    measurement(26, 'after the exclusion of a leaked token the next run has the hash of a run without it');
    await exclude('token:bot 2', false);
    expect(await run()).toMatchObject({ settings: {}, patterns: [{ events_read: 108 }] });
    expect(await hash()).not.toBe(clean);
  });

  it('What-ifs and studies leave excluded writers out too', async () => {
    await post('bot', eventsOf('a', 12));
    await post('rival', eventsOf('b', 30));
    const path = `/v1/patterns/${S1}/nmin`;
    const before = await api.call('reader', 'GET', path);
    await exclude('token:bot 2', true);
    const after = await api.call('reader', 'GET', path);
    expect([before.body.events, after.body.events]).toEqual([42, 12]);
  });

  it('An exclusion is in the list of changes, and an unknown writer is 404 with the near name', async () => {
    await post('bot', eventsOf('a', 1));
    await exclude('token:bot 1', true);
    const { body } = await api.call('reader', 'GET', '/v1/changes');
    expect(body).toMatchObject({
      changes: [
        { what: 'writer', who: 'token:op', writer: 'token:bot 1', why: 'excluded: its token leaked' },
      ],
    });
    const unknown = await exclude('token:bot 12', true);
    expect(unknown).toMatchObject({
      status: 404,
      body: { code: 'unknown_writer', suggestions: ['token:bot 1'] },
    });
    expect((await api.call('operator', 'PUT', '/v1/writers', { writer: 'x', excluded: 'yes' })).status).toBe(
      400,
    );
    expect((await api.call('bot', 'GET', '/v1/writers')).status).toBe(403);
  });
});

describe('a writer that dominates', () => {
  it('[X10] A run names the writer of more than half of a slice with its share, also in status', async () => {
    await post('bot', eventsOf('a', 40));
    expect((await run()).warnings).toEqual([]);
    await post('rival', eventsOf('b', 120));
    const found = { code: 'one_writer_dominates', pattern_key: S1, writer: 'token:bot 2', share: 0.75 };
    expect((await run()).warnings).toContainEqual(expect.objectContaining(found));
    const status = await api.call('reader', 'GET', '/v1/status');
    expect(status.body.warnings).toContainEqual(expect.objectContaining(found));
    await exclude('token:bot 2', true);
    expect(JSON.stringify((await run()).warnings)).not.toContain('one_writer_dominates');
  });

  it('Equal shares dominate nothing', async () => {
    await post('bot', eventsOf('a', 40));
    await post('rival', eventsOf('b', 40));
    expect(JSON.stringify((await run()).warnings)).not.toContain('one_writer_dominates');
  });
});

describe('items of other callers', () => {
  it('An outcome for the event of another bot is refused, and the answer says who may send it', async () => {
    await post('bot', eventsOf('a', 1, { outcome: undefined }));
    const outcome = {
      pattern_key: S1,
      episode_id: 'a0',
      outcome: 'failure',
      resolved_at: iso(NOW - DAY / 2),
    };
    const { status, body } = await api.call('rival', 'POST', '/v1/outcomes', { outcomes: [outcome] });
    expect([status, body.rejected]).toMatchObject([
      400,
      [{ index: 0, episode_id: 'a0', code: 'not_your_episode' }],
    ]);
    const byOperator = await api.call('operator', 'POST', '/v1/outcomes', { outcomes: [outcome] });
    expect(byOperator.body).toMatchObject({ resolved: 1 });
  });
});
