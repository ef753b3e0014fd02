import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Api } from '../support/api.ts';
import { events, openApi } from '../support/api.ts';
import { DAY, HOUR, iso, NOW, S1 } from '../support/episodes.ts';
import { measurement } from '../support/measurements.ts';

/* Lessons about dimensions that no look-up sends have no effect, so `status` warns about them after a day. */

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
/** Returns the warnings of `status`, once the dimensions of earlier look-ups are stored. */
const warnings = async () => {
  await new Promise(resolve => setTimeout(resolve, 20));
  const status = await api.status();
  expect(status.healthy).toBe(true);
  return status.warnings;
};
const warningAbout = (names: string) => [
  {
    code: 'dimension_not_asked',
    pattern_key: S1,
    message: expect.stringContaining(`that no look-up has sent for 24 hours (${names})`),
  },
];

it('[F5] The status warns about a dimension that lessons use and no look-up has sent for 24 hours, until a look-up sends it', async () => {
  await api.postEvents(
    events(20, 'a', { scope: { chain: 'solana', bucket: 'nano' }, timestamp: iso(NOW - DAY) }),
  );
  await api.cycle();
  await lookUp({ chain: 'solana' });
  clock.now += DAY - HOUR;
  await lookUp({ chain: 'solana' });
  expect(await warnings()).toEqual([]);
  clock.now += HOUR;
  expect(await warnings()).toEqual(warningAbout('bucket'));
  await lookUp({ chain: 'base', bucket: 'micro' });
  expect(await warnings()).toEqual([]);
  clock.now += DAY;
  expect(await warnings()).toEqual(warningAbout('bucket, chain'));
  await lookUp({ chain: 'base', bucket: 'micro' });
  expect(await warnings()).toEqual([]);
  measurement(
    12,
    'a dimension not asked with: no warning after 23 h, a warning after 24 h, none once a look-up asks with it',
  );
});
