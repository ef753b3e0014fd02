import { expect, test } from 'vitest';
import { events, openApi } from '../support/api.ts';
import { failing, hanging } from '../support/faults.ts';

const AS_OF = '2025-01-20T00:00:00Z';
const S1 = 'pm.uptrend.S1.entry';
const S2 = 'pm.uptrend.S2.entry';

test('a fault that passes within the retries costs nothing', async () => {
  let left = 2;
  const api = await openApi({
    settings: failing((op, body) => op === 'Query' && body.includes('S1.entry#') && left-- > 0),
  });
  await api.postEvents(events(40, 'e'));
  expect(await api.cycle({ as_of: AS_OF })).toMatchObject({
    status: 'succeeded',
    patterns: [{ status: 'published' }],
  });
  await api.close();
});

test('a fault that stays ends in failure after the retries, while the other pattern publishes', async () => {
  let calls = 0;
  const api = await openApi({
    settings: failing((op, body) => op === 'Query' && body.includes('S2.entry#0') && ++calls > 0),
  });
  await api.postEvents([...events(40, 'a'), ...events(40, 'b', { pattern: S2 })]);
  const cycle = await api.cycle({ as_of: AS_OF });
  expect(cycle.status).toBe('partial');
  expect(cycle.patterns).toMatchObject([
    { pattern_key: S1, status: 'published' },
    { pattern_key: S2, status: 'failed', reason: 'failed: store_unavailable' },
  ]);
  // The first attempt, and three retries.
  expect(calls).toBe(4);
  await api.close();
});

test('a timeout in the middle is recorded, and the next run is clean', async () => {
  const pause = hanging((op, body) => op === 'Query' && body.includes('S1.entry#'));
  const api = await openApi({ settings: pause.settings, tuning: { retryPauseMs: 1, timeoutSeconds: 1 } });
  await api.postEvents([...events(40, 'a'), ...events(40, 'b', { pattern: S2 })]);
  pause.hang();
  const cycle = await api.cycle({ as_of: AS_OF });
  expect(cycle).toMatchObject({
    status: 'partial',
    patterns: [
      { pattern_key: S1, status: 'failed', reason: 'failed: timeout', generation: 0 },
      { pattern_key: S2, status: 'published' },
    ],
  });
  pause.release();
  const next = await api.cycle({ as_of: AS_OF });
  expect(next).toMatchObject({
    status: 'succeeded',
    patterns: [{ status: 'published', generation: 1 }, { status: 'unchanged' }],
  });
  await api.close();
});

test('a schedule that fires twice at once publishes once', async () => {
  const api = await openApi();
  await api.postEvents(events(40, 'e'));
  const cycles = await Promise.all([api.cycle({ as_of: AS_OF }), api.cycle({ as_of: AS_OF })]);
  const statuses = cycles.map(cycle => cycle.patterns[0]?.status);
  expect(statuses.filter(status => status === 'published')).toHaveLength(1);
  expect(['yielded', 'unchanged']).toContain(statuses.find(status => status !== 'published'));
  const head = await api.service.runtime.heads.head(cycles[0].patterns[0]?.pattern_key as never);
  expect(head).toMatchObject({ version: 1, latest: 1 });
  await api.close();
});
