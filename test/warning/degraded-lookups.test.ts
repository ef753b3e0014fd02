import { describe, expect, it } from 'vitest';
import { DEGRADED_LOOKUP_MESSAGE } from '../../shared/log-messages.ts';
import {
  countDegradedLines,
  DegradedLookupMemory,
  lookupsDegraded,
} from '../../shared/warning/degraded-lookups.ts';
import { DAY, MINUTE, NOW, S1, S2 } from '../support/episodes.ts';

describe('degraded look-ups in memory', () => {
  it('Each degraded look-up is counted at once, by pattern, from a minute on', async () => {
    const clock = { now: NOW };
    const memory = new DegradedLookupMemory(() => clock.now);
    await memory.add([{ pattern: S1, count: 1 }]);
    await memory.add([{ pattern: S1, count: 1 }]);
    clock.now += 2 * MINUTE;
    await memory.add([{ pattern: S2, count: 5 }]);
    expect(await memory.since(NOW)).toEqual([
      { pattern: S2, count: 5 },
      { pattern: S1, count: 2 },
    ]);
    expect(await memory.since(NOW + MINUTE)).toEqual([{ pattern: S2, count: 5 }]);
    expect(await memory.since(NOW + DAY)).toEqual([]);
  });

  it('The memory is bounded to three days of minutes', async () => {
    const clock = { now: NOW };
    const memory = new DegradedLookupMemory(() => clock.now);
    for (let i = 0; i < 3 * 24 * 60 + 10; i++, clock.now += MINUTE)
      await memory.add([{ pattern: S1, count: 1 }]);
    expect(await memory.since(0)).toEqual([{ pattern: S1, count: 3 * 24 * 60 }]);
  });
});

it('Log lines of degraded look-ups are counted by pattern, and other lines are left out', () => {
  const line = (message: string, pattern: string) => JSON.stringify({ level: 'error', message, pattern });
  expect(
    countDegradedLines([
      line(DEGRADED_LOOKUP_MESSAGE, S1),
      line('queried dimensions', S1),
      line(DEGRADED_LOOKUP_MESSAGE, S1),
      line(DEGRADED_LOOKUP_MESSAGE, S2),
      'no JSON',
    ]),
  ).toEqual([
    { pattern: S1, count: 2 },
    { pattern: S2, count: 1 },
  ]);
});

it('The warning names the pattern, the number and the line to search for; without counts there is none', () => {
  expect(lookupsDegraded([{ pattern: S1, count: 4 }], NOW)).toEqual([
    {
      code: 'lookups_degraded',
      pattern_key: S1,
      message:
        `4 look-ups of ${S1} were answered neutral since 2025-01-20T12:00:00.000Z, because the overrides in force ` +
        'could not be read: search the log for "look-up answered neutral", which has the error',
    },
  ]);
  expect(lookupsDegraded([], NOW)).toEqual([]);
});
