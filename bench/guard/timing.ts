import { QUADRANT } from '../../shared/episode/columns/columns.ts';
import { guardBlockHours } from '../../shared/guard/block-hours.ts';
import { asServed, atBase, flipBlocks, flips } from '../../shared/guard/flips.ts';
import { evaluateTest, startTest } from '../../shared/guard/guard-test.ts';
import { prepareGates } from '../../shared/override/replay/gates.ts';
import { REPLAY_SETTINGS } from '../../shared/override/replay/settings.ts';
import { DAY_MS } from '../../shared/time.ts';
import { columnsOf, PATTERN, START_MS } from '../policy/policy-runners.ts';
import { eventsOf } from '../policy/score.ts';
import { WORLDS } from '../policy/worlds.ts';
import { median, timed } from '../support/report.ts';

const EVENTS = 100_000;
const DAYS = 90;
const REPEATS = 9;
/** Moves in force of every event that logged none. */
const MOVES = new Map([['tuning_ts_min', { multiplier: 0.9 }]] as const);

/**
 * Measures the guard of one pattern in a run, from the columns to the results of both tests. Reading the events is part of
 * every run.
 * @returns the median of the repeats, milliseconds
 */
export async function guardMilliseconds(): Promise<number> {
  const world = WORLDS.find(({ name }) => name === 'null');
  if (!world) throw new Error('bench:policy has no world null');
  const events = eventsOf({ ...world, days: DAYS, eventsPerDay: EVENTS / DAYS }, 1);
  const columns = columnsOf(
    events,
    Uint8Array.from(events.success, s => (s === 1 ? QUADRANT.miss : QUADRANT.dodge)),
  );
  const { payoff } = world;
  const asOf = START_MS + DAYS * DAY_MS;
  const samples: number[] = [];
  for (let repeat = 0; repeat < REPEATS; repeat++) {
    const { ms } = await timed(() => {
      const hours = guardBlockHours(columns);
      const gates = prepareGates(PATTERN, columns, { ...REPLAY_SETTINGS, payoff, clusters: [] }, 'base');
      const flipOf = flips(gates, { tested: asServed(gates, () => MOVES), against: atBase });
      return [START_MS, asOf - 6 * DAY_MS].map(since => {
        const test = startTest(since, hours, payoff, 'drift');
        return evaluateTest(test, flipBlocks(gates, flipOf, since, hours), asOf);
      });
    });
    samples.push(ms);
  }
  return median(samples);
}
