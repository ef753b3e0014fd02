import { expect, it } from 'vitest';
import { cycleRecord, PATTERN, TIME } from '../support/answers.ts';
import { always, fakeSession } from '../support/fake-session.ts';

const session = fakeSession();
const counts = { total: 276, with_outcome: 104, pending: 172 };
const status = (healthy: boolean): object => ({
  healthy,
  reasons: healthy ? [] : [{ code: 'cycle_late', detail: 'no cycle for 3 h' }],
  mode: 'live',
  retired: 0,
  caller: { name: 'local' },
  now: TIME,
  events: counts,
  parked_outcomes: 0,
  conflicts: { events: 0, outcomes: 0 },
  warnings: [],
  last_cycle: { ...cycleRecord('succeeded'), age_seconds: 720 },
  patterns: [
    {
      pattern_key: PATTERN,
      asked: [],
      events: counts,
      parked_outcomes: 0,
      conflicts: { events: 0, outcomes: 0 },
      mode: 'live',
      policy: 'drift',
      generation: 1,
      as_of: TIME,
      lessons: 10,
      overrides: 6,
    },
  ],
});

it('status prints each warning with its code, its pattern and its message, and stays successful', async () => {
  const warnings = [
    { code: 'jump', pattern_key: PATTERN, message: 'tuning_ts_min of everything moves', count: 2 },
    { code: 'dimension_not_asked', pattern_key: PATTERN, message: `lessons of ${PATTERN} use a dimension` },
  ];
  const result = await session.run(always({ ...status(true), warnings }), ['status']);
  expect(result.exit).toBe(0);
  expect(result.out.split('\n').slice(0, 3)).toEqual([
    'healthy',
    `warning jump: ${PATTERN}: tuning_ts_min of everything moves`,
    `warning dimension_not_asked: lessons of ${PATTERN} use a dimension`,
  ]);
});

it('status ends with exit code 0 when the system is healthy, else with exit code 1 and the reasons', async () => {
  expect(await session.run(always(status(true)), ['status'])).toMatchObject({ exit: 0, err: '' });
  const result = await session.run(always(status(false)), ['status'], 80);
  expect(result.exit).toBe(1);
  expect(result.out).toContain('cycle_late: no cycle for 3 h');
  expect(result.out).toContain('last cycle  succeeded 12 min ago, as of 2025-01-20 00:00:00Z, 1 pattern');
});
