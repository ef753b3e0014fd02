import { expect, it } from 'vitest';
import type { Head } from '../../shared/generation/head.ts';
import { revived, withMode } from '../../shared/generation/retired.ts';
import { withServed } from '../../shared/generation/served.ts';

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
