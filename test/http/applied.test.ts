import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { lookupAnswerSchema } from '../../shared/http/schemas/lookup-answer.ts';
import type { Api } from '../support/api.ts';
import { events, openApi } from '../support/api.ts';
import { DAY, eventBody, iso, NOW, S1 } from '../support/episodes.ts';

/* A bot logs the `applied` of a look-up's answer unchanged, and a run undoes exactly that. */

let api: Api;
beforeAll(async () => {
  api = await openApi({ now: () => NOW });
  await api.postEvents(events(40, 'missed', { timestamp: iso(NOW - DAY), factors: { ts_min: 0.6 } }));
  await api.cycle();
});
afterAll(() => api.close());

const scope = { chain: 'solana' };
const MULTIPLIERS = { ts_min: Math.exp(-0.2), halo_max: Math.exp(0.2) };
const setMode = (mode: string) =>
  api.send('PUT', `/v1/patterns/${S1}/mode`, { mode, reason: 'a test of modes' });
const whatIfBase = async (chain: string) => {
  const answer = await api.send(
    'GET',
    `/v1/whatif?pattern_key=${S1}&lever=ts_min&from=0.5&to=2&scope.chain=${chain}`,
  );
  return ((await answer.json()) as { base: { threshold: number } }).base.threshold;
};

describe('the `applied` of a look-up’s answer', () => {
  it('A look-up answers what moved, in the form with a body and in the form with a query', async () => {
    const thresholds = { ts_min: 0.6, halo_mult: 2, slope_min: 0.001 };
    const answer = await api.lookup({ pattern_key: S1, scope, thresholds });
    expect(answer.applied).toEqual({ generation: 1, multipliers: MULTIPLIERS, deltas: {} });
    const query =
      'scope.chain=solana&thresholds.ts_min=0.6&thresholds.halo_mult=2&thresholds.slope_min=0.001';
    const byQuery = await api.send('GET', `/v1/overrides/lookup?pattern_key=${S1}&${query}`);
    expect(lookupAnswerSchema.parse(await byQuery.json())).toEqual(answer);
  });

  it('A look-up without thresholds answers every multiplier in force, because the bot applies it itself', async () => {
    const { applied } = await api.lookup({ pattern_key: S1, scope });
    expect(applied).toEqual({ generation: 1, multipliers: MULTIPLIERS, deltas: {} });
  });

  it('A threshold at or below 0 comes back as sent, what moved leaves it out, and explain says so', async () => {
    for (const ts_min of [-0.3, 0]) {
      const thresholds = { ts_min, halo_max: 1 };
      const answer = await api.lookup({ pattern_key: S1, scope, thresholds, explain: true });
      expect(answer.thresholds).toEqual({ ts_min, halo_max: MULTIPLIERS.halo_max });
      expect(answer.applied.multipliers).toEqual({ halo_max: MULTIPLIERS.halo_max });
      const notes = answer.explain?.map(({ action_category, note }) => [action_category, note]);
      const note = `returned as sent: ts_min ${ts_min}; a multiplier moves thresholds above 0 only`;
      expect(notes).toEqual(expect.arrayContaining([['tuning_ts_min', note]]));
      expect(notes?.filter(([category]) => category === 'tuning_halo')).toEqual(
        expect.arrayContaining([['tuning_halo', undefined]]),
      );
    }
  });

  it('A scope that no override matches gets the generation and nothing that moved', async () => {
    await api.send('PUT', `/v1/patterns/${S1}/settings`, { n_min: 1, reason: 'a test' });
    const { applied } = await api.lookup({
      pattern_key: 'pm.quiet.S1.entry',
      scope,
      thresholds: { ts_min: 0.6 },
    });
    expect(applied).toEqual({ generation: 0, multipliers: {}, deltas: {} });
  });

  it.each(['off', 'shadow'])('In mode %s nothing is applied', async mode => {
    expect((await setMode(mode)).status).toBe(200);
    const answer = await api.lookup({ pattern_key: S1, scope, thresholds: { ts_min: 0.6 } });
    expect([answer.thresholds, answer.applied]).toEqual([{ ts_min: 0.6 }, {}]);
    await setMode('live');
  });

  it.each([
    ['its `applied`', 'applied'],
    ['its list `overrides`', 'list'],
    ['an object with its `overrides`', 'object'],
  ])(
    '[L4] An event that logs %s is taken, and a what-if starts from the threshold before the look-up',
    async (_, form) => {
      const answer = await api.lookup({ pattern_key: S1, scope, thresholds: { ts_min: 0.6 } });
      expect(answer.thresholds.ts_min).not.toBe(0.6);
      const applied = {
        applied: answer.applied,
        list: answer.overrides,
        object: { overrides: answer.overrides },
      }[form];
      const rows = Array.from({ length: 40 }, (_row, i) =>
        eventBody(`${form}-${i}`, {
          decision: i % 2 === 0 ? 'acted' : 'skipped',
          scope: { chain: form },
          outcome: i % 3 === 0 ? 'success' : 'failure',
          factors: { ...answer.thresholds, ts_score: i / 40, blocked_by: i % 2 === 0 ? [] : ['ts'], applied },
        }),
      );
      expect(await api.postEvents(rows)).toEqual({ accepted: 40, unchanged: 0, rejected: [] });
      expect(await whatIfBase(form)).toBeCloseTo(0.6, 12);
    },
  );

  it('An answer for failed storage applies nothing', async () => {
    const broken = await openApi({ now: () => NOW });
    await broken.close();
    const answer = await broken.lookup({ pattern_key: S1, scope, thresholds: { ts_min: 0.6 } });
    expect([answer.degraded?.code, answer.thresholds, answer.applied]).toEqual([
      'store_unavailable',
      { ts_min: 0.6 },
      {},
    ]);
  });
});
