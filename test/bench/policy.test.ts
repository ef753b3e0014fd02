import { describe, expect, test } from 'vitest';
import { coinColumns } from '../../bench/policy/coin-flips.ts';
import { modelRunner } from '../../bench/policy/model-runner.ts';
import { bestThresholds, oracleActs } from '../../bench/policy/oracle.ts';
import {
  baseRunner,
  driftRunner,
  PATTERN,
  replayRunner,
  START_MS,
} from '../../bench/policy/policy-runners.ts';
import { eventsOf, score, utility } from '../../bench/policy/score.ts';
import { curveOf, type Events, generate, type World } from '../../bench/policy/world.ts';
import { WORLDS } from '../../bench/policy/worlds.ts';
import { QUADRANT } from '../../shared/episode/columns/columns.ts';
import { mineLessons } from '../../shared/lesson/mine-lessons.ts';
import { ACTION_CATEGORIES } from '../../shared/lever/lever.ts';
import { OverrideIndex } from '../../shared/override/override-index.ts';
import { drift } from '../../shared/override/policies/drift.ts';

function worldNamed(name: string): World {
  const world = WORLDS.find(w => w.name === name);
  if (!world) throw new Error(`no world is named ${name}; use a name of WORLDS`);
  return world;
}

const scopeAt = (events: Events, i: number): Record<string, string> =>
  Object.fromEntries(events.dimensions.map(d => [d.name, d.values[(d.codes[i] ?? 1) - 1] ?? '']));

test('Outcomes of the coin-flip bench are independent of the gates, and all are known after 90 days', () => {
  const { size, quadrant, resolvedAt, numbers, dimensions } = coinColumns(1001, 0.5, 4);
  expect([size, dimensions.length]).toEqual([4000, 4]);
  const won = quadrant.map(q => (q === QUADRANT.win || q === QUADRANT.miss ? 1 : 0));
  const shareWhere = (inside: boolean): number => {
    const rows = [...won].filter((_, i) => (numbers.ts_score?.[i] ?? 0) >= 0.6 === inside);
    return rows.reduce((sum, w) => sum + w, 0) / rows.length;
  };
  expect(Math.abs(shareWhere(true) - 0.5)).toBeLessThan(0.06);
  expect(Math.abs(shareWhere(false) - 0.5)).toBeLessThan(0.06);
  expect(Math.max(...resolvedAt)).toBeLessThanOrEqual(START_MS + 90 * 86_400_000);
});

describe('the simulator of policies', () => {
  test.each(['blend', 'most-specific'] as const)(
    'The simulated drift with the resolution %s makes the same decisions as the product',
    resolution => {
      const world = { ...worldNamed('scope'), days: 14, eventsPerDay: 40 };
      const events = generate(world, 3);
      const simulated = driftRunner(resolution)(events).acts;
      const acts = baseRunner(events).acts;
      for (let day = 0; day < world.days; day++) {
        const rows = [...events.known.keys()].filter(i => (events.known[i] ?? 0) <= day);
        const columns = {
          size: rows.length,
          dimensions: events.dimensions.map(d => ({
            ...d,
            codes: Uint8Array.from(rows, i => d.codes[i] ?? 0),
          })),
          quadrant: Uint8Array.from(rows, i =>
            acts[i]
              ? events.success[i]
                ? QUADRANT.win
                : QUADRANT.falsePositive
              : events.success[i]
                ? QUADRANT.miss
                : QUADRANT.dodge,
          ),
        };
        const index = new OverrideIndex(
          drift(PATTERN, mineLessons(PATTERN, columns, 33).lessons),
          ACTION_CATEGORIES,
        );
        for (let i = 0; i < events.size; i++) {
          if (Math.floor(events.day[i] ?? 0) !== day) continue;
          const resolved = index.resolve(scopeAt(events, i), resolution);
          const multiplierOf = (category: string): number =>
            resolved.find(r => r.action_category === category)?.multiplier ?? 1;
          const open = [-Math.log(multiplierOf('tuning_ts_min')), Math.log(multiplierOf('tuning_halo')), 0];
          acts[i] = events.margins.every((m, g) => (m[i] ?? 0) + (open[g] ?? 0) >= 0) ? 1 : 0;
        }
      }
      expect(acts).not.toEqual(baseRunner(events).acts);
      expect(simulated).toEqual(acts);
    },
  );

  test('The base thresholds of a null world are the best ones, and nine of ten events fail them', () => {
    const events = eventsOf(worldNamed('null'), 4);
    const [ts, halo, slope] = bestThresholds(events.world, curveOf(events.world), [0, 0, 0]);
    expect(Math.abs(ts)).toBeLessThan(0.03);
    expect(Math.abs(halo)).toBeLessThan(0.05);
    expect(Math.abs(slope)).toBeLessThan(0.0003);
    const base = baseRunner(events).acts;
    expect(base.reduce((sum, act) => sum + act, 0) / events.size).toBeCloseTo(0.09, 1);
    expect(utility(events, oracleActs(events)) / utility(events, base)).toBeCloseTo(1, 1);
  });

  test('The same seed gives the same world, in which replay captures a part of what the oracle gains', () => {
    const world = { ...worldNamed('scope'), days: 50 };
    expect(generate(world, 5).success).toEqual(generate(world, 5).success);
    expect(generate(world, 5).success).not.toEqual(generate(world, 6).success);
    const scores = score(generate(world, 5), { none: baseRunner, replay: replayRunner({}, 10) });
    expect(scores.none).toMatchObject({ captured: 0, overChance: 0 });
    expect(scores.replay?.overChance).toBeGreaterThan(0);
    expect((scores.replay?.overNever ?? 0) - (scores.none?.overNever ?? 0)).toBeCloseTo(
      scores.replay?.captured ?? Number.NaN,
      9,
    );
    expect(scores.replay?.captured).toBeGreaterThan(0.2);
    expect(scores.replay?.captured).toBeLessThan(1);
  });

  test('A world with too few events gets no override', () => {
    const events = eventsOf(worldNamed('tiny'), 1);
    expect(replayRunner({}, 10)(events)).toEqual({ acts: baseRunner(events).acts, overrides: 0 });
  });

  test('The model reads a year of the same world and captures a part of what the oracle gains', () => {
    const events = eventsOf({ ...worldNamed('scope'), eventsPerDay: 60 }, 1001);
    const runners = { gates: modelRunner('gates', 90), score: modelRunner('score', 90) };
    const { gates, score: byScore } = score(events, runners);
    expect(gates?.captured).toBeGreaterThan(0.1);
    expect(byScore?.captured).toBeGreaterThan(0.1);
  });
});
