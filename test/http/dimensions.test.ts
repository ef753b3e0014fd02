import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Api } from '../support/api.ts';
import { events, openApi } from '../support/api.ts';
import { DAY, HOUR, iso, NOW, S1 } from '../support/episodes.ts';
import { measurement } from '../support/measurements.ts';

/* Lessons of slices that no look-up asks for move nothing: `status` says so after a day. */

const clock = { now: NOW };
let api: Api;
beforeAll(async () => {
  api = await openApi({
    now: () => clock.now,
    environment: { N_MIN: '5', CYCLE_MAX_AGE_MINUTES: String(30 * 24 * 60) },
  });
});
afterAll(() => api.close());

const lookUp = (scope: object) => api.lookup({ pattern_key: S1, scope });
/** What `status` warns of, once what look-ups asked with is kept. */
const warnings = async () => {
  await new Promise(resolve => setTimeout(resolve, 20));
  const status = await api.status();
  expect(status.healthy).toBe(true);
  return status.warnings;
};
const missed = (names: string) => [
  {
    code: 'dimension_not_asked',
    detail: `lessons of ${S1} use ${names}; no look-up has sent it for 24 hours`,
  },
];

it('[F5] a dimension that lessons use and look-ups do not ask with is a warning after 24 hours, until one asks with it', async () => {
  await api.postEvents(
    events(20, 'a', { scope: { chain: 'solana', bucket: 'nano' }, timestamp: iso(NOW - DAY) }),
  );
  await api.cycle();
  await lookUp({ chain: 'solana' });
  clock.now += DAY - HOUR;
  await lookUp({ chain: 'solana' });
  expect(await warnings()).toEqual([]);
  clock.now += HOUR;
  expect(await warnings()).toEqual(missed('bucket'));
  await lookUp({ chain: 'base', bucket: 'micro' });
  expect(await warnings()).toEqual([]);
  clock.now += DAY;
  expect(await warnings()).toEqual(missed('bucket, chain'));
  await lookUp({ chain: 'base', bucket: 'micro' });
  expect(await warnings()).toEqual([]);
  measurement(
    12,
    'a dimension not asked with: no warning after 23 h, a warning after 24 h, none once a look-up asks with it',
  );
});
