import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Api } from '../support/api.ts';
import { importAll, openApi, readLines } from '../support/api.ts';
import { S1 } from '../support/episodes.ts';
import { requestProblem } from '../support/problems.ts';

/* Numbers that a wrong reading would turn into another amount of money: negative, huge, infinite, and as text. */

let api: Api;
beforeAll(async () => {
  api = await openApi({ now: () => Date.parse('2025-01-23T00:00:00Z') });
});
afterAll(() => api.close());

/** The rows of a case as text, because parsing them would round large numbers. */
const rowsOf = (name: string): string[] =>
  readFileSync(new URL(`../data/cases/${name}.jsonl`, import.meta.url), 'utf8')
    .trimEnd()
    .split('\n');
const post = (rows: readonly string[]) =>
  requestProblem(api, 'POST', '/v1/events', `{"events":[${rows.join()}]}`);

const AS_TEXT = 'a whole number must lie within ±(2^53 − 1): send it as text';

describe('whole numbers beyond 2^53', () => {
  it('Events of two accounts whose numbers are read as one number are refused, and taken as text', async () => {
    const rows = rowsOf('big-ids');
    const problem = await post(rows);
    expect(problem).toMatchObject({ status: 400, accepted: 0, unchanged: 0 });
    expect(problem.rejected).toHaveLength(rows.length);
    expect(problem.rejected).toContainEqual({
      index: 0,
      episode_id: 'b0',
      code: 'invalid_scope',
      detail: `"account": ${AS_TEXT}`,
    });
    const asText = rows.map(row => row.replace(/"account":(\d+)/, '"account":"$1"'));
    const answer = await api.send('POST', '/v1/events', `{"events":[${asText.join()}]}`);
    expect(await answer.json()).toEqual({ accepted: rows.length, unchanged: 0, rejected: [] });
    await api.cycle();
    const accounts = (await api.lessons('pm.bigid.S1.entry')).map(lesson => lesson.scope_subset.account);
    expect(accounts).toEqual(expect.arrayContaining(['9007199254740992', '9007199254740993']));
  });

  it.each([
    ['POST', '/v1/overrides/lookup', `{"pattern_key":"${S1}","scope":{"account":9007199254740993}}`],
    ['POST', '/v1/overrides/lookup', `{"pattern_key":"${S1}","scope":{"account":-9007199254740993}}`],
    [
      'POST',
      '/v1/whatif',
      `{"pattern_key":"${S1}","lever":"ts_min","from":0.5,"to":2,"scope":{"account":9007199254740992}}`,
    ],
  ])('%s %s refuses the scope of %s', async (method, path, body) => {
    expect(await requestProblem(api, method, path, body)).toMatchObject({
      status: 400,
      code: 'invalid_scope',
      errors: [{ path: 'scope.account', message: AS_TEXT }],
    });
  });

  it('A number in a query is text, so every digit of it counts', async () => {
    const hashOf = async (account: string) => {
      const answer = await api.send('GET', `/v1/overrides/lookup?pattern_key=${S1}&scope.account=${account}`);
      return ((await answer.json()) as { scope_hash: string }).scope_hash;
    };
    expect(await hashOf('9007199254740993')).not.toBe(await hashOf('9007199254740992'));
  });

  it.each(['episode_id', 'trade_id'])(
    'An event whose %s is a number is refused, because ids are text',
    async name => {
      const event = {
        pattern_key: S1,
        episode_id: 'e',
        decision: 'acted',
        scope: {},
        timestamp: '2025-01-19T12:00:00Z',
      };
      const problem = await requestProblem(api, 'POST', '/v1/events', { ...event, [name]: 9007199254740992 });
      expect([problem.code, problem.errors?.[0]?.path]).toEqual(['invalid_event', name]);
    },
  );
});

describe('numbers that are not finite', () => {
  const event = (members: string): string =>
    `{"pattern_key":"${S1}","episode_id":"e","decision":"acted","scope":{},"timestamp":"2025-01-19T12:00:00Z",${members}}`;

  it.each([
    ['POST', '/v1/events', event('"scope":{"a":1e400}'), 'scope.a'],
    ['POST', '/v1/events', event('"factors":{"ts_min":1e400}'), 'factors.ts_min'],
    ['POST', '/v1/events', event('"factors":{"own":-1e400}'), 'factors.own'],
    ['POST', '/v1/events', event('"factors":{"dx":{"min":0,"median":1e400,"max":1}}'), 'factors.dx'],
    ['POST', '/v1/events', event('"factors":{"applied":{"generation":1e400}}'), 'factors.applied.generation'],
    [
      'POST',
      '/v1/events',
      event('"factors":{"applied":{"deltas":{"slope_min":1e400}}}'),
      'factors.applied.deltas.slope_min',
    ],
    ['POST', '/v1/overrides/lookup', `{"pattern_key":"${S1}","scope":{"a":-1e400}}`, 'scope.a'],
    [
      'POST',
      '/v1/overrides/lookup',
      `{"pattern_key":"${S1}","scope":{},"thresholds":{"ts_min":1e400}}`,
      'thresholds.ts_min',
    ],
    ['GET', `/v1/overrides/lookup?pattern_key=${S1}&thresholds.ts_min=1e400`, undefined, 'thresholds.ts_min'],
    ['POST', '/v1/whatif', `{"pattern_key":"${S1}","lever":"ts_min","from":0.5,"to":1e400}`, 'to'],
    [
      'POST',
      '/v1/whatif',
      `{"pattern_key":"${S1}","lever":"ts_min","from":0.5,"to":2,"payoff":{"win":1e400,"loss":1}}`,
      'payoff.win',
    ],
    ['POST', '/v1/cycles', '{"n_min":1e400}', 'n_min'],
    ['PUT', `/v1/patterns/${S1}/settings`, '{"payoff":{"win":2,"loss":1e400},"reason":"r"}', 'payoff.loss'],
    ['POST', `/v1/patterns/${S1}/rollback`, '{"generation":1e400,"reason":"r"}', 'generation'],
  ])('%s %s refuses %s and names %s', async (method, path, body, place) => {
    const problem = await requestProblem(api, method, path, body);
    expect([problem.status, problem.errors?.[0]?.path]).toEqual([400, place]);
  });
});

describe('numbers as text', () => {
  it('Events with text in known factors are refused, each by the name of the factor', async () => {
    const problem = await post(rowsOf('factors-as-text'));
    expect(problem.rejected).toHaveLength(60);
    expect(problem.errors).toContainEqual({
      path: 'events.0.factors.ts_score',
      message: 'must be a number or {min, median, max} of numbers, not text',
    });
  });

  it('Events whose applied multiplier is text are refused, and the others are brought back to their base', async () => {
    const rows = rowsOf('applied-as-text');
    const answer = await api.send('POST', '/v1/events', `{"events":[${rows.join()}]}`);
    const body = (await answer.json()) as { accepted: number; rejected: { code: string; detail: string }[] };
    expect([answer.status, body.accepted, body.rejected.length]).toEqual([207, 80, 80]);
    expect(new Set(body.rejected.map(({ code, detail }) => `${code}: ${detail}`))).toEqual(
      new Set(['invalid_event: factors.applied.multipliers.ts_min: must be a number above 0, not text']),
    );
    const whatIf = await api.send(
      'GET',
      '/v1/whatif?pattern_key=pm.appliednum.S1.entry&lever=ts_min&from=0.5&to=2',
    );
    expect(await whatIf.json()).toMatchObject({ base: { threshold: 0.6 } });
  });
});

describe('negative thresholds', () => {
  it('A negative threshold of a look-up comes back as sent, however far its lever moves', async () => {
    await importAll(api, readLines('data/cases/negative-threshold.jsonl'));
    await api.cycle();
    const answer = await api.lookup({
      pattern_key: 'pm.zscore.S1.entry',
      scope: { chain: 'solana' },
      thresholds: { ts_min: -0.3, halo_max: 1 },
      explain: true,
    });
    expect(answer.overrides.map(o => o.action_category)).toContain('tuning_ts_min');
    expect(answer.thresholds.ts_min).toBe(-0.3);
    expect(answer.thresholds.halo_max).toBeGreaterThan(1);
    expect(Object.keys(answer.applied.multipliers ?? {})).toEqual(['halo_max']);
    expect(answer.explain?.find(e => e.action_category === 'tuning_ts_min')?.note).toBe(
      'returned as sent: ts_min -0.3; a multiplier moves thresholds above 0 only',
    );
  });
});
