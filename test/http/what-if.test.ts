import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createApp } from '../../shared/http/app.ts';
import { whatIfRoutes } from '../../shared/http/routes/what-if.ts';
import { ROUTES } from '../../shared/http/routes.ts';
import { problemSchema } from '../../shared/http/schemas/problem.ts';
import type { WhatIfAnswer } from '../../shared/http/schemas/what-if.ts';
import { whatIfAnswerSchema } from '../../shared/http/schemas/what-if.ts';
import type { Api } from '../support/api.ts';
import { events, importAll, openApi } from '../support/api.ts';
import { DAY, iso, NOW, S1, S2, S3 } from '../support/episodes.ts';

const gates = (ts_score: number): object => ({
  ts_score,
  ts_min: 0.6,
  halo_distance: 0.5,
  halo_max: 1,
  ema60_slope: 0.01,
  slope_min: 0,
});
const SCOPE_15M = { chain: 'solana', timeframe: '15m' };
const SCOPE_1H = { chain: 'solana', timeframe: '1h' };
const REQUEST = { pattern_key: S1, lever: 'ts_min', from: 0.8, to: 1.2, points: 5, as_of: iso(NOW) };

let api: Api;
beforeAll(async () => {
  api = await openApi({ now: () => NOW });
  const acted = { decision: 'acted', timestamp: iso(NOW - 5 * DAY) } as const;
  const skipped = { decision: 'skipped', timestamp: iso(NOW - 5 * DAY) } as const;
  await importAll(api, [
    ...events(40, 'in', { ...acted, scope: SCOPE_15M, factors: gates(0.9) }),
    ...events(12, 'near', { ...skipped, scope: SCOPE_15M, factors: gates(0.55) }),
    ...events(20, 'dodge', { ...skipped, scope: SCOPE_15M, factors: gates(0.55), outcome: 'failure' }),
    ...events(9, 'halo', {
      ...skipped,
      scope: SCOPE_15M,
      factors: { ...gates(0.55), halo_distance: 2 },
    }),
    ...events(30, 'hour', { ...skipped, scope: SCOPE_1H, factors: gates(0.55), outcome: 'failure' }),
    ...events(7, 'old', { ...acted, scope: SCOPE_1H, factors: gates(0.9), timestamp: iso(NOW - 50 * DAY) }),
    ...events(3, 'open', { ...acted, scope: SCOPE_15M, factors: gates(0.9), outcome: null }),
  ]);
});
afterAll(() => api.close());

async function postWhatIf(request: object, status = 200): Promise<WhatIfAnswer> {
  const response = await api.send('POST', '/v1/whatif', request);
  expect(response.status).toBe(status);
  return whatIfAnswerSchema.parse(await response.json());
}

async function problemOf(request: object) {
  const response = await api.send('POST', '/v1/whatif', request);
  expect(response.headers.get('content-type')).toBe('application/problem+json');
  return problemSchema.parse(await response.json());
}

describe('POST /v1/whatif', () => {
  it('POST /v1/whatif returns the curve of one slice and rechecks the other gates', async () => {
    const answer = await postWhatIf({ ...REQUEST, scope: { timeframe: '15m' } });
    expect(answer).toMatchObject({
      pattern_key: S1,
      scope_subset: { timeframe: '15m' },
      lever: {
        action_category: 'tuning_ts_min',
        threshold: 'ts_min',
        factor: 'ts_score',
        effect: 'multiplier',
      },
      as_of: iso(NOW),
      lookback_days: 90,
      payoff: { win: 2, loss: 1 },
      confidence: 0.9,
      events: { total: 81, neutral: 0, left_out: 0, other_gates: 9, fixed: 0, movable: 72 },
      base: { multiplier: 1, winners: 40, losers: 0, utility: 80, utility_change: 0, low: 0, high: 0 },
      best: { multiplier: 0.9, winners_change: 12, losers_change: 20, utility_change: 4 },
    });
    expect(answer.curve.map(p => [p.multiplier, p.winners, p.losers])).toEqual([
      [0.8, 52, 20],
      [0.9, 52, 20],
      [1, 40, 0],
      [1.1, 40, 0],
      [1.2, 40, 0],
    ]);
    expect(answer.curve[0]?.threshold).toBeCloseTo(0.48, 12);
  });

  it('A what-if counts correlated events together: 12 winners and 20 losers of one hour are one event of +4', async () => {
    const { best, sentence, note } = await postWhatIf({ ...REQUEST, scope: { timeframe: '15m' } });
    // The variance is the largest of 4·12 + 20 = 68, (2·12 − 20)² = 16 and 2·32 = 64.
    expect(best?.error).toBeCloseTo(Math.sqrt(68), 12);
    expect(best?.high).toBeCloseTo(4 + 1.645 * Math.sqrt(68), 12);
    expect(sentence).toContain(
      'ts_min × 0.9 on timeframe=15m would have taken 12 more winners and 20 more losers in the last 90 days: ' +
        '+4 ± 14 at 2:1: nothing proven',
    );
    expect(note).toContain('The best value was picked by its gain');
    // The 30 losers lie in one block, so the error is 30; independent events would have 7.7.
    const hourly = await postWhatIf({ ...REQUEST, scope: { timeframe: '1h' } });
    expect(hourly.curve[0]).toMatchObject({ losers_change: 30, utility_change: -30, error: 30 });
  });

  it('A what-if counts only events of the window whose outcome was known at as_of', async () => {
    expect((await postWhatIf({ ...REQUEST, lookback_days: 10 })).events.total).toBe(111);
    expect((await postWhatIf(REQUEST)).events.total).toBe(118);
    expect((await postWhatIf({ ...REQUEST, as_of: iso(NOW - 10 * DAY) })).events.total).toBe(7);
    expect((await postWhatIf({ ...REQUEST, as_of: undefined })).as_of).toBe(iso(NOW));
  });

  it('A what-if takes payoff and look-back from the settings of the pattern unless the request names them', async () => {
    const ownApi = await openApi({ now: () => NOW });
    await importAll(ownApi, events(40, 'x', { pattern: S2, factors: gates(0.55) }));
    const settings = { payoff: { win: 3, loss: 2 }, lookback_days: 20, reason: 'test' };
    await ownApi.send('PUT', `/v1/patterns/${S2}/settings`, settings);
    const answerTo = async (more: object) =>
      whatIfAnswerSchema.parse(
        await (await ownApi.send('POST', '/v1/whatif', { ...REQUEST, pattern_key: S2, ...more })).json(),
      );
    expect(await answerTo({})).toMatchObject({ payoff: { win: 3, loss: 2 }, lookback_days: 20 });
    expect(await answerTo({ payoff: { win: 1, loss: 9 }, lookback_days: 5 })).toMatchObject({
      payoff: { win: 1, loss: 9 },
      lookback_days: 5,
    });
    await ownApi.close();
  });

  it('A what-if shifts a slope by a delta', async () => {
    const answer = await postWhatIf({ ...REQUEST, lever: 'slope_min', from: -0.02, to: 0.02 });
    expect(answer.lever.effect).toBe('delta');
    expect(answer.curve.map(p => [p.delta, p.multiplier, p.winners])).toEqual([
      [-0.02, undefined, 47],
      [-0.01, undefined, 47],
      [0, undefined, 47],
      [0.01, undefined, 47],
      [0.02, undefined, 0],
    ]);
  });

  it('A what-if that has no curve gets 200 and a reason', async () => {
    expect(await postWhatIf({ ...REQUEST, scope: { chain: 'moon' } })).toMatchObject({
      curve: [],
      reason: 'no event of the slice in the last 90 days has a known outcome',
      reason_code: 'no_events',
      events: { total: 0 },
    });
    await api.service.runtime.heads.register([S3]);
    const noEvents = await postWhatIf({ ...REQUEST, pattern_key: S3, lever: 'dx_min' });
    expect(noEvents).toMatchObject({ curve: [], events: { total: 0 } });
    expect(noEvents.base).toBeUndefined();
  });

  it('A what-if changes neither the status nor the history of a pattern', async () => {
    const before = JSON.stringify(await api.status());
    await postWhatIf(REQUEST);
    expect(JSON.stringify(await api.status())).toBe(before);
    const generations = await (await api.send('GET', `/v1/patterns/${S1}/generations`)).json();
    expect(generations).toMatchObject({ generations: [], changes: [] });
  });

  it.each([
    [{ lever: undefined }, 'lever', /^is required$/],
    [{ lever: 'dx_min' }, 'lever', /can be replayed: ts_min, halo_max, slope_min, sr_boost$/],
    [{ lever: '' }, 'lever', /./],
    [{ from: 0.4 }, 'from', /^must be a multiplier from 0.5 to 2$/],
    [{ to: 2.5 }, 'to', /^must be a multiplier from 0.5 to 2$/],
    [{ from: 1.2, to: 0.8 }, 'to', /^must be above from$/],
    [{ from: '0.8' }, 'from', /expected number/],
    [{ lever: 'slope_min', from: -1e9 }, 'from', /^must be a delta from -1000000 to 1000000$/],
    [{ points: 1 }, 'points', /./],
    [{ points: 202 }, 'points', /./],
    [{ points: 10.5 }, 'points', /./],
    [{ payoff: { win: 1 } }, 'payoff.loss', /./],
    [{ payoff: { win: 0, loss: 1 } }, 'payoff.win', /./],
    [{ lookback_days: 367 }, 'lookback_days', /./],
    [{ as_of: 'yesterday' }, 'as_of', /RFC 3339/],
    [{ more: 1 }, 'more', /^`more` is unknown: use pattern_key, scope, lever/],
    [{ form: 0.8 }, 'form', /^`form` is unknown/],
    [{ payoff: { wins: 1, loss: 1 } }, 'payoff.wins', /^in payoff, `wins` is unknown; did you mean `win`\?$/],
  ])('POST /v1/whatif rejects %j and names the place of the error', async (wrong, path, message) => {
    const { status, code, errors } = await problemOf({ ...REQUEST, ...wrong });
    expect([status, code]).toEqual([400, 'invalid_request']);
    expect(errors?.[0]).toMatchObject({ path, message: expect.stringMatching(message) });
  });

  it.each([
    [{ pattern_key: 'nonsense' }, 'invalid_pattern_key'],
    [{ scope: [] }, 'invalid_scope'],
    [{ scope: { '1': 'x' } }, 'invalid_scope'],
    [{ scope: { a: {} } }, 'invalid_scope'],
  ])('POST /v1/whatif rejects %j as %s', async (wrong, code) => {
    expect(await problemOf({ ...REQUEST, ...wrong })).toMatchObject({ status: 400, code });
  });

  it('A what-if rejects a window with more events than its limit', async () => {
    const answerWithLimit = async (maxEvents: number): Promise<Response> => {
      const app = createApp(api.service.runtime.log);
      whatIfRoutes(app, api.service.runtime, maxEvents);
      return app.request('/v1/whatif', { method: 'POST', body: JSON.stringify(REQUEST) });
    };
    expect((await answerWithLimit(118)).status).toBe(200);
    const message = 'the window holds more than 117 events with an outcome: reduce lookback_days';
    expect(await (await answerWithLimit(117)).json()).toMatchObject({
      status: 400,
      code: 'invalid_request',
      detail: message,
      errors: [{ path: 'lookback_days', message }],
    });
  });
});

describe('GET /v1/whatif', () => {
  const query = (more: Readonly<Record<string, string>> = {}): string =>
    `/v1/whatif?${new URLSearchParams({
      pattern_key: S1,
      lever: 'ts_min',
      from: '0.8',
      to: '1.2',
      points: '5',
      as_of: iso(NOW),
      'scope.timeframe': '15m',
      'payoff.win': '3',
      'payoff.loss': '2',
      lookback_days: '30',
      ...more,
    })}`;

  it('GET /v1/whatif has the same answer as POST', async () => {
    const body = { ...REQUEST, scope: { timeframe: '15m' }, payoff: { win: 3, loss: 2 }, lookback_days: 30 };
    const response = await api.send('GET', query());
    expect(ROUTES.getWhatIf.answers[200].parse(await response.json())).toEqual(await postWhatIf(body));
  });

  it.each([
    [{ from: '' }, 'from'],
    [{ to: 'x' }, 'to'],
    [{ points: '' }, 'points'],
    [{ lookback_days: '1.5' }, 'lookback_days'],
    [{ 'payoff.win': 'x' }, 'payoff.win'],
    [{ 'payoff.more': '1' }, 'payoff.more'],
    [{ payoff: '1' }, 'payoff'],
    [{ more: '1' }, 'more'],
    [{ scope: '{}' }, 'scope'],
    [{ 'scop.chain': 'x' }, 'scop.chain'],
    [{ 'scope.__proto__': 'x' }, 'scope.__proto__'],
    [{ lever: 'x'.repeat(65) }, 'lever'],
  ])('GET /v1/whatif rejects %j and names the place of the error', async (wrong: object, path) => {
    const response = await api.send('GET', query({ ...wrong }));
    const { status, errors } = problemSchema.parse(await response.json());
    expect([status, errors?.[0]?.path]).toEqual([400, path]);
  });
});
