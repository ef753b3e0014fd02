import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Api } from '../support/api.ts';
import { events, openApi } from '../support/api.ts';
import { DAY, iso, NOW, S1 } from '../support/episodes.ts';

/* A look-up never fails for a name that nothing knows. It says which name that is, and which known one is near. */

const clock = { now: NOW };
let api: Api;
beforeAll(async () => {
  api = await openApi({ now: () => clock.now });
  await api.postEvents(
    events(40, 'a', { scope: { chain: 'solana', timeframe: '15m' }, timestamp: iso(NOW - DAY) }),
  );
  await api.postEvents(
    events(3, 'b', { scope: { chain: 'base' }, outcome: 'neutral', timestamp: iso(NOW - DAY) }),
  );
  await api.cycle();
});
afterAll(() => api.close());

const unknownOf = async (body: object) => {
  const { pattern_known, pattern_suggestion, unknown_thresholds, unknown_values } = await api.lookup({
    pattern_key: S1,
    scope: {},
    ...body,
  });
  return JSON.parse(
    JSON.stringify({ pattern_known, pattern_suggestion, unknown_thresholds, unknown_values }),
  ) as object;
};

describe('a look-up of unknown names', () => {
  it('A look-up in which everything is known says nothing about unknown names', async () => {
    const thresholds = { ts_min: 0.6, halo_mult: 2, slope_min: 0, sr_boost: 1 };
    expect(await unknownOf({ scope: { chain: 'base', timeframe: '15m', pair: 'X/Y' }, thresholds })).toEqual(
      {},
    );
  });

  it('A pattern that no event named is unknown, and the nearest known one is suggested', async () => {
    expect(await unknownOf({ pattern_key: 'pm.uptrend.S1.entyr' })).toEqual({
      pattern_known: false,
      pattern_suggestion: S1,
    });
    expect(await unknownOf({ pattern_key: 'bot.downtrend.S3.exit' })).toEqual({ pattern_known: false });
  });

  it('A pattern is known from its first event on, long before its first generation', async () => {
    const pattern = 'pm.fresh.S1.entry';
    expect(await unknownOf({ pattern_key: pattern })).toMatchObject({ pattern_known: false });
    await api.postEvents(events(1, 'fresh', { pattern, timestamp: iso(NOW - DAY) }));
    expect(await unknownOf({ pattern_key: pattern })).toEqual({});
  });

  it('A threshold that no lever of the pattern takes is listed, and comes back as sent', async () => {
    const thresholds = { ts_mn: 0.6, edx_supp: 1, own: 7, ts_min: 0.6 };
    expect(await unknownOf({ thresholds })).toEqual({
      unknown_thresholds: [{ name: 'ts_mn', suggestion: 'ts_min' }, { name: 'edx_supp' }, { name: 'own' }],
    });
    expect((await api.lookup({ pattern_key: S1, scope: {}, thresholds })).thresholds).toMatchObject({
      ts_mn: 0.6,
      own: 7,
    });
  });

  it('A value that no event had in a dimension of overrides is listed with the nearest one', async () => {
    expect(await unknownOf({ scope: { chain: 'Solana', timeframe: '4h', pair: 'new' } })).toEqual({
      unknown_values: [
        { name: 'chain', value: 'Solana', suggestion: 'solana' },
        { name: 'timeframe', value: '4h' },
      ],
    });
  });

  it('A value is known once a run has seen it, also when the run leaves the generation as it is', async () => {
    const scope = { chain: 'arbitrum' };
    expect(await unknownOf({ scope })).toMatchObject({ unknown_values: [{ value: 'arbitrum' }] });
    await api.postEvents(events(1, 'c', { scope, outcome: 'neutral', timestamp: iso(NOW - DAY) }));
    await api.cycle();
    clock.now += 31_000;
    expect(await unknownOf({ scope })).toEqual({});
  });
});
