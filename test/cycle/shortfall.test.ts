import { describe, expect, it } from 'vitest';
import { DAY, iso, NOW } from '../support/episodes.ts';
import { usePatternRuns } from '../support/pattern-runs.ts';

const { stores, addMisses, run } = usePatternRuns();
const dateAfter = (days: number): string => iso(NOW + days * DAY).slice(0, 10);

describe('the reason of a run with too few events', () => {
  it('A run whose events have left the window counts them and names the day of the newest', async () => {
    await addMisses(8, { timestamp: iso(NOW - 3 * DAY) });
    await addMisses(4, { timestamp: iso(NOW - 2 * DAY) });
    stores().clock.now += 100 * DAY;
    expect(await run()).toMatchObject({
      reason: `0 of 10 events with an outcome in the 90 days to ${dateAfter(100)}; 12 are outside, the newest of ${dateAfter(-2)}`,
      reason_code: 'too_few_events',
    });
  });

  it('A run counts events without an outcome as such', async () => {
    await addMisses(2);
    await addMisses(3, { outcome: undefined });
    expect((await run()).reason).toBe(
      `2 of 10 events with an outcome in the 90 days to ${dateAfter(0)}; 3 have no outcome yet`,
    );
  });

  it('A run states that events have expired when none of them is stored any more', async () => {
    await addMisses(5);
    stores().clock.now += 500 * DAY;
    expect((await run()).reason).toBe(
      `0 of 10 events with an outcome in the 90 days to ${dateAfter(500)}; 5 have expired`,
    );
  });

  it('Only a run without lessons reads the newest event, by one item of each shard', async () => {
    await addMisses(20);
    let queries = 0;
    let newest = 0;
    stores().proxy.around = ({ operation, body }, forward) => {
      if (operation === 'Query') queries++;
      if (operation === 'Query' && body.Limit === 1) newest++;
      return forward();
    };
    await run();
    expect(queries).toBeGreaterThan(0);
    expect(newest).toBe(0);
    stores().clock.now += 100 * DAY;
    await run();
    expect(newest).toBe(8);
  });
});
