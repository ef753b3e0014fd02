import type { CubeSearch } from './cube-search.ts';
import type { Items } from './items.ts';
import { tiersOf } from './tiers.ts';
import type { Cut, Limits, MineInput, MineOptions } from './types.ts';

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
 * one search of all depths with half of the work. If that overruns, it divides the budget among the dimensions.
 */
export function searchWithinBudget(
  search: CubeSearch,
  input: MineInput,
  items: Items,
  limits: Limits,
): Cut | undefined {
  const rows = search.rowRecords();
  const names = items.columns.map(({ dimension }) => input.dimensions[dimension]?.name ?? '');
  search.addGlobalSlice(rows);
  if (items.support < limits.nMin) return undefined;
  if (limits.maxSlices < 1) {
    search.dropAll();
    return cutOf(
      limits,
      names,
      names.map(() => -1),
      'slices',
      0,
      1,
    );
  }
  if (limits.maxDepth >= 1) search.addNearValues(rows);
  if (search.maxDepth < 1) return undefined;
  const everything = names.map(() => search.maxDepth);
  const { stopped, found } = search.searchDepths(rows, everything, limits.maxWork / 2);
  if (!stopped) return undefined;
  const divided = divideBudget(search, tiersOf(input, items.columns), limits);
  if (!divided.stopped) return undefined;
  const leftOut = Math.max(found, divided.found) - search.emitted;
  return cutOf(limits, names, divided.depths, divided.stopped, search.emitted, leftOut);
}

interface Division {
  /** Most dimensions of a slice that has the column. */
  readonly depths: readonly number[];
  /** The budget that ran out last; undefined when none did. */
  readonly stopped: Cut['limit'] | undefined;
  /** Most slices that a search found. */
  readonly found: number;
}

/**
 * Gives each tier of columns the most dimensions that the rest of the budget allows, one tier after the other, the
 * columns that most rows carry first. So columns of few rows get what the others leave. The work of one dimension is not
 * limited.
 */
function divideBudget(search: CubeSearch, tiers: readonly number[], { maxWork }: Limits): Division {
  let depths = tiers.map(() => 1);
  const single = search.searchDepths(search.rowRecords(), depths, Number.POSITIVE_INFINITY);
  if (single.stopped) return { depths: tiers.map(() => 0), stopped: single.stopped, found: single.found };
  const order = [...new Set(tiers)].sort((a, b) => a - b);
  // A further half of the work is for the first tier alone, which the search of all dimensions would use up otherwise.
  const budget = order.length > 1 ? 1.5 * maxWork : maxWork;
  let stopped: Division['stopped'];
  let { found } = single;
  const attempt = (tier: number, depth: number, workLimit: number): boolean => {
    const deeper = depths.map((own, i) => (tiers[i] === tier ? depth : own));
    const end = search.searchDepths(search.rowRecords(), deeper, workLimit);
    found = Math.max(found, end.found);
    if (end.stopped) stopped = end.stopped;
    else depths = deeper;
    return !end.stopped;
  };
  for (const [i, tier] of order.entries()) {
    const share = i === 0 ? maxWork / 2 : (budget - search.work) / 2;
    const before = stopped;
    if (order.length > 1 && attempt(tier, search.maxDepth, search.work + share)) continue;
    for (let depth = 2; depth <= search.maxDepth; depth++) {
      const emitted = search.emitted;
      if (!attempt(tier, depth, budget)) break;
      if (search.emitted > emitted && depth < search.maxDepth) continue;
      // No slice has more dimensions, so the tier is complete.
      depths = depths.map((own, k) => (tiers[k] === tier ? search.maxDepth : own));
      stopped = before;
      break;
    }
  }
  return { depths, stopped, found };
}

function cutOf(
  { maxSlices, maxWork, maxRowBytes }: Limits,
  names: readonly string[],
  depths: readonly number[],
  limit: Cut['limit'],
  emitted: number,
  leftOutAtLeast: number,
): Cut {
  const reason = {
    slices: `more than ${maxSlices} slices`,
    work: `more than ${maxWork} record visits`,
    memory: `more than ${maxRowBytes} bytes of row buffers`,
  }[limit];
  const dimensions = new Map(names.map((name, i) => [name, depths[i] ?? 0]));
  // Without any column only the global slice is left out.
  const depth = depths.length === 0 ? -1 : Math.min(...depths);
  return { depth, dimensions, reason, limit, emitted, leftOutAtLeast };
}
