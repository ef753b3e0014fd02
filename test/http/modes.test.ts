import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Api } from '../support/api.ts';
import { events, openApi } from '../support/api.ts';
import { iso, NOW, S1 } from '../support/episodes.ts';

/* A change of the mode or a rollback by an operator applies to the next look-up and the next snapshot. */

let api: Api;
let now = NOW;
beforeAll(async () => {
  api = await openApi({ now: () => now, environment: { N_MIN: '10' } });
  await api.postEvents(events(20, 'a'));
  await api.cycle({ as_of: iso(NOW) });
  await api.postEvents(events(40, 'b'));
  await api.cycle({ as_of: iso(NOW) });
});
afterAll(() => api.close());

const scope = { chain: 'solana', unseen: 'x' };
const lookUp = (fields: object = {}) =>
  api.lookup({ pattern_key: S1, scope, thresholds: { ts_min: 0.6 }, ...fields });
const change = async (path: string, body: object) => {
  const response = await api.send(path === 'rollback' ? 'POST' : 'PUT', `/v1/patterns/${S1}/${path}`, body);
  expect(response.status).toBe(200);
  now += 1000;
  return (await response.json()) as Record<string, unknown>;
};
const mode = (name: string) => change('mode', { mode: name, reason: 'a test' });
const snapshot = async (etag?: string) => {
  const response = await api.service.app.request(`/v1/snapshots/${S1}`, {
    headers: etag === undefined ? {} : { 'if-none-match': etag },
  });
  const body =
    response.status === 304 ? undefined : ((await response.json()) as { etag: string; overrides: unknown[] });
  return { status: response.status, body };
};

describe('[F1] a mode', () => {
  it.each([
    ['live', 'the overrides'],
    ['off', 'neutral'],
    ['frozen', 'the overrides'],
    ['shadow', 'neutral'],
    ['live', 'the overrides'],
  ])('After mode %s is acknowledged, look-ups and snapshots serve %s', async (name, served) => {
    const serves = served === 'the overrides';
    expect(await mode(name)).toMatchObject({
      pattern_key: S1,
      mode: name,
      generation: 2,
      latest_generation: 2,
    });
    const answer = await lookUp();
    expect(answer).toMatchObject({ mode: name, generation: 2 });
    expect(answer.overrides.length > 0).toBe(serves);
    expect(answer.thresholds.ts_min === 0.6).toBe(!serves);
    expect((await snapshot()).body?.overrides.length).toBe(serves ? 4 : 0);
  });

  it('A look-up in mode shadow explains the overrides that it does not apply', async () => {
    await mode('shadow');
    const { explain, overrides } = await lookUp({ explain: true });
    expect(overrides).toEqual([]);
    expect(explain?.length).toBe(4);
    expect(explain?.some(e => e.chosen)).toBe(false);
  });
});

describe('a snapshot', () => {
  it('[F2] A snapshot request with the current ETag gets 304, and one with an ETag from before a change gets 200', async () => {
    const etags: string[] = [];
    for (const makeChange of [
      () => mode('live'),
      () => mode('frozen'),
      () => mode('off'),
      () => mode('shadow'),
      () => change('rollback', { generation: 1, reason: 'a test' }),
      () => mode('live'),
    ]) {
      await makeChange();
      const etag = (await snapshot()).body?.etag ?? '';
      expect((await snapshot(etag)).status).toBe(304);
      expect((await snapshot(`"x", W/${etag}`)).status).toBe(304);
      expect((await snapshot('*')).status).toBe(304);
      expect((await snapshot('"x"')).status).toBe(200);
      for (const before of etags) expect((await snapshot(before)).status).toBe(200);
      etags.push(etag);
    }
    expect(new Set(etags).size).toBe(6);
  });
});

describe('the history of a pattern', () => {
  it('The history of a pattern lists generations, the difference between two of them, and the audit', async () => {
    await change('rollback', { generation: 2, reason: 'back to two' });
    const response = await api.send('GET', `/v1/patterns/${S1}/generations?diff=1,2`);
    const body = (await response.json()) as Record<string, never>;
    expect(body).toMatchObject({
      generations: [
        { generation: 2, in_force: true, events_read: 60, lessons: 2, overrides: 4 },
        { generation: 1, in_force: false, events_read: 20 },
      ],
      diff: { from: 1, to: 2, lessons: { added: 0, removed: 0, changed: 2 } },
    });
    const { overrides } = body.diff as unknown as { overrides: { before: number; after: number }[] };
    expect(overrides).toHaveLength(4);
    expect(overrides[0]?.before).not.toBe(overrides[0]?.after);
    const [newest] = body.changes as unknown as { what: string; who: string; why: string }[];
    expect(newest).toMatchObject({ what: 'rollback', who: 'local', why: 'generation 2: back to two' });
  });
});

describe('pages of overrides', () => {
  it('All pages of overrides belong to the generation of the first page, even after a new one is published', async () => {
    await mode('live');
    const first = await (await api.send('GET', `/v1/overrides?pattern_key=${S1}&limit=1`)).json();
    const before = await api.overrides(S1);
    await api.postEvents(events(40, 'c'));
    await api.cycle({ as_of: iso(NOW) });
    const token = encodeURIComponent((first as { next: string }).next);
    const rest = await (
      await api.send('GET', `/v1/overrides?pattern_key=${S1}&limit=1000&next=${token}`)
    ).json();
    expect((rest as { overrides: unknown[] }).overrides).toEqual(before.slice(1));
    expect((rest as { generation: number }).generation).toBe((first as { generation: number }).generation);
    expect((await api.overrides(S1))[0]?.multiplier).not.toBe(before[0]?.multiplier);
  });
});
