import type { FactorColumns } from '../../shared/episode/columns/columns.ts';
import { QUADRANT } from '../../shared/episode/columns/columns.ts';
import { modelPolicy } from '../../shared/override/policies/model.ts';
import { replay } from '../../shared/override/policies/replay.ts';
import { REPLAY_SETTINGS } from '../../shared/override/replay/settings.ts';
import { DAY_MS } from '../../shared/time.ts';
import { baseRunner, columnsOf, PATTERN, START_MS } from './policy-runners.ts';
import { eventsOf } from './score.ts';
import type { Events, World } from './world.ts';
import { WORLDS } from './worlds.ts';

/** Length of the simulated window. */
const DAYS = 90;
/** Runs before the timed ones. */
const WARM_UP_RUNS = 7;
/** Runs whose median and least time are printed. */
const TIMED_RUNS = 7;
/** Largest acceptable processor time of one replay, by number of events. */
const TARGET_MS: Readonly<Record<number, number>> = { 18000: 50, 180000: 500, 1000000: 3000 };
/** Events of a year whose model is timed, and the largest acceptable processor time of one fit. */
const MODEL = { events: 180_000, days: 365, targetMs: 1000 } as const;

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
      const narrowed: FactorColumns = { ...columns, dimensions: columns.dimensions.slice(-dimensions) };
      const time = timeOf(() => replay(PATTERN, narrowed, START_MS + DAYS * DAY_MS));
      print(describe(size, dimensions, time, TARGET_MS[size]));
    }
  }
  if (sizes.includes(MODEL.events)) timeModel(world, print);
}

/** Prints the processor time of one tuning of the model, on a year of events. */
function timeModel(world: World, print: (line: string) => void): void {
  const { events: size, days, targetMs } = MODEL;
  const events = eventsOf({ ...world, days, eventsPerDay: size / days }, 1);
  const columns = columnsOf(events, quadrants(events));
  const settings = { ...REPLAY_SETTINGS, windows: [days] as const };
  const time = timeOf(() => modelPolicy(PATTERN, columns, START_MS + days * DAY_MS, settings));
  print(`model: ${describe(size, columns.dimensions.length, time, targetMs)}`);
}

interface Time {
  readonly least: number;
  readonly median: number;
}

/** Returns the processor time of a function after some calls to warm up, milliseconds. */
function timeOf(run: () => unknown): Time {
  const times = Array.from({ length: WARM_UP_RUNS + TIMED_RUNS }, () => {
    const start = process.cpuUsage();
    run();
    const { user, system } = process.cpuUsage(start);
    return (user + system) / 1000;
  })
    .slice(WARM_UP_RUNS)
    .sort((a, b) => a - b);
  return { least: times[0] ?? 0, median: times[TIMED_RUNS >> 1] ?? 0 };
}

function describe(
  size: number,
  dimensions: number,
  { least, median }: Time,
  target: number | undefined,
): string {
  return (
    `${size.toLocaleString('en-US').padStart(9)} events, ${dimensions} dimensions: median ${median.toFixed(0)} ms, ` +
    `least ${least.toFixed(0)} ms (target ${target} ms)`
  );
}

function quadrants(events: Events): Uint8Array {
  const { acts } = baseRunner(events);
  return acts.map((act, i) => {
    if (act) return events.success[i] ? QUADRANT.win : QUADRANT.falsePositive;
    return events.success[i] ? QUADRANT.miss : QUADRANT.dodge;
  });
}
