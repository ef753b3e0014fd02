import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Api } from '../support/api.ts';
import { openApi } from '../support/api.ts';
import { eventBody, NOW, S1 } from '../support/episodes.ts';
import { requestProblem } from '../support/problems.ts';

let api: Api;
beforeAll(async () => {
  api = await openApi({ now: () => NOW });
});
afterAll(() => api.close());

const problem = (method: string, path: string, body?: unknown) => requestProblem(api, method, path, body);

const outcome = (fields: object) => ({
  outcomes: [{ pattern_key: S1, episode_id: 'o', outcome: 'success', ...fields }],
});

it.each<[string, object, string]>([
  ['an unknown outcome', { outcome: 'dodge' }, 'invalid_outcome'],
  ['an empty id', { episode_id: '' }, 'invalid_outcome'],
  ['an invalid pattern key', { pattern_key: 'pm.s9' }, 'invalid_pattern_key'],
  ['a text that is not a time', { resolved_at: 'x' }, 'invalid_outcome'],
  ['a time in 2100', { resolved_at: '2100-01-01T00:00:00Z' }, 'timestamp_out_of_range'],
  ['a text as correction', { correction: 'yes' }, 'invalid_outcome'],
])('An outcome with %s is rejected', async (_, fields, code) => {
  expect(await problem('POST', '/v1/outcomes', outcome(fields))).toMatchObject({
    status: 400,
    code,
    resolved: 0,
    parked: 0,
  });
});

it('An outcome of an unknown episode is parked and counted, and applied when the event arrives', async () => {
  const before = (await api.status()).parked_outcomes;
  const response = await api.send('POST', '/v1/outcomes', outcome({ episode_id: 'later' }));
  expect([response.status, await response.json()]).toEqual([
    200,
    { resolved: 0, unchanged: 0, parked: 1, rejected: [] },
  ]);
  expect((await api.status()).parked_outcomes).toBe(before + 1);
  await api.postEvents([eventBody('later')]);
  expect((await api.status()).parked_outcomes).toBe(before);
  const again = await api.send('POST', '/v1/outcomes', outcome({ episode_id: 'later' }));
  expect(await again.json()).toMatchObject({ unchanged: 1 });
  expect(
    await problem('POST', '/v1/outcomes', outcome({ episode_id: 'later', outcome: 'failure' })),
  ).toMatchObject({
    status: 400,
    code: 'outcome_conflict',
  });
});
