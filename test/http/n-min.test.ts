import { Hono } from 'hono';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createApp } from '../../shared/http/app.ts';
import { nMinRoutes } from '../../shared/http/routes/n-min.ts';
import { nMinAnswerSchema } from '../../shared/http/schemas/n-min.ts';
import { problemSchema } from '../../shared/http/schemas/problem.ts';
import { jsonLog } from '../../shared/log.ts';
import type { Api } from '../support/api.ts';
import { events, openApi } from '../support/api.ts';
import { DAY, iso, NOW, S1, S2 } from '../support/episodes.ts';

const PATH = `/v1/patterns/${S1}/nmin`;

let api: Api;
beforeAll(async () => {
  api = await openApi();
  await api.postEvents(events(40, 'won', { scope: { bucket: 'nano' }, outcome: 'success' }));
  await api.postEvents(events(80, 'lost', { scope: { bucket: 'micro' }, outcome: 'failure' }));
  const old = { scope: { bucket: 'mega' }, outcome: 'failure', timestamp: iso(NOW - 50 * DAY) };
  await api.postEvents(events(30, 'old', old));
});
afterAll(() => api.close());

const getStudy = async (query = '') => {
  const response = await api.send('GET', `${PATH}?as_of=${iso(NOW)}${query}`);
  expect(response.status).toBe(200);
  return nMinAnswerSchema.parse(await response.json());
};

describe('the study of N_MIN over HTTP', () => {
  it('The N_MIN study counts the events of the window and returns the N_MIN in force', async () => {
    const answer = await getStudy();
    expect(answer).toMatchObject({
      pattern_key: S1,
      as_of: iso(NOW),
      lookback_days: 90,
      n_min: 33,
      events: 150,
    });
    expect(answer.rows.find(row => row.n_min === 33)).toMatchObject({
      slices: 3,
      lessons: 2,
      differ: 2,
      general: 2,
    });
    expect(answer.advice).toMatch(/^Keep 33: /);
  });

  it('The N_MIN study of fewer days counts fewer events', async () => {
    expect(await getStudy('&lookback_days=30')).toMatchObject({ events: 120, lookback_days: 30 });
  });

  it('The N_MIN study uses the settings of the pattern', async () => {
    await api.send('PUT', `/v1/patterns/${S1}/settings`, { n_min: 20, lookback_days: 30, reason: 'test' });
    expect(await getStudy()).toMatchObject({ n_min: 20, lookback_days: 30 });
  });

  it('The N_MIN study of a pattern without events advises to keep the N_MIN in force', async () => {
    await api.service.runtime.heads.register([S2]);
    const response = await api.send('GET', `/v1/patterns/${S2}/nmin`);
    expect(nMinAnswerSchema.parse(await response.json())).toMatchObject({
      events: 0,
      base_share: null,
      advice: 'Keep 33: 0 events with an outcome can show nothing yet.',
    });
  });

  it.each([
    ['as_of=yesterday', 'as_of'],
    ['lookback_days=0', 'lookback_days'],
    ['lookback_days=367', 'lookback_days'],
    ['lookback_days=ten', 'lookback_days'],
    ['n_min=33', 'n_min'],
    ['lookback_day=3', 'lookback_day'],
  ])('The N_MIN study rejects the parameter %s', async (query, path) => {
    const response = await api.send('GET', `${PATH}?${query}`);
    expect(response.status).toBe(400);
    const { code, errors } = problemSchema.parse(await response.json());
    expect([code, errors?.[0]?.path]).toEqual(['invalid_request', path]);
  });

  it('The N_MIN study rejects an invalid pattern key', async () => {
    expect((await api.send('GET', '/v1/patterns/nonsense/nmin')).status).toBe(400);
  });

  it('The N_MIN study rejects a window with more events than its limit', async () => {
    const app = createApp(jsonLog('error', () => undefined, Date.now));
    expect(app).toBeInstanceOf(Hono);
    const { heads, episodes, defaults, writers } = api.service.runtime;
    nMinRoutes(app, { heads, episodes, defaults, writers, now: () => NOW }, 100);
    const response = await app.request(`http://localhost${PATH}`);
    expect(response.status).toBe(400);
    const { errors } = problemSchema.parse(await response.json());
    expect(errors?.[0]).toEqual({
      path: 'lookback_days',
      message: 'the window holds more than 100 events with an outcome: reduce lookback_days',
    });
  });
});
