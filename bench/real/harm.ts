import { QUADRANT } from '../../shared/episode/columns/columns.ts';
import { elementAt } from '../../shared/numbers.ts';
import { Random } from '../policy/random.ts';
import { quantile } from '../support/report.ts';
import type { RealRun } from './data.ts';
import type { Market } from './simulate.ts';
import { openMarket, withHalt } from './simulate.ts';
import { simulateModel } from './simulate-model.ts';

/** Probabilities of success inside and outside the base gates: they are right, by thin margins. */
const SUCCESS = { inside: 0.42, outside: 0.33 } as const;
const PAYOFF = { win: 1.9, loss: 1.1 } as const;
/** Random numbers of the draws, apart from those of other trials. */
const STREAM = 42;

/** Harm of one set of decisions over the draws, as a share of the expected utility of the base gates. */
export interface Harm {
  readonly policy: string;
  readonly mean: number;
  /** Nine of ten draws have less. */
  readonly p90: number;
  readonly worst: number;
}

/** Returns a run whose outcomes are drawn anew, each independently of everything but the base decision. */
export function drawOutcomes({ run, baseActs }: Market, seed: number): RealRun {
  const random = new Random(seed, STREAM);
  const quadrant = baseActs.map(acts => {
    if (acts === 1) return random.uniform() < SUCCESS.inside ? QUADRANT.win : QUADRANT.falsePositive;
    return random.uniform() < SUCCESS.outside ? QUADRANT.miss : QUADRANT.dodge;
  });
  return { ...run, columns: { ...run.columns, quadrant } };
}

/** Returns the loss of expected utility of decisions against the base gates, as a share of the latter's. */
export function harmOf({ scored, baseActs }: Market, acts: Uint8Array): number {
  const worth = (success: number): number => success * (PAYOFF.win + PAYOFF.loss) - PAYOFF.loss;
  let base = 0;
  let lost = 0;
  for (const row of scored) {
    const isInside = elementAt(baseActs, row) === 1;
    const utility = worth(isInside ? SUCCESS.inside : SUCCESS.outside);
    if (isInside) base += utility;
    lost += (elementAt(baseActs, row) - elementAt(acts, row)) * utility;
  }
  return lost / base;
}

/**
 * Measures what the model costs where the base gates are right, on outcomes that are drawn anew.
 * @param everyDays days between two fits
 */
export function measureHarm(
  run: RealRun,
  draws: number,
  everyDays: number,
  progress: (text: string) => void,
): Harm[] {
  const recorded = openMarket(run, PAYOFF);
  const harms: Record<string, number[]> = {
    gates: [],
    score: [],
    'gates and halt': [],
    'score and halt': [],
  };
  for (let draw = 1; draw <= draws; draw++) {
    progress(`${run.name}: draw ${draw} of ${draws}`);
    const market = openMarket(drawOutcomes(recorded, draw), PAYOFF);
    const { gates, score, scoreAndHalt } = simulateModel(market, everyDays, () => {});
    const decisions = {
      gates,
      score,
      'gates and halt': withHalt(market, gates),
      'score and halt': scoreAndHalt,
    };
    for (const [policy, acts] of Object.entries(decisions)) harms[policy]?.push(harmOf(market, acts));
  }
  return Object.entries(harms).map(([policy, values]) => ({
    policy,
    mean: values.reduce((sum, value) => sum + value, 0) / values.length,
    p90: quantile(values, 0.9),
    worst: Math.max(...values),
  }));
}
