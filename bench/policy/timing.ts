import type { FactorColumns } from '../../shared/episode/columns/columns.ts';
import { QUADRANT } from '../../shared/episode/columns/columns.ts';
import { replay } from '../../shared/override/policies/replay.ts';
import { DAY_MS } from '../../shared/time.ts';
import { columnsOf, none, PATTERN, START_MS } from './policy-runners.ts';
import { eventsOf } from './score.ts';
import type { Events } from './world.ts';
import { WORLDS } from './worlds.ts';

const DAYS = 90;
/** Number of runs before the timed ones, and number of timed runs. */
const WARM_UP = 7;
const RUNS = 7;
/** Targets in milliseconds, by number of events. */
const LIMIT: Readonly<Record<number, number>> = { 18000: 50, 180000: 500, 1000000: 3000 };

/**
 * Prints the processor time of one replay, including the choice of the window, all reasons, and garbage collection on
 * other threads.
 */
export function timings(sizes: readonly number[], print: (line: string) => void): void {
  const world = WORLDS[0];
  if (!world) return;
  for (const size of sizes) {
    const events = eventsOf({ ...world, days: DAYS, eventsPerDay: size / DAYS }, 1);
    const columns = columnsOf(events, quadrants(events));
    for (const dimensions of [4, columns.dimensions.length]) {
      const fewer: FactorColumns = { ...columns, dimensions: columns.dimensions.slice(-dimensions) };
      const times = Array.from({ length: WARM_UP + RUNS }, () => {
        const start = process.cpuUsage();
        replay(PATTERN, fewer, START_MS + DAYS * DAY_MS);
        const { user, system } = process.cpuUsage(start);
        return (user + system) / 1000;
      })
        .slice(WARM_UP)
        .sort((a, b) => a - b);
      const [least = 0, median = 0] = [times[0], times[RUNS >> 1]];
      print(
        `${size.toLocaleString('en-US').padStart(9)} events, ${dimensions} dimensions: median ${median.toFixed(0)} ms, ` +
          `least ${least.toFixed(0)} ms (target ${LIMIT[size]} ms)`,
      );
    }
  }
}

function quadrants(events: Events): Uint8Array {
  const { acts } = none(events);
  return acts.map((act, i) => {
    if (act) return events.success[i] ? QUADRANT.win : QUADRANT.falsePositive;
    return events.success[i] ? QUADRANT.miss : QUADRANT.dodge;
  });
}
