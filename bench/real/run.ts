import { elementAt } from '../../shared/numbers.ts';
import type { Payoff } from '../../shared/override/payoff.ts';
import { RESULT } from '../../shared/override/replay/gates.ts';
import type { Gains } from './compare.ts';
import { compareDecisions } from './compare.ts';
import type { RealRun } from './data.ts';
import type { Promised } from './promises.ts';
import { followPromises } from './promises.ts';
import type { Market, Simulation } from './simulate.ts';
import { openMarket, simulatePolicy, withHalt } from './simulate.ts';
import type { ModelDecisions } from './simulate-model.ts';
import { simulateModel } from './simulate-model.ts';

/** Cost of a trade in ATR at the payoff "real". */
const COST = 0.1;

/** Figures of one run at one payoff. */
export interface RunResult {
  readonly run: string;
  readonly payoff: Payoff;
  readonly basis: string;
  readonly policies: Readonly<Record<string, Gains>>;
}

/** Returns the payoff of a basis. A cost c makes barriers of 2 and 1 a payoff of 2 − c and 1 + c. */
function payoffOn(run: RealRun, basis: string): Payoff {
  const { up, dn } = run.barriers;
  const cost = basis === 'real' ? COST : costFor(run, Number(basis));
  return { win: up - cost, loss: dn + cost };
}

/** Returns the cost at which the base gates earn `edge` an act over the scored time. */
function costFor(run: RealRun, edge: number): number {
  const { baseActs, gates, scored } = openMarket(run, { win: 1, loss: 1 });
  const acted = scored.filter(row => elementAt(baseActs, row) === 1);
  const won = acted.filter(row => elementAt(gates.result, row) === RESULT.winner).length;
  const lost = acted.filter(row => elementAt(gates.result, row) === RESULT.loser).length;
  return (run.barriers.up * won - run.barriers.dn * lost - edge * acted.length) / (won + lost);
}

/** Runs every policy on one run. @param progress is called with a text before each part */
export function runPolicies(
  run: RealRun,
  basis: string,
  everyDays: number,
  progress: (text: string) => void,
): { readonly result: RunResult; readonly promised: readonly Promised[] } {
  const payoff = payoffOn(run, basis);
  const market = openMarket(run, payoff);
  const simulate = (policy: 'drift' | 'replay'): Simulation =>
    simulatePolicy(market, policy, everyDays, (tuning, of) =>
      progress(`${run.name}, payoff ${basis}, ${policy}: tuning ${tuning} of ${of}`),
    );
  const drift = simulate('drift');
  const replay = simulate('replay');
  const model = simulateModel(market, everyDays, (fit, of) =>
    progress(`${run.name}, payoff ${basis}, model: fit ${fit} of ${of}`),
  );
  progress(`${run.name}, payoff ${basis}: intervals`);
  const policies = Object.fromEntries(
    Object.entries({ ...decisionsOf(market, drift, replay), ...modelDecisions(market, model) }).map(
      ([name, acts]) => [name, compareDecisions(market, acts)],
    ),
  );
  return {
    result: { run: run.name, payoff, basis, policies },
    promised: followPromises(market, replay.tunings),
  };
}

function modelDecisions(
  market: Market,
  { gates, score, scoreAndHalt }: ModelDecisions,
): Record<string, Uint8Array> {
  return {
    model: gates,
    'model and halt': withHalt(market, gates),
    score,
    'score and halt': scoreAndHalt,
  };
}

function decisionsOf(market: Market, drift: Simulation, replay: Simulation): Record<string, Uint8Array> {
  const nothing = new Uint8Array(market.run.columns.size);
  return {
    none: market.baseActs,
    drift: drift.acts,
    replay: replay.acts,
    halt: withHalt(market, market.baseActs),
    'replay and halt': withHalt(market, replay.acts),
    never: nothing,
    always: nothing.map(() => 1),
  };
}
