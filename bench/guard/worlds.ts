import { oracleActs } from '../policy/oracle.ts';
import type { PolicyRunner } from '../policy/policy-runners.ts';
import { baseRunner, driftRunner, replayRunner } from '../policy/policy-runners.ts';
import { eventsOf, summary, utility } from '../policy/score.ts';
import type { World } from '../policy/world.ts';
import { guardedActs } from './guarded-runs.ts';

/** First seed of reported results, as in `bench:policy`. */
const FIRST_SEED = 1001;
/** Days between two runs of replay, as in `bench:policy`. */
const EVERY_DAYS = 3;

const RUNNERS: Readonly<Record<string, PolicyRunner>> = {
  drift: driftRunner('blend'),
  replay: replayRunner({}, EVERY_DAYS),
};

/** The captures of a policy in one world, alone and under the guard. */
interface GuardedScore {
  readonly alone: number;
  readonly guarded: number;
  /** Utility less that of the base gates, over all days. */
  readonly utilityAlone: number;
  readonly utilityGuarded: number;
  /** Day of the withdrawal; undefined when the guard let the policy be. */
  readonly stop: number | undefined;
}

/** Returns the score of each policy in one world, as shares of the possible gain; see `bench/policy/score.ts`. */
function scores(world: World, seed: number, resumeAfter: number): Record<string, GuardedScore> {
  const events = eventsOf(world, seed);
  const base = baseRunner(events).acts;
  const baseUtility = utility(events, base);
  const oracle = utility(events, oracleActs(events));
  const possible = world.null ? oracle : oracle - baseUtility;
  const baseTotal = utility(events, base, 0);
  const captured = (acts: Uint8Array): number =>
    possible === 0 ? 0 : (utility(events, acts) - baseUtility) / possible;
  return Object.fromEntries(
    Object.entries(RUNNERS).map(([name, run]) => {
      const { acts } = run(events);
      const [guarded, stop] = guardedActs(events, acts, base, resumeAfter);
      const score: GuardedScore = {
        alone: captured(acts),
        guarded: captured(guarded),
        utilityAlone: utility(events, acts, 0) - baseTotal,
        utilityGuarded: utility(events, guarded, 0) - baseTotal,
        stop,
      };
      return [name, score];
    }),
  );
}

const share = (value: number): string => value.toFixed(3).replace('-', '−').padStart(9);

/**
 * Prints what the guard does to each policy in each world.
 * @param resumeAfter days after which an operator resumes a pattern; infinite: nobody does
 */
export function guardedWorlds(
  worlds: readonly World[],
  seeds: number,
  resumeAfter: number,
  print: (line: string) => void,
): void {
  const resumed = Number.isFinite(resumeAfter)
    ? `An operator resumes a pattern after ${resumeAfter} days.`
    : 'Nobody resumes a pattern.';
  print(`What the guard does to drift and replay, ${seeds} seeds from ${FIRST_SEED}. ${resumed}`);
  print(
    'alone, guarded: captured share of the gain of the oracle from day 30 on, as in bench:policy; below 0 is harm',
  );
  print('kept: utility under the guard over utility alone, both less that of the base, over all 120 days');
  print(`${'world'.padEnd(20)}${'policy'.padEnd(8)}    alone  guarded     kept  stopped  median day`);
  for (const world of worlds) {
    const found: Record<string, GuardedScore[]> = {};
    for (let seed = FIRST_SEED; seed < FIRST_SEED + seeds; seed++)
      for (const [name, result] of Object.entries(scores(world, seed, resumeAfter)))
        found[name] = [...(found[name] ?? []), result];
    for (const [name, results] of Object.entries(found))
      print(`${world.name.padEnd(20)}${name.padEnd(8)}${row(results)}`);
  }
}

function row(results: readonly GuardedScore[]): string {
  const mean = (of: (score: GuardedScore) => number): number => summary(results.map(of)).mean;
  const kept = mean(r => r.utilityGuarded) / mean(r => r.utilityAlone);
  const stops = results.flatMap(r => r.stop ?? []).sort((a, b) => a - b);
  const day = stops[Math.floor(stops.length / 2)]?.toFixed(0) ?? '–';
  const cells = [mean(r => r.alone), mean(r => r.guarded), kept].map(share).join('');
  return `${cells}${`${stops.length}/${results.length}`.padStart(9)}${day.padStart(12)}`;
}
