import { describe, expect, it } from 'vitest';
import { DAY, iso, NOW } from '../support/episodes.ts';
import { usePatternRuns } from '../support/pattern-runs.ts';

const { addMisses, run } = usePatternRuns();

describe('the events of a run', () => {
  it('A run reads the events whose outcome was known at as_of', async () => {
    await addMisses(20, { resolved_at: iso(NOW - 1000) });
    expect(await run({ as_of: iso(NOW - 1001) })).toMatchObject({ events_read: 0 });
    expect(await run({ as_of: iso(NOW - 1000) })).toMatchObject({ events_read: 20 });
  });

  it('A run reads the events of the window, both ends included', async () => {
    await addMisses(1, { timestamp: iso(NOW - 90 * DAY) });
    await addMisses(1, { timestamp: iso(NOW - 90 * DAY - 1000) });
    await addMisses(1, { timestamp: iso(NOW) });
    await addMisses(1, { timestamp: iso(NOW + 1000) });
    expect(await run({ as_of: iso(NOW) })).toMatchObject({ events_read: 2 });
  });
});
