import type { FactorColumns } from '../../shared/episode/columns/columns.ts';
import { QUADRANT } from '../../shared/episode/columns/columns.ts';
import { replay } from '../../shared/override/policies/replay.ts';
import type { ReplaySettings } from '../../shared/override/replay/settings.ts';
import { DAY_MS } from '../../shared/time.ts';
import { baseRunner, columnsOf, PATTERN, START_MS } from './policy-runners.ts';
import { Random } from './random.ts';
import { eventsOf } from './score.ts';
import { WORLDS } from './worlds.ts';

/** A probability of success and a payoff. */
interface Coin {
  readonly name: string;
  readonly success: number;
  readonly win: number;
  /** True when acting neither gains nor loses on average. */
  readonly fair: boolean;
}

const COINS: readonly Coin[] = [
  { name: 'p = 1/2 at 1:1', success: 1 / 2, win: 1, fair: true },
  { name: 'p = 1/3 at 2:1', success: 1 / 3, win: 2, fair: true },
  { name: 'p = 1/4 at 3:1', success: 1 / 4, win: 3, fair: true },
  { name: 'p = 1/2 at 2:1', success: 1 / 2, win: 2, fair: false },
];
const EVENTS = 4000;
const DAYS = 90;
const FIRST_SEED = 1001;

/** Returns events as columns. Each outcome is independent of everything: a success with the given probability. */
export function coinColumns(seed: number, success: number, dimensions: number): FactorColumns {
  const [world] = WORLDS;
  if (!world) throw new Error('the list of worlds is empty');
  const events = eventsOf({ ...world, days: DAYS, eventsPerDay: EVENTS / DAYS }, seed);
  const random = new Random(seed, 9);
  const acts = baseRunner(events).acts;
  const quadrant = acts.map(act => {
    const won = random.uniform() < success;
    if (act) return won ? QUADRANT.win : QUADRANT.falsePositive;
    return won ? QUADRANT.miss : QUADRANT.dodge;
  });
  const columns = columnsOf(events, quadrant);
  const end = START_MS + DAYS * DAY_MS;
  return {
    ...columns,
    dimensions: columns.dimensions.slice(-dimensions),
    // All 4,000 outcomes are known at the end, so that each pattern has as many events.
    resolvedAt: columns.resolvedAt.map(at => Math.min(at, end)),
  };
}

/** Prints the mean number of overrides that replay makes from random outcomes, and the share of patterns with any. */
export function coinFlips(
  seeds: number,
  settings: Readonly<Record<string, ReplaySettings>>,
  print: (line: string) => void,
): void {
  print(
    `Coin flips: mean overrides of a pattern, and share of patterns with any; ${seeds} patterns of ${EVENTS} events.`,
  );
  for (const coin of COINS)
    for (const dimensions of [4, 8]) {
      const cells = Object.entries(settings).map(([name, replaySettings]) => {
        const counts = Array.from({ length: seeds }, (_, i) => {
          const columns = coinColumns(FIRST_SEED + i, coin.success, dimensions);
          const payoff = { win: coin.win, loss: 1 };
          return replay(PATTERN, columns, START_MS + DAYS * DAY_MS, { ...replaySettings, payoff }).overrides
            .length;
        });
        const mean = counts.reduce((sum, n) => sum + n, 0) / seeds;
        const tuned = counts.filter(n => n > 0).length / seeds;
        return `${name} ${mean.toFixed(2)}, ${tuned.toFixed(2)}`;
      });
      const note = coin.fair ? '' : ' (acting on everything pays)';
      print(`  ${coin.name}${note}, ${dimensions} dimensions: ${cells.join('; ')}`);
    }
}
