import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Api } from '../support/api.ts';
import { openApi } from '../support/api.ts';
import { DAY, eventBody, iso, NOW } from '../support/episodes.ts';

let api: Api;
beforeAll(async () => {
  api = await openApi({ now: () => NOW, environment: { N_MIN: '10' } });
});
afterAll(() => api.close());

it('[O9] a ladder lesson from counts that come with the outcomes equals that of the same data sent at the end', async () => {
  const [live, atEnd] = ['pm.live.S3.dx', 'pm.at_end.S3.dx'];
  const rows = Array.from({ length: 60 }, (_, i) => ({
    episode_id: `e${i}`,
    scope: { chain: i % 2 === 0 ? 'solana' : 'base' },
    timestamp: iso(NOW - 5 * DAY + i),
    outcome: i % 4 === 0 ? 'failure' : 'success',
    resolved_at: iso(NOW - DAY + i),
    dx_count: 1 + (i % 3),
  }));
  await api.postEvents(
    rows.map(({ episode_id, scope, timestamp }) =>
      eventBody(episode_id, { pattern_key: live, scope, timestamp, factors: { dx: 1 } }),
    ),
  );
  await api.postOutcomes(
    rows.map(({ episode_id, outcome, resolved_at, dx_count }) => ({
      pattern_key: live,
      episode_id,
      outcome,
      resolved_at,
      factors: { dx_count },
    })),
  );
  await api.postEvents(
    rows.map(({ dx_count, ...row }) =>
      eventBody(row.episode_id, { ...row, pattern_key: atEnd, factors: { dx: 1, dx_count } }),
    ),
  );
  await api.cycle();
  const [fromLive, fromEnd] = await Promise.all(
    [live, atEnd].map(async pattern =>
      (await api.lessons(pattern)).map(({ pattern_key, ...lesson }) => lesson),
    ),
  );
  const whole = fromLive?.find(({ scope_subset }) => Object.keys(scope_subset).length === 0);
  expect(whole?.stats).toMatchObject({ count_1: 15, count_2: 15, count_3: 15, n_failure: 15 });
  expect(fromLive).toEqual(fromEnd);
});
