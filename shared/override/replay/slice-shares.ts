/* Kernel: rows and codes are in range by construction, so typed arrays are read without a check. */

import { tiersOf } from '../../mining/tiers.ts';

/** Two dimensions by index; an index of no dimension stands for none. */
type Choice = readonly [first: number, second: number];

/** The rows that slices are made of. */
interface Columns {
  readonly size: number;
  readonly codes: readonly (Uint16Array | Uint32Array)[];
  readonly widths: readonly number[];
}

/** Choices of dimensions in the order in which they get a budget, grouped by tier. */
type RankedChoices = readonly (readonly Choice[])[];

/**
 * Groups choices by the highest tier of their dimensions, as the miner's budget does: dimensions that most rows carry
 * first; those of one value, and those that split the rows as another one does, last. The levels of one tier come before
 * any level of the next. In a tier, choices with fewer combinations of values come first, so that an id with many values
 * displaces no other dimension.
 * @param nMin least number of rows of a value that makes a slice
 */
export function rankChoices(columns: Columns, choices: readonly Choice[], nMin: number): RankedChoices {
  const { size, codes, widths } = columns;
  const tiers = tiersOf(
    { size },
    codes.map((column, dimension) => ({ codes: column, dimension, ...carriedBy(column, size, nMin) })),
  );
  const tierOf = ([first, second]: Choice): number => Math.max(0, tiers[first] ?? 0, tiers[second] ?? 0);
  const cellsOf = ([first, second]: Choice): number => (widths[first] ?? 1) * (widths[second] ?? 1);
  const groups = Map.groupBy(choices, tierOf);
  return [...groups]
    .sort(([a], [b]) => a - b)
    .map(([, group]) => group.toSorted((a, b) => cellsOf(a) - cellsOf(b)));
}

function carriedBy(codes: ArrayLike<number>, size: number, nMin: number) {
  const rows = new Map<number, number>();
  for (let row = 0; row < size; row++) {
    const code = codes[row] as number;
    if (code > 0) rows.set(code, (rows.get(code) ?? 0) + 1);
  }
  let carried = 0;
  for (const n of rows.values()) if (n >= nMin) carried += n;
  return { carried: Math.max(1, carried), varies: rows.size > 1 };
}

/**
 * Returns the choices that a budget allows. Each tier has a share: half of what earlier tiers leave. What no tier takes
 * as its share goes to the first ones that fit.
 * @param costOf what a choice takes of the budget, from 0
 */
export function choicesWithin(
  tiers: RankedChoices,
  budget: number,
  costOf: (choice: Choice) => number,
): ReadonlySet<Choice> {
  const kept = new Set<Choice>();
  let taken = 0;
  const take = (choices: readonly Choice[], end: number): void => {
    for (const choice of choices) {
      if (kept.has(choice) || taken + costOf(choice) > end) continue;
      taken += costOf(choice);
      kept.add(choice);
    }
  };
  for (const tier of tiers) take(tier, taken + Math.ceil((budget - taken) / 2));
  for (const tier of tiers) take(tier, budget);
  return kept;
}
