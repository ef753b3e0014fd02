import type { EpisodeColumns } from '../episode/columns/columns.ts';
import type { Scope } from '../pattern/scope.ts';

/** The tier of dimensions that have one value: their slices have the rows of other slices. */
const LAST_TIER = 64;

/**
 * Returns a function that returns the tier of a slice: the highest tier of its dimensions, 0 for the global slice. The
 * tier of a dimension is the number of times that its events must be doubled to exceed those of the best dimension. So
 * further events with other dimensions move no slice to a lower tier.
 */
export function sliceTiers({ dimensions, size }: EpisodeColumns): (scope: Scope) => number {
  const carried = dimensions.map(({ name, values, codes }) => {
    let rows = 0;
    for (const code of codes.subarray(0, size)) if (code > 0) rows++;
    return { name, rows, varies: values.length > 1 };
  });
  const most = Math.max(1, ...carried.filter(({ varies }) => varies).map(({ rows }) => rows));
  const tiers = new Map(
    carried.map(({ name, rows, varies }) => [
      name,
      varies ? Math.max(0, Math.floor(Math.log2(most / Math.max(1, rows)))) : LAST_TIER,
    ]),
  );
  return scope => Math.max(0, ...Object.keys(scope).map(name => tiers.get(name) ?? LAST_TIER));
}
