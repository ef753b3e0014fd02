import { expect, test } from 'vitest';
import { Random } from '../../bench/policy/random.ts';
import { tunePattern } from '../../shared/cycle/tune-pattern.ts';
import type { Lesson } from '../../shared/lesson/lesson.ts';
import type { Policy } from '../../shared/override/override.ts';
import { POLICIES } from '../../shared/override/override.ts';
import { covers } from '../../shared/pattern/scope.ts';
import { S1 } from '../support/episodes.ts';
import type { KnownEvent } from '../support/factor-columns.ts';
import { factorColumns } from '../support/factor-columns.ts';
import { AS_OF, event } from '../support/replay-events.ts';

/** Events whose dimensions repeat each other: `tf` is constant, `twin` repeats `side`, `third` follows from `chain`. */
function twinEvents(seed: number, count: number, days: number): KnownEvent[] {
  const random = new Random(seed);
  return Array.from({ length: count }, (_, i) => {
    const side = random.uniform() < 0.5 ? 'buy' : 'sell';
    const chain = `c${random.pick([0.5, 0.3, 0.2])}`;
    const ts = 0.6 * Math.exp(0.25 * random.normal());
    const wins = random.uniform() < (side === 'sell' && ts > 0.5 ? 0.2 + 0.1 * (seed % 8) : 0.3);
    return event({
      outcome: wins ? 'success' : 'failure',
      ts,
      halo: 0.9 * Math.exp(0.5 * random.normal()),
      slope: 0.0005 + 0.0015 * random.normal(),
      scope: { side, tf: '15m', twin: side, chain, third: chain === 'c0' ? 'x' : 'y' },
      daysAgo: 1 + (i * (days - 3)) / count,
    });
  });
}

function groupsOfSameEvents(events: readonly KnownEvent[], lessons: readonly Lesson[]): Lesson[][] {
  const rowsOf = (lesson: Lesson): string =>
    events.flatMap((e, i) => (covers(lesson.scope_subset, e.episode.scope as never) ? [i] : [])).join();
  return [...Map.groupBy(lessons, rowsOf).values()].filter(group => group.length > 1);
}

const tune = (events: readonly KnownEvent[], policy: Policy, lookback_days: number) =>
  tunePattern(S1, factorColumns(events), AS_OF, {
    n_min: 33,
    lookback_days,
    policy,
    challengers: [],
    payoff: { win: 2, loss: 1 },
    payoff_fallback: { win: 2, loss: 1 },
    jump: 1.5,
    on_jump: 'warn',
    halt: 'advise',
    score: 'off',
    guard: 'protect',
    rollout: 'immediate',
    base_thresholds: {},
    max_overrides: 20_000,
  });

/** Seeds, events and days of a window; the model moves nothing before half a year. */
const SIZES: Readonly<Record<Policy, readonly [seeds: number, events: number, days: number]>> = {
  drift: [16, 400, 90],
  replay: [16, 400, 90],
  model: [8, 1500, 365],
};

test.each(POLICIES)(
  '[L5] Under %s, lessons with the same events have the same figures and the same reason',
  policy => {
    let withReason = 0;
    let withOverride = 0;
    const [seeds, count, days] = SIZES[policy];
    for (let seed = 1; seed <= seeds; seed++) {
      const events = twinEvents(seed, count, days);
      const { lessons } = tune(events, policy, days);
      const groups = groupsOfSameEvents(events, lessons);
      expect(groups.length).toBeGreaterThan(5);
      for (const group of groups) {
        expect(
          new Set(group.map(({ stats, uncertainty, n }) => JSON.stringify([n, stats, uncertainty]))).size,
        ).toBe(1);
        const reasons = group.flatMap(lesson => (lesson.why_not === undefined ? [] : [lesson]));
        expect(new Set(reasons.map(lesson => `${lesson.reason_code} ${lesson.why_not}`)).size).toBeLessThan(
          2,
        );
        if (reasons.length === group.length) withReason++;
        else {
          withOverride++;
          for (const lesson of reasons) expect(lesson.reason_code).toBe('same_events_as_override');
        }
      }
    }
    expect(withReason).toBeGreaterThan(0);
    expect(withOverride).toBeGreaterThan(0);
  },
);
