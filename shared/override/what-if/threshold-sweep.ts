import type { Payoff } from '../payoff.ts';
import type { Gate, Gates } from '../replay/gates.ts';
import { RESULT } from '../replay/gates.ts';

/** What one opening of a gate takes in a slice, all other gates standing where they stand. */
export interface SweepPoint {
  readonly winners: number;
  readonly losers: number;
  /** Against the base: below 0, fewer. */
  readonly winnersChange: number;
  readonly losersChange: number;
  /** Of the change in utility, events that share their fate counted together, as the policy counts it. */
  readonly error: number;
}

/** The rows of a slice, by what moving one gate does with them: each is in one of the groups. */
export interface EventBreakdown {
  /** Won and lost nothing. */
  readonly neutral: number;
  /** Cannot be replayed: a gate that no lever moves blocked them, or a gate has neither factor nor log. */
  readonly leftOut: number;
  /** Fail another gate, wherever this one stands. */
  readonly otherGates: number;
  /** Lack the factor, so that the gate stands as it was logged; or no threshold reaches it. */
  readonly fixed: number;
  readonly movable: number;
}

/**
 * Opens one gate from the tightest stop to the widest. Each row passes from one stop on, so what a stop takes is a sum
 * over the stops before it, and what it changes against the base grows outward from there: rows are visited twice,
 * however many stops there are.
 * @param openings ascending, in the unit of the margin; `openings[base]` is 0
 */
export function sweep(
  gates: Gates,
  gate: Gate,
  rows: Uint32Array,
  openings: Float64Array,
  base: number,
  payoff: Payoff,
): { readonly stops: SweepPoint[]; readonly census: EventBreakdown } {
  const { groups, census } = rowsByStop(gates, gate, rows, openings);
  const taken = cumulated(groups, gates);
  const there = taken[base] ?? NOTHING;
  const stopOf = (here: Counts, error: number): SweepPoint => ({
    ...here,
    winnersChange: here.winners - there.winners,
    losersChange: here.losers - there.losers,
    error,
  });
  const errors = new Float64Array(openings.length);
  const opened = new FlippedEvents(gates, payoff);
  for (let stop = base + 1; stop < errors.length; stop++) errors[stop] = opened.add(groups[stop] ?? []);
  const closed = new FlippedEvents(gates, payoff);
  for (let stop = base - 1; stop >= 0; stop--) errors[stop] = closed.add(groups[stop + 1] ?? []);
  return { stops: taken.map((here, stop) => stopOf(here, errors[stop] ?? 0)), census };
}

interface Counts {
  readonly winners: number;
  readonly losers: number;
}
const NOTHING: Counts = { winners: 0, losers: 0 };

function cumulated(groups: readonly (readonly number[])[], { result }: Gates): Counts[] {
  let { winners, losers } = NOTHING;
  return groups.map(group => {
    const won = group.reduce((n, row) => n + (result[row] === RESULT.winner ? 1 : 0), 0);
    winners += won;
    losers += group.length - won;
    return { winners, losers };
  });
}

/** The rows that pass from each stop on, among winners and losers that pass all other gates. */
function rowsByStop(
  gates: Gates,
  gate: Gate,
  rows: Uint32Array,
  openings: Float64Array,
): { readonly groups: readonly number[][]; readonly census: EventBreakdown } {
  const others = gates.gates.filter(other => other !== gate);
  const groups = Array.from(openings, (): number[] => []);
  const census = { neutral: 0, leftOut: 0, otherGates: 0, fixed: 0, movable: 0 };
  for (const row of rows) {
    const margin = gate.margin[row] ?? Number.NaN;
    if (gates.result[row] === RESULT.neutral) census.neutral++;
    else if (gates.replayable[row] !== 1) census.leftOut++;
    else if (others.some(other => !((other.margin[row] ?? Number.NaN) >= 0))) census.otherGates++;
    else {
      if (Number.isFinite(margin)) census.movable++;
      else census.fixed++;
      groups[firstPassed(margin, openings)]?.push(row);
    }
  }
  return { groups, census };
}

/** The first stop at which a margin passes; the number of stops when there is none. */
function firstPassed(margin: number, openings: Float64Array): number {
  let low = 0;
  let high = openings.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (margin + (openings[middle] ?? 0) >= 0) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** Winners and losers that were flipped so far, per cluster, and the standard error of what they bring. */
class FlippedEvents {
  readonly #gates: Gates;
  readonly #payoff: Payoff;
  readonly #clusters: readonly ClusterSums[];
  #winners = 0;
  #losers = 0;

  constructor(gates: Gates, payoff: Payoff) {
    this.#gates = gates;
    this.#payoff = payoff;
    this.#clusters = gates.clusterings.map(cluster => new ClusterSums(cluster));
  }

  /** Flips more rows. @returns the standard error of all of them: whole numbers are summed, in any order the same */
  add(rows: readonly number[]): number {
    for (const row of rows) {
      const won = this.#gates.result[row] === RESULT.winner;
      if (won) this.#winners++;
      else this.#losers++;
      for (const sums of this.#clusters) sums.add(row, won);
    }
    const { win, loss } = this.#payoff;
    let variance = win * win * this.#winners + loss * loss * this.#losers;
    for (const sums of this.#clusters) variance = Math.max(variance, sums.variance(this.#payoff));
    // A few flips of one kind do not prove that the other kind is impossible.
    return Math.sqrt(Math.max(variance, win * loss * (this.#winners + this.#losers)));
  }
}

/** Σ over clusters of (W·w − L·l)², by its parts, while single rows are added. */
class ClusterSums {
  readonly #cluster: Uint32Array;
  readonly #winners: Uint32Array;
  readonly #losers: Uint32Array;
  #winnersSquared = 0;
  #product = 0;
  #losersSquared = 0;

  constructor(cluster: Uint32Array) {
    const count = cluster.reduce((most, key) => Math.max(most, key), 0) + 1;
    this.#cluster = cluster;
    this.#winners = new Uint32Array(count);
    this.#losers = new Uint32Array(count);
  }

  add(row: number, won: boolean): void {
    const key = this.#cluster[row] ?? 0;
    const w = this.#winners[key] ?? 0;
    const l = this.#losers[key] ?? 0;
    if (won) {
      this.#winnersSquared += 2 * w + 1;
      this.#product += l;
      this.#winners[key] = w + 1;
    } else {
      this.#losersSquared += 2 * l + 1;
      this.#product += w;
      this.#losers[key] = l + 1;
    }
  }

  variance({ win: W, loss: L }: Payoff): number {
    return W * W * this.#winnersSquared - 2 * W * L * this.#product + L * L * this.#losersSquared;
  }
}
