import type { CubeSearch } from './cube-search.ts';
import type { Cut, Limits, MineOptions } from './types.ts';

/** Maximum record visits by default. A visit takes 3 to 5 ns, so this is ten to twenty seconds of one core. */
const DEFAULT_MAX_WORK = 4e9;
const DEFAULT_MAX_ROW_BYTES = 256 * 2 ** 20;

/** Fills in the defaults; `nMin` is at least 1. */
export function limitsOf(options: MineOptions): Limits {
  return {
    nMin: Math.max(1, options.nMin),
    nearMin: options.nearMin,
    maxSlices: options.maxSlices,
    maxDepth: options.maxDepth ?? Number.POSITIVE_INFINITY,
    maxWork: options.maxWork ?? DEFAULT_MAX_WORK,
    maxRowBytes: options.maxRowBytes ?? DEFAULT_MAX_ROW_BYTES,
  };
}

/**
 * Fills the levels and the near slices of a search within the budget, and returns what the budget cut. It first tries
 * one search of all depths with half of the work. If that overruns, it searches one depth after another.
 * @param support number of supporting rows of the whole input
 */
export function searchWithinBudget(search: CubeSearch, support: number, limits: Limits): Cut | undefined {
  const rows = search.rowRecords();
  search.addGlobalSlice(rows);
  if (support < limits.nMin) return undefined;
  if (limits.maxSlices < 1) {
    search.dropLevels(0);
    return cutOf(limits, -1, 'slices', 0, 1);
  }
  if (limits.maxDepth >= 1) search.addNearValues(rows);
  if (search.maxDepth < 1) return undefined;
  const { stopped, found } = search.searchDepths(rows, 1, search.maxDepth, limits.maxWork / 2);
  return stopped ? searchDepthByDepth(search, limits, found) : undefined;
}

/**
 * Searches depth 1, 2, 3, … until a depth exceeds a budget. The work of depth 1 is not limited.
 * @param foundInFullSearch number of slices that the search of all depths found before it stopped
 */
function searchDepthByDepth(search: CubeSearch, limits: Limits, foundInFullSearch: number): Cut | undefined {
  for (let depth = 1; depth <= search.maxDepth; depth++) {
    const emittedBefore = search.emitted;
    const maxWork = depth === 1 ? Number.POSITIVE_INFINITY : limits.maxWork;
    const { stopped, found } = search.searchDepths(search.rowRecords(), depth, depth, maxWork);
    if (stopped) {
      const leftOut = Math.max(found, foundInFullSearch) - emittedBefore;
      return cutOf(limits, depth - 1, stopped, emittedBefore, leftOut);
    }
    if (found === emittedBefore) return undefined;
  }
  return undefined;
}

function cutOf(
  { maxSlices, maxWork, maxRowBytes }: Limits,
  depth: number,
  limit: Cut['limit'],
  emitted: number,
  leftOutAtLeast: number,
): Cut {
  const reason = {
    slices: `more than ${maxSlices} slices`,
    work: `more than ${maxWork} record visits`,
    memory: `more than ${maxRowBytes} bytes of row buffers`,
  }[limit];
  return { depth, reason, limit, emitted, leftOutAtLeast };
}
