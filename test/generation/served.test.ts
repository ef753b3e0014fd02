import { expect, it } from 'vitest';
import type { Head } from '../../shared/generation/head.ts';
import { revived, withMode } from '../../shared/generation/retired.ts';
import { servedUnderService, withServed } from '../../shared/generation/served.ts';

const LIVE = {
  version: 1,
  mode: 'live',
  settings: {},
  latest: 3,
  current: { generation: 3 },
  served: [[1000, 3]],
} as unknown as Head;

it('What is served ends when a pattern is retired, and begins when an event has brought it back', () => {
  const retired = withServed(LIVE, withMode(LIVE, 'retired', 5), 2000);
  expect(retired.served).toEqual([...(LIVE.served ?? []), [2000, 0]]);
  expect(withServed(retired, retired, 2500).served).toEqual(retired.served);
  const back = revived(retired, 6);
  expect(withServed(back, back, 3000).served).toEqual([...(retired.served ?? []), [3000, 3]]);
});

it('The times of what is served ascend, also when the clock of a writer is behind', () => {
  const off = withServed(LIVE, { ...LIVE, mode: 'off' }, 500);
  expect(off.served).toEqual([
    [1000, 3],
    [1001, 0],
  ]);
});

it('Look-ups got nothing while the whole service was off, and what the pattern served before and after', () => {
  const served = [
    [1000, 3],
    [2000, 4],
    [4000, 5],
  ] as const;
  const history = [
    [1500, 'off'],
    [3000, 'live'],
  ] as const;
  expect(servedUnderService(served, history)).toEqual([
    [1000, 3],
    [1500, 0],
    [2000, 0],
    [3000, 4],
    [4000, 5],
  ]);
  expect(servedUnderService(served, [])).toEqual(served);
});
