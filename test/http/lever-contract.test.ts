import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Head } from '../../shared/generation/head.ts';
import { snapshotSchema } from '../../shared/http/schemas/lookup-answer.ts';
import { ACTION_CATEGORIES, LEVERS, leversOf } from '../../shared/lever/lever.ts';
import { applyThresholds } from '../../shared/override/apply-thresholds.ts';
import { DEFAULT_RESOLUTION } from '../../shared/override/override.ts';
import { parsePatternKey } from '../../shared/pattern/pattern-key.ts';
import type { Api } from '../support/api.ts';
import { openApi } from '../support/api.ts';
import { iso, NOW } from '../support/episodes.ts';
import { measurement } from '../support/measurements.ts';
import { override, resolveAll } from '../support/overrides.ts';

/*
 * Every action category moves its threshold for each of the three kinds of client request: a look-up with a body, a
 * look-up with a query, and a snapshot that the client resolves by itself.
 */

let api: Api;
beforeAll(async () => {
  api = await openApi({ now: () => NOW });
});
afterAll(() => api.close());

const rows = LEVERS.flatMap(lever =>
  lever.states.flatMap(state => lever.thresholds.map(threshold => ({ ...lever, state, threshold }))),
);
const SCOPE = { chain: 'solana' };
const BASE = 0.8;
const MOVE = 1.25;

/** Puts one override in force, as a run does. */
async function publish(key: string, category: (typeof ACTION_CATEGORIES)[number]): Promise<void> {
  const pattern = parsePatternKey(key);
  const { heads, lessons, overrides } = api.service.runtime;
  const retention = { kept_until: iso(NOW) };
  const expires = Math.ceil(NOW / 1000) + 3600;
  const current: Head['current'] = {
    generation: 1,
    hash: '0'.repeat(32),
    cycle_id: 'test',
    as_of: iso(NOW),
    lookback_days: 90,
    n_min: 33,
    policy: 'drift',
    resolution: DEFAULT_RESOLUTION.drift,
    events_read: 33,
    lessons: { ...(await lessons.write(pattern, [], expires)), ...retention },
    overrides: {
      ...(await overrides.write(pattern, [override(category, SCOPE, MOVE)], expires)),
      ...retention,
    },
    published_at: iso(NOW),
  };
  const last_change = { who: 'cycle', at: iso(NOW), what: 'publish', why: 'test' } as const;
  const head: Head = { version: 1, mode: 'live', settings: {}, latest: 1, current, last_change };
  expect(await heads.replaceHead(pattern, head)).toBe(true);
}

it('[V5] An override of every category moves its threshold in a look-up by body, in one by query and in a snapshot, and only in its slice', async () => {
  expect(new Set(rows.map(row => row.category))).toEqual(new Set(ACTION_CATEGORIES));
  for (const [i, { category, state, threshold, effect }] of rows.entries()) {
    const pattern = `pm.lever_${i}.${state}.entry`;
    await publish(pattern, category);
    const moved = { [threshold]: effect === 'delta' ? BASE + MOVE : BASE * MOVE };
    const thresholds = { [threshold]: BASE };
    const byBody = await api.lookup({ pattern_key: pattern, scope: SCOPE, thresholds });
    expect([category, byBody.thresholds]).toEqual([category, moved]);
    const path = `/v1/overrides/lookup?pattern_key=${pattern}&scope.chain=solana&thresholds.${threshold}=${BASE}`;
    expect(await (await api.send('GET', path)).json()).toEqual(byBody);
    const elsewhere = await api.lookup({ pattern_key: pattern, scope: { chain: 'base' }, thresholds });
    expect(elsewhere.thresholds).toEqual(thresholds);
    const snapshot = snapshotSchema.parse(await (await api.send('GET', `/v1/snapshots/${pattern}`)).json());
    const { resolved } = resolveAll(snapshot.overrides, snapshot.resolution);
    expect(applyThresholds(leversOf(parsePatternKey(pattern)), thresholds, resolved).thresholds).toEqual(
      moved,
    );
  }
  measurement(
    12,
    `${ACTION_CATEGORIES.length} categories, ${rows.length} thresholds by state: each moved by look-up, by parameters and from a snapshot`,
  );
});
