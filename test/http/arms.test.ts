import { createHash } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openCore } from '../../client/src/core.ts';
import {
  compactSnapshotSchema,
  lookupAnswerSchema,
  snapshotSchema,
} from '../../shared/http/schemas/lookup-answer.ts';
import { armOf } from '../../shared/override/arm.ts';
import { openApi } from '../support/api.ts';
import { iso, NOW, S1, S2 } from '../support/episodes.ts';
import { override } from '../support/overrides.ts';
import { putInForce } from '../support/put-in-force.ts';

const SALT = `${S1}:tried`;
const IDS = Array.from({ length: 20 }, (_, i) => `episode ü ${i}`);

let api: Awaited<ReturnType<typeof openApi>>;
beforeAll(async () => {
  api = await openApi({ now: () => NOW });
  const { runtime } = api.service;
  await putInForce(runtime, S1, [override('tuning_ts_min', {}, 0.8)]);
  const generation = (await runtime.heads.head(S1))?.current;
  await putInForce(runtime, S1, [override('tuning_ts_min', {}, 0.9)]);
  const head = await runtime.heads.head(S1);
  if (!head || !generation) throw new Error('the pattern has no head');
  await runtime.heads.replaceHead(S1, {
    ...head,
    version: head.version + 1,
    candidate: { generation, salt: SALT, share: 0.5, started_at: iso(NOW), step_at: iso(NOW), moves: 'm' },
  });
});
afterAll(() => api.close());

const get = (path: string) => api.service.app.request(path);
const readSnapshot = async (query: string) => (await get(`/v1/snapshots/${S1}${query}`)).json();

it('Look-ups by body, query and OFREP give an episode the generation of its arm', async () => {
  const arms = new Set<string>();
  for (const id of IDS) {
    const arm = armOf({ salt: SALT, share: 0.5 }, id);
    arms.add(arm);
    const expected =
      arm === 'candidate'
        ? { arm, generation: 1, applied: { generation: 1, multipliers: { ts_min: 0.8 } } }
        : { arm, generation: 2, applied: { generation: 2, multipliers: { ts_min: 0.9 } } };
    const body = { pattern_key: S1, scope: {}, thresholds: { ts_min: 1 }, episode_id: id };
    const posted = await (await api.send('POST', '/v1/overrides/lookup', body)).json();
    expect(posted).toMatchObject({ ...expected, thresholds: { ts_min: arm === 'candidate' ? 0.8 : 0.9 } });
    const query = `pattern_key=${S1}&thresholds.ts_min=1&episode_id=${encodeURIComponent(id)}`;
    expect(await (await get(`/v1/overrides/lookup?${query}`)).json()).toEqual(posted);
    const context = { context: { targetingKey: id } };
    const flag = await (await api.send('POST', `/ofrep/v1/evaluate/flags/${S1}.ts_min`, context)).json();
    expect(flag).toMatchObject({
      reason: 'SPLIT',
      variant: arm === 'candidate' ? 'g1-candidate' : 'g2',
      value: arm === 'candidate' ? 0.8 : 0.9,
    });
  }
  expect(arms.size).toBe(2);
});

it('A look-up without an episode id is that of control, and an id that no event may have is refused', async () => {
  const body = { pattern_key: S1, scope: {} };
  const answer = await (await api.send('POST', '/v1/overrides/lookup', body)).json();
  expect(answer).toMatchObject({ arm: 'control', generation: 2 });
  for (const episode_id of ['', 'e'.repeat(257), 'a\nb', 7])
    expect((await api.send('POST', '/v1/overrides/lookup', { ...body, episode_id })).status).toBe(400);
});

it('A snapshot carries the candidate in both forms, and its tag follows the share', async () => {
  const full = snapshotSchema.parse(await readSnapshot(''));
  expect(full.candidate).toMatchObject({
    generation: 1,
    share: 0.5,
    salt: SALT,
    resolution: 'blend',
    overrides: [{ action_category: 'tuning_ts_min', multiplier: 0.8 }],
  });
  const compact = compactSnapshotSchema.parse(await readSnapshot('?form=compact'));
  expect(compact.candidate).toMatchObject({ sha256: full.candidate?.sha256, overrides: { count: 1 } });
  expect(full.candidate?.sha256).not.toBe(full.sha256);
  const { runtime } = api.service;
  const head = await runtime.heads.head(S1);
  if (!head?.candidate) throw new Error('the head has no candidate');
  await runtime.heads.replaceHead(S1, {
    ...head,
    version: head.version + 1,
    candidate: { ...head.candidate, share: 1 },
  });
  expect(snapshotSchema.parse(await readSnapshot('')).etag).not.toBe(full.etag);
});

it('A first generation that is tried serves its arm, and control has nothing', async () => {
  const { runtime } = api.service;
  await putInForce(runtime, S2, [override('tuning_ts_min', {}, 0.8)]);
  const head = await runtime.heads.head(S2);
  if (!head?.current) throw new Error('the pattern has no generation');
  const { current, ...others } = head;
  const at = iso(NOW);
  const candidate = { generation: current, salt: SALT, share: 0.5, started_at: at, step_at: at, moves: 'm' };
  await runtime.heads.replaceHead(S2, { ...others, version: head.version + 1, candidate });
  const generations = new Set<string>();
  for (const id of IDS) {
    const body = { pattern_key: S2, scope: {}, episode_id: id };
    const response = await api.send('POST', '/v1/overrides/lookup', body);
    const { arm, generation } = lookupAnswerSchema.parse(await response.json());
    expect(arm).toBe(armOf({ salt: SALT, share: 0.5 }, id));
    generations.add(`${arm} ${generation}`);
  }
  expect([...generations].sort()).toEqual(['candidate 1', 'control 0']);
  const snapshot = snapshotSchema.parse(await (await get(`/v1/snapshots/${S2}`)).json());
  expect(snapshot).toMatchObject({ generation: 0, overrides: [], candidate: { generation: 1 } });
  const flags = await (await api.send('POST', '/ofrep/v1/evaluate/flags', { context: {} })).json();
  expect(JSON.stringify(flags)).toContain(`"key":"${S2}"`);
  const core = openCore({
    url: 'http://service.example/',
    fetch: async (url, init) => api.service.app.request(String(url), init as RequestInit),
    sha256: text => createHash('sha256').update(text).digest('hex'),
    off: () => false,
  });
  await core.refresh();
  expect(core.served(S2)).toMatchObject({ generation: 0, candidate: { generation: 1 } });
  core.close();
});
