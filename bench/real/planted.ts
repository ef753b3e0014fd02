import { QUADRANT } from '../../shared/episode/columns/columns.ts';
import { elementAt } from '../../shared/numbers.ts';
import { Random } from '../policy/random.ts';
import type { RealRun } from './data.ts';
import type { Market } from './simulate.ts';
import { openMarket, simulatePolicy } from './simulate.ts';
import { simulateModel } from './simulate-model.ts';

/** Probabilities of success that are planted, each in a run of its own. At 1.9 : 1.1 an act breaks even at .367. */
const PLANTED_SUCCESS = [0.45, 0.5, 0.6] as const;
/** Least margin of a planted event at the gate of TS, as a logarithm: one that is missed narrowly. */
const NEAR = -0.36;
/** Barriers of 2 and 1 with a cost of .1 ATR. */
const PAYOFF = { win: 1.9, loss: 1.1 } as const;
const STREAM = 51;

/** A run whose outcomes were changed for some events. */
interface PlantedRun {
  readonly run: RealRun;
  /** 1 for each event whose outcome was drawn. */
  readonly planted: Uint8Array;
}

/** Shares of the planted events that policies take. Each is worth the same, so these are shares of the gain. */
interface Taken {
  readonly score: number;
  readonly gates: number;
  readonly replay: number;
}

/** Means over the draws of one planted effect. */
export interface PlantedResult {
  readonly run: string;
  readonly timeframe: string;
  readonly success: number;
  /** Scored planted events. */
  readonly events: number;
  readonly taken: Taken;
}

/**
 * Draws new outcomes for events of one timeframe that miss the gate of TS narrowly and pass the others. All succeed with
 * one probability, independently. Everything else stays as it was recorded.
 */
export function plant({ run, gates }: Market, timeframe: string, success: number, seed: number): PlantedRun {
  const dimension = run.columns.dimensions.find(({ name }) => name === 'timeframe');
  const code = 1 + (dimension?.values.indexOf(timeframe) ?? -1);
  if (!dimension || code === 0)
    throw new Error(`${run.name} has no timeframe ${timeframe}: use one of ${dimension?.values.join(', ')}`);
  const random = new Random(seed, STREAM);
  const quadrant = run.columns.quadrant.slice();
  const planted = new Uint8Array(run.columns.size);
  for (let row = 0; row < planted.length; row++) {
    const isNear = gates.gates.every(({ margin, lever }) => {
      const value = elementAt(margin, row);
      return lever.gate === 'ts' ? value < 0 && value >= NEAR : value >= 0;
    });
    if (!isNear || elementAt(dimension.codes, row) !== code) continue;
    planted[row] = 1;
    quadrant[row] = random.uniform() < success ? QUADRANT.miss : QUADRANT.dodge;
  }
  return { run: { ...run, columns: { ...run.columns, quadrant } }, planted };
}

/**
 * Runs replay and the model on planted effects in one timeframe. Scoring begins with the first fit of the model.
 * @param seeds number of draws of the planted outcomes
 */
export function measurePlanted(
  run: RealRun,
  timeframe: string,
  seeds: number,
  everyDays: number,
  progress: (text: string) => void,
): PlantedResult[] {
  const recorded = openMarket(run, PAYOFF);
  return PLANTED_SUCCESS.map(success => {
    const results = Array.from({ length: seeds }, (_, i) => {
      progress(`${run.name}, ${timeframe} at ${success}: draw ${i + 1} of ${seeds}`);
      return takenShares(plant(recorded, timeframe, success, 1 + i), everyDays);
    });
    const mean = (policy: keyof Taken): number =>
      results.reduce((sum, { taken }) => sum + taken[policy], 0) / seeds;
    return {
      run: run.name,
      timeframe,
      success,
      events: results[0]?.events ?? 0,
      taken: { score: mean('score'), gates: mean('gates'), replay: mean('replay') },
    };
  });
}

/** Returns the number of scored planted events, and the shares of them that are taken. */
function takenShares(
  { run, planted }: PlantedRun,
  everyDays: number,
): { readonly events: number; readonly taken: Taken } {
  const market = openMarket(run, PAYOFF);
  const { score, gates, firstFit } = simulateModel(market, everyDays, () => {});
  const replay = simulatePolicy(market, 'replay', everyDays, () => {}).acts;
  if (firstFit === undefined)
    throw new Error(`${run.name} is too short for a fit of the model: use a run of more than 180 days`);
  const events = market.scored.filter(
    row => elementAt(planted, row) === 1 && elementAt(run.columns.time, row) >= firstFit,
  );
  const share = (acts: Uint8Array): number =>
    events.reduce((sum, row) => sum + elementAt(acts, row), 0) / events.length;
  return {
    events: events.length,
    taken: { score: share(score), gates: share(gates), replay: share(replay) },
  };
}
