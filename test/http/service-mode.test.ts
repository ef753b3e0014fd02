import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { changesPageSchema } from '../../shared/http/schemas/changes.ts';
import { cyclePageSchema } from '../../shared/http/schemas/cycles.ts';
import { snapshotSchema } from '../../shared/http/schemas/lookup-answer.ts';
import type { Api } from '../support/api.ts';
import { events, openApi } from '../support/api.ts';
import { NOW, S1, S2 } from '../support/episodes.ts';

const REQUEST = { pattern_key: S1, scope: { chain: 'solana' }, thresholds: { ts_min: 0.6 } };

let api: Api;
beforeAll(async () => {
  api = await openApi({ now: () => NOW, environment: { N_MIN: '10' } });
  await api.postEvents(
    events(40, 'a', { scope: { chain: 'solana' }, decision: 'acted', outcome: 'failure' }),
  );
  await api.cycle();
});
afterAll(() => api.close());

const put = async (path: string, body: object) => {
  const response = await api.send('PUT', path, body);
  expect(response.status).toBe(200);
  return response.json();
};
const snapshot = async () =>
  snapshotSchema.parse(await (await api.send('GET', `/v1/snapshots/${S1}`)).json());
/** Runs a cycle as the schedule does. */
const scheduled = async (id: string) => {
  await (await api.service.stateMachine.start(id, 'system:cycle', {})).done;
  return cyclePageSchema.parse(await (await api.send('GET', `/v1/cycles/${id}`)).json());
};

describe('the switch for everything', () => {
  it('[F13] Off makes look-ups and snapshots of every pattern neutral at once, and live brings them back', async () => {
    const before = await api.lookup(REQUEST);
    expect(before).toMatchObject({ mode: 'live' });
    expect(before).not.toHaveProperty('mode_by');
    expect(before.overrides.length).toBeGreaterThan(0);
    const { etag } = await snapshot();

    const off = await put('/v1/mode', { mode: 'off', reason: 'exchange outage' });
    expect(off).toMatchObject({ mode: 'off', last_change: { who: 'local', what: 'mode' } });
    expect(await api.lookup(REQUEST)).toMatchObject({
      mode: 'off',
      mode_by: 'service',
      entries: 'open',
      overrides: [],
      thresholds: { ts_min: 0.6 },
      applied: {},
    });
    const unknown = { ...REQUEST, pattern_key: 'pm.never.S1.seen' };
    expect(await api.lookup(unknown)).toMatchObject({
      mode: 'off',
      mode_by: 'service',
      pattern_known: false,
    });
    const neutral = await snapshot();
    expect(neutral).toMatchObject({ mode: 'off', mode_by: 'service', overrides: [], entries: 'open' });
    expect(neutral.etag).not.toBe(etag);
    expect(await (await api.send('GET', '/v1/mode')).json()).toEqual(off);
    expect(await api.status()).toMatchObject({ mode: 'off', patterns: [{ mode: 'live' }] });

    await put('/v1/mode', { mode: 'live', reason: 'over' });
    expect(await api.lookup(REQUEST)).toEqual(before);
    expect((await snapshot()).etag).toBe(etag);
  });

  it('Off overrules a pattern that is frozen, and the pattern is frozen again afterwards', async () => {
    await put(`/v1/patterns/${S1}/mode`, { mode: 'frozen', reason: 'x' });
    await put('/v1/mode', { mode: 'off', reason: 'x' });
    expect(await api.lookup(REQUEST)).toMatchObject({ mode: 'off', mode_by: 'service', overrides: [] });
    await put('/v1/mode', { mode: 'live', reason: 'x' });
    expect((await api.lookup(REQUEST)).mode).toBe('frozen');
    await put(`/v1/patterns/${S1}/mode`, { mode: 'live', reason: 'x' });
  });

  it('Each use of the switch is in the list of changes, without a pattern, with who and why', async () => {
    const { changes } = changesPageSchema.parse(await (await api.send('GET', '/v1/changes')).json());
    const ofService = changes.filter(change => change.pattern_key === undefined);
    expect(ofService.map(({ who, what, why }) => [who, what, why])).toContainEqual([
      'local',
      'mode',
      'service off: exchange outage',
    ]);
    expect(ofService).toHaveLength(4);
  });

  it.each([
    [{ mode: 'frozen', reason: 'x' }, 'mode'],
    [{ mode: 'off' }, 'reason'],
    [{ mode: 'off', reason: 'x', pattern_key: S1 }, 'pattern_key'],
  ])('The request %j is refused', async (body, path) => {
    const response = await api.send('PUT', '/v1/mode', body);
    expect(response.status).toBe(400);
    expect(JSON.stringify(await response.json())).toContain(path);
  });
});

describe('mode retired', () => {
  const retire = () => put(`/v1/patterns/${S1}/mode`, { mode: 'retired', reason: 'the strategy ended' });

  it('[F14] A retired pattern is neutral, and leaves status and runs', async () => {
    await api.postEvents(events(5, 'b', { pattern: S2 }));
    await retire();
    expect(await api.lookup(REQUEST)).toMatchObject({ mode: 'retired', overrides: [], applied: {} });
    expect(await snapshot()).toMatchObject({ mode: 'retired', overrides: [] });
    const status = await api.status();
    expect(status.patterns.map(row => row.pattern_key)).toEqual([S2]);
    expect(status).toMatchObject({ retired: 1, events: { total: 5 } });
    const cycle = await scheduled('20250120T130000000Z-00000001');
    expect(cycle.patterns.map(row => row.pattern_key)).toEqual([S2]);
  });

  it('[F14] Its next event brings the mode before back at once, and the next run writes that down', async () => {
    await api.postEvents(events(1, 'back', { scope: { chain: 'solana' } }));
    expect((await api.lookup(REQUEST)).mode).toBe('live');
    expect((await api.status()).patterns.map(row => row.pattern_key)).toEqual([S1, S2]);
    await scheduled('20250120T140000000Z-00000002');
    const { changes } = changesPageSchema.parse(
      await (await api.send('GET', `/v1/changes?pattern_key=${S1}`)).json(),
    );
    expect(changes.find(change => change.why.startsWith('mode live is back'))).toMatchObject({
      who: 'system:cycle',
      what: 'mode',
    });
  });

  it('A repeated event and an outcome do not bring a retired pattern back', async () => {
    await retire();
    await api.postEvents(events(1, 'back', { scope: { chain: 'solana' } }));
    await api.postOutcomes([{ pattern_key: S1, episode_id: 'none', outcome: 'failure' }]);
    expect((await api.lookup(REQUEST)).mode).toBe('retired');
  });

  it.each(['off', 'frozen', 'shadow'])(
    '[F14] A pattern that was %s comes back as that, and never as live',
    async mode => {
      await put(`/v1/patterns/${S1}/mode`, { mode, reason: 'x' });
      await retire();
      await retire();
      await api.postEvents(events(1, `after-${mode}`, { scope: { chain: 'solana' } }));
      expect((await api.lookup(REQUEST)).mode).toBe(mode);
    },
  );
});
