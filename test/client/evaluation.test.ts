import { describe, expect, it } from 'vitest';
import type { ThresholdAnswer } from '../../client/src/types.ts';
import type { Mode } from '../../shared/generation/head.ts';
import type { ActionCategory } from '../../shared/lever/lever.ts';
import { snapshotDigest } from '../../shared/lookup/snapshot.ts';
import { S1, S2 } from '../support/episodes.ts';
import { override } from '../support/overrides.ts';
import { answerOf } from './support/fake-service.ts';
import { openClient } from './support/open-client.ts';
import { published, snapshotDocument } from './support/snapshots.ts';

const OVERRIDES = [override('tuning_ts_min', {}, 0.9), override('tuning_ts_min', { chain: 'solana' }, 0.8)];
const ONE = published(S1, OVERRIDES);
const BASE = { ts_min: 0.6, halo_max: 2 };
const SOLANA = { chain: 'solana' };

const isNeutral = (answer: ThresholdAnswer, base: object = BASE): void => {
  expect(answer.thresholds).toEqual(base);
  expect([answer.multipliers, answer.deltas, answer.entries]).toEqual([{}, {}, 'open']);
};

describe('a look-up', () => {
  it('[K3] An answer has what moved, ready to be logged, and the age of what it rests on', async () => {
    const { client, clock } = await openClient([ONE]);
    await clock.advance(3000);
    const multiplier = (0.9 + 0.8 * 2 ** 1.5) / (1 + 2 ** 1.5);
    expect(client.thresholds('pm.s1_entry', SOLANA, BASE)).toEqual({
      thresholds: { ts_min: 0.6 * multiplier, halo_max: 2 },
      multipliers: { ts_min: multiplier },
      deltas: {},
      generation: 1,
      mode: 'live',
      reason: 'MATCH',
      entries: 'open',
      stale: false,
      age_seconds: 3,
      applied: { generation: 1, multipliers: { ts_min: multiplier }, deltas: {} },
    });
  });

  it.each<[string, unknown, unknown, unknown]>([
    ['a pattern that is no pattern key', 'nonsense', SOLANA, BASE],
    ['a pattern that is no text', undefined, SOLANA, BASE],
    ['a scope that is no object', S1, null, BASE],
    ['a scope that is a list', S1, ['solana'], BASE],
    ['a dimension with an invalid name', S1, { 'a b': 1 }, BASE],
    ['a value that is not finite', S1, { chain: Number.NaN }, BASE],
    ['a value that is an object', S1, { chain: {} }, BASE],
    ['a scope that throws when it is read', S1, throwing(), BASE],
    ['a threshold that is text', S1, SOLANA, { ts_min: '0.6' }],
    ['a threshold that is not finite', S1, SOLANA, { ts_min: Number.POSITIVE_INFINITY }],
    ['thresholds that throw when they are read', S1, SOLANA, throwing()],
    ['thresholds that are no object', S1, SOLANA, 7],
  ])(
    '[K1] A look-up with %s is neutral, with reason ERROR and a counter',
    async (_, pattern, scope, base) => {
      const { client } = await openClient([ONE]);
      const answer = client.thresholds(pattern as never, scope as never, base as never);
      expect(answer.reason).toBe('ERROR');
      isNeutral(answer, base === BASE || typeof base === 'object' ? safeCopy(base) : {});
      expect(answer.applied).toEqual({});
      expect(client.state().counters).toMatchObject({ lookups: 1, errors: 1 });
    },
  );

  it('[K1] A look-up with a resolution that is unknown is neutral, with reason ERROR', async () => {
    const { client } = await openClient([ONE]);
    expect(client.thresholds(S1, SOLANA, BASE, { resolution: 'mean' as never }).reason).toBe('ERROR');
  });

  it('[K1] A look-up sends no request', async () => {
    const { client, service } = await openClient([ONE]);
    const before = service.received.length;
    for (let i = 0; i < 100; i++) client.thresholds(S1, { chain: `c${i}` }, BASE);
    expect(service.received.length).toBe(before);
  });

  it('[K4] Scopes of one canonical form have one answer', async () => {
    const { client } = await openClient([
      published(S1, [override('tuning_ts_min', { leverage: 2, hot: true, name: 'é' }, 0.8)]),
    ]);
    for (const scope of [
      { leverage: 2, hot: true, name: 'é' },
      { name: ' e\u0301 ', hot: 'true', leverage: '2' },
      { leverage: 2.0, hot: true, name: 'é', other: null, empty: '' },
    ])
      expect(client.thresholds(S1, scope, BASE).reason).toBe('MATCH');
  });

  it('[K5] A lever that the code does not know moves the thresholds that the snapshot names', async () => {
    const rows = [
      override('tuning_new' as ActionCategory, {}, 0.5),
      { ...override('tuning_shift' as ActionCategory, {}, 1), multiplier: undefined, delta: -3 },
    ];
    const { client, clock, service } = await openClient([]);
    service.published = [ONE];
    service.instead = path =>
      path.endsWith(S1)
        ? answerOf(
            200,
            JSON.stringify({
              ...snapshotDocument(published(S1, rows as never)),
              levers: [
                { action_category: 'tuning_new', thresholds: ['vol_min', 'vol'], effect: 'multiplier' },
                { action_category: 'tuning_shift', thresholds: ['lag'], effect: 'delta' },
              ],
              sha256: snapshotDigest(rows as never),
            }),
          )
        : undefined;
    await clock.advance(20_000);
    expect(client.thresholds(S1, {}, { vol: 8, lag: 1 })).toMatchObject({
      thresholds: { vol: 4, lag: -2 },
      applied: { multipliers: { vol_min: 0.5 }, deltas: { lag: -3 } },
    });
  });
});

describe('reasons', () => {
  it('[K7] Before the first snapshot answers are neutral and NOT_READY, and then they are not', async () => {
    const { client, clock, service } = await openClient([ONE], { fetch: () => new Promise(() => undefined) });
    const answer = client.thresholds(S1, SOLANA, BASE);
    isNeutral(answer);
    expect(answer).toMatchObject({ reason: 'NOT_READY', age_seconds: -1, generation: 0, applied: {} });
    expect(client.state().ready).toBe(false);
    expect(service.received).toEqual([]);
    await clock.advance(1);
    client.close();
  });

  it('A scope that no override contains, and a pattern that the service does not list, are NEUTRAL', async () => {
    const { client } = await openClient([published(S1, [override('tuning_ts_min', SOLANA, 0.8)])]);
    expect(client.thresholds(S1, {}, BASE)).toMatchObject({
      reason: 'NEUTRAL',
      applied: { generation: 1, multipliers: {}, deltas: {} },
    });
    expect(client.thresholds(S2, {}, BASE)).toMatchObject({
      reason: 'NEUTRAL',
      generation: 0,
      applied: { generation: 0, multipliers: {}, deltas: {} },
    });
  });

  it.each<[Mode, string]>([
    ['off', 'OFF'],
    ['shadow', 'SHADOW'],
    ['retired' as Mode, 'OFF'],
    ['a mode of the future' as Mode, 'OFF'],
  ])('Mode %s answers neutral with reason %s', async (mode, reason) => {
    const { client } = await openClient([published(S1, OVERRIDES, { mode })]);
    const answer = client.thresholds(S1, SOLANA, BASE);
    isNeutral(answer);
    expect(answer).toMatchObject({ reason, mode, applied: {} });
  });

  it('[K29] The service’s mode off is in force with the next poll of the index, before any snapshot is read', async () => {
    const { client, clock, service } = await openClient([ONE]);
    service.mode = 'off';
    service.instead = path => (path.endsWith(S1) ? answerOf(500) : undefined);
    await clock.advance(18_001);
    expect(client.thresholds(S1, SOLANA, BASE)).toMatchObject({ reason: 'OFF', mode: 'off', applied: {} });
    expect(client.state().mode).toBe('off');
  });

  it('[K28] The kill switch makes answers neutral within a second, and gives them back', async () => {
    let off = false;
    const { client, clock } = await openClient([ONE], { off: () => off });
    off = true;
    await clock.advance(1000);
    expect(client.thresholds(S1, SOLANA, BASE)).toMatchObject({ reason: 'OFF', mode: 'off', applied: {} });
    expect(client.state().off).toBe(true);
    off = false;
    await clock.advance(1000);
    expect(client.thresholds(S1, SOLANA, BASE).reason).toBe('MATCH');
  });

  it('[K28] The kill switch is PM_TUNING_OFF=1 by default', async () => {
    const { client, clock } = await openClient([ONE], { off: undefined as never });
    expect(client.thresholds(S1, SOLANA, BASE).reason).toBe('MATCH');
    process.env.PM_TUNING_OFF = '1';
    await clock.advance(1000);
    expect(client.thresholds(S1, SOLANA, BASE).reason).toBe('OFF');
    delete process.env.PM_TUNING_OFF;
  });

  it('[K19] Answers expire only where an age is set, and then they are neutral', async () => {
    for (const [expireAfterMs, reason] of [
      [undefined, 'MATCH'],
      [3_600_000, 'EXPIRED'],
    ] as const) {
      const { client, clock, service } = await openClient(
        [ONE],
        expireAfterMs === undefined ? {} : { expireAfterMs },
      );
      service.instead = () => answerOf(500);
      await clock.advance(3_500_000);
      expect(client.thresholds(S1, SOLANA, BASE).reason).toBe('MATCH');
      await clock.advance(110_000);
      const answer = client.thresholds(S1, SOLANA, BASE);
      expect([answer.reason, answer.stale]).toEqual([reason, true]);
      client.close();
    }
  });

  it('A pattern that the client was told not to keep is an error, and its snapshot is not read', async () => {
    const { client, service } = await openClient([ONE, published(S2, [])], { patterns: ['pm.s2_entry'] });
    expect(client.thresholds(S1, SOLANA, BASE).reason).toBe('ERROR');
    expect(client.thresholds(S2, SOLANA, BASE).reason).toBe('NEUTRAL');
    expect([service.count(`/v1/snapshots/${S1}`), service.count(`/v1/snapshots/${S2}`)]).toEqual([0, 1]);
  });
});

function throwing(): object {
  return new Proxy(
    {},
    {
      ownKeys: () => {
        throw new Error('no');
      },
    },
  );
}

function safeCopy(value: unknown): object {
  try {
    return { ...(value as object) };
  } catch {
    return {};
  }
}
