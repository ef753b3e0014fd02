import { expect, test } from 'vitest';
import { Random } from '../../../bench/policy/random.ts';
import { REPLAY_SETTINGS } from '../../../shared/override/replay/settings.ts';
import { event, runWhatIf } from '../../support/what-if.ts';

test('Without a real effect, nine of ten intervals of a what-if contain 0, and a best value is hardly ever proven', () => {
  let inside = 0;
  let values = 0;
  let beyond = 0;
  let proven = 0;
  const seeds = Array.from({ length: 150 }, (_, i) => i + 1);
  for (const seed of seeds) {
    const random = new Random(seed, 3);
    const events = Array.from({ length: 400 }, () =>
      event({
        outcome: random.uniform() < 1 / 3 ? 'success' : 'failure',
        acted: random.uniform() < 0.5,
        numbers: { ts_score: 0.5 * Math.exp(0.25 * random.normal()) },
        daysAgo: 1 + 88 * random.uniform(),
      }),
    );
    const result = runWhatIf(events, { points: 41 }, REPLAY_SETTINGS);
    for (const point of result.curve.filter(p => p !== result.base)) {
      values++;
      if (Math.abs(point.utilityChange) <= point.margin) inside++;
    }
    if ((result.best?.utilityChange ?? 0) > (result.best?.margin ?? 0)) beyond++;
    if (result.proven) proven++;
  }
  expect(values).toBe(seeds.length * 40);
  expect(inside / values).toBeGreaterThan(0.87);
  expect(inside / values).toBeLessThan(0.96);
  // One interval in ten misses 0, half of them above it. Among best values, the share above 0 is much larger.
  expect(beyond / seeds.length).toBeGreaterThan(0.1);
  expect(proven / seeds.length).toBeLessThanOrEqual(0.05);
});
