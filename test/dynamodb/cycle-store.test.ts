import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CycleSummary, PatternRun } from '../../shared/cycle/cycle.ts';
import { iso, NOW, S1, S2 } from '../support/episodes.ts';
import type { Stores } from '../support/stores.ts';
import { openStores } from '../support/stores.ts';

let stores: Stores;
beforeAll(async () => {
  stores = await openStores();
});
afterAll(() => stores.close());

const summary = (cycle_id: string, fields: Partial<CycleSummary> = {}): CycleSummary => ({
  cycle_id,
  status: 'running',
  as_of: iso(NOW),
  started_at: iso(NOW),
  patterns_total: 2,
  patterns_failed: 0,
  warnings: [],
  trial: false,
  who: 'system:cycle',
  settings: {},
  ...fields,
});
const run = (pattern_key: string): PatternRun => ({
  pattern_key,
  status: 'unchanged',
  events_read: 5,
  lessons: 1,
  overrides: 0,
  generation: 3,
  published: false,
  warnings: [],
  would_publish: false,
});

describe('records of runs', () => {
  it('the record of a finished run replaces that of its start, and is read with the results of its patterns', async () => {
    const { cycles } = stores.runtime;
    await cycles.put(summary('20250120T120000000Z-a'));
    await cycles.putRun('20250120T120000000Z-a', run(S2));
    await cycles.putRun('20250120T120000000Z-a', run(S1));
    await cycles.putRun('20250120T120000000Z-a', run(S1));
    const finished = summary('20250120T120000000Z-a', { status: 'succeeded', finished_at: iso(NOW + 5) });
    await cycles.put(finished);
    expect(await cycles.get('20250120T120000000Z-a')).toEqual({ ...finished, patterns: [run(S1), run(S2)] });
    expect(await cycles.get('20250120T120000000Z-b')).toBeUndefined();
  });

  it('records of runs are listed newest first, from the newest or after a given one', async () => {
    const { cycles } = stores.runtime;
    const ids = ['20250101T000000000Z-f', '20250120T120000001Z-0', '20251231T235959999Z-5'];
    for (const id of ids) await cycles.put(summary(id));
    const newestFirst = [ids[2], ids[1], '20250120T120000000Z-a', ids[0]];
    expect((await cycles.list(10)).map(c => c.cycle_id)).toEqual(newestFirst);
    expect((await cycles.list(2)).map(c => c.cycle_id)).toEqual(newestFirst.slice(0, 2));
    expect((await cycles.list(2, newestFirst[1])).map(c => c.cycle_id)).toEqual(newestFirst.slice(2));
    expect(await cycles.list(2, newestFirst[3])).toEqual([]);
  });
});
