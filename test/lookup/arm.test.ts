import { createHash } from 'node:crypto';
import { expect, it } from 'vitest';
import { lookUpFromCopy } from '../../edge/look-up-from-copy.ts';
import type { Head, Mode } from '../../shared/generation/head.ts';
import { ACTION_CATEGORIES } from '../../shared/lever/lever.ts';
import { inForceOf, lookUp, servedHead } from '../../shared/lookup/look-up.ts';
import { evaluateFlag } from '../../shared/ofrep/evaluation.ts';
import { armOf } from '../../shared/override/arm.ts';
import { OverrideIndex } from '../../shared/override/override-index.ts';
import { openClient } from '../client/support/open-client.ts';
import { published } from '../client/support/snapshots.ts';
import { S1 } from '../support/episodes.ts';
import { override } from '../support/overrides.ts';
import { publishedHead } from '../support/published-head.ts';

const IDS = 100_000;
const SALT = `${S1}:8`;
const CONTROL = [override('tuning_ts_min', {}, 0.9)];
const TRIED = [override('tuning_ts_min', {}, 0.8)];
const BASE = { ts_min: 0.6 };

/** Returns a pattern that serves generation 7, and tries generation 8 on a share of the episodes. */
function trying(share: number, mode: Mode = 'live') {
  const { current: generation } = publishedHead({ current: { generation: 8, resolution: 'product' } }, 1);
  if (!generation) throw new Error('the head has no generation');
  const one = published(S1, CONTROL, { generation: 7, mode });
  const at = generation.published_at;
  const tried = { generation, salt: SALT, share, started_at: at, step_at: at, moves: 'm' };
  const head: Head = { ...one.head, latest: 8, candidate: tried };
  return { ...one, head, tried: TRIED };
}

const control = new OverrideIndex(CONTROL, ACTION_CATEGORIES);
const candidate = new OverrideIndex(TRIED, ACTION_CATEGORIES);

function answerOfService(stored: Head, episodeId: string | undefined) {
  const { head, arm } = servedHead(stored, episodeId);
  const request = { pattern: S1, scope: {}, thresholds: BASE, resolution: undefined, explain: false };
  const inForce = { ...inForceOf(S1, head, 'drift'), ...(arm && { arm }) };
  return lookUp(request, inForce, arm === 'candidate' ? candidate : control);
}

it('The arm is decided by the first 32 bits of SHA-256 over salt and episode id in UTF-8', () => {
  for (const id of ['e-1', 'ü', '🚀 42', 'e'.repeat(256)]) {
    const first = createHash('sha256').update(`${SALT}${id}`, 'utf8').digest().readUInt32BE(0) / 2 ** 32;
    expect(armOf({ salt: SALT, share: first }, id)).toBe('control');
    expect(armOf({ salt: SALT, share: first + 2 ** -32 }, id)).toBe('candidate');
  }
  expect(armOf({ salt: `${S1}:0`, share: 0.1831 }, 'e-1')).toBe('control');
  expect(armOf({ salt: `${S1}:0`, share: 0.1832 }, 'e-1')).toBe('candidate');
  expect(armOf({ salt: SALT, share: 1 }, undefined)).toBe('control');
  expect(armOf({ salt: SALT, share: 0 }, 'e-1')).toBe('control');
});

it('100,000 episodes have the same arm and answer in service, client and edge, within three standard deviations of the share', async () => {
  const one = trying(0.1);
  const { client } = await openClient([one]);
  let candidates = 0;
  const differing: string[] = [];
  for (let i = 0; i < IDS; i++) {
    const id = `episode ${i}`;
    const service = answerOfService(one.head, id);
    const ofClient = client.thresholds(S1, {}, BASE, { episodeId: id });
    const request = { pattern: S1, scope: {}, thresholds: BASE, resolution: undefined, explain: false };
    const edge = lookUpFromCopy(client, { ...request, episodeId: id });
    if (service.arm === 'candidate') candidates++;
    const texts = [service, ofClient, edge].map(({ arm, generation, thresholds, applied }) =>
      JSON.stringify([arm, generation, thresholds, applied]),
    );
    if (new Set(texts).size > 1) differing.push(id);
  }
  client.close();
  expect(differing).toEqual([]);
  expect(Math.abs(candidates - IDS * 0.1)).toBeLessThan(3 * Math.sqrt(IDS * 0.1 * 0.9));
});

it('The answer of an arm names its generation, and an answer without an episode id is that of control', () => {
  const { head } = trying(1);
  expect(answerOfService(head, 'e-1')).toMatchObject({
    arm: 'candidate',
    generation: 8,
    resolution: 'product',
    thresholds: { ts_min: 0.6 * 0.8 },
    applied: { generation: 8, multipliers: { ts_min: 0.8 } },
  });
  expect(answerOfService(head, undefined)).toMatchObject({
    arm: 'control',
    generation: 7,
    applied: { generation: 7 },
  });
});

it.each(['off', 'shadow'] as const)('A candidate serves nobody in mode %s', async mode => {
  const one = trying(1, mode);
  expect(answerOfService(one.head, 'e-1')).toMatchObject({ generation: 7, overrides: [], applied: {} });
  expect(answerOfService(one.head, 'e-1')).not.toHaveProperty('arm');
  const { client } = await openClient([one]);
  const answer = client.thresholds(S1, {}, BASE, { episodeId: 'e-1' });
  client.close();
  expect(answer).toMatchObject({ generation: 7, thresholds: BASE, applied: {} });
  expect(answer).not.toHaveProperty('arm');
});

it('A flag of a running rollout has the reason SPLIT and the variant of its arm', () => {
  const flag = { pattern: S1, effect: 'all' } as const;
  const { head } = trying(1);
  const of = (id: string | undefined) => evaluateFlag(S1, flag, answerOfService(head, id), { ignored: [] });
  expect(of('e-1')).toMatchObject({ reason: 'SPLIT', variant: 'g8-candidate' });
  expect(of(undefined)).toMatchObject({ reason: 'SPLIT', variant: 'g7' });
});
