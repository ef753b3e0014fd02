import type { CubeSearch } from './cube-search.ts';
import type { Items } from './items.ts';
import type { ColumnGroup } from './tiers.ts';
import { columnGroups } from './tiers.ts';
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
  const groups = columnGroups(input, items.columns, limits.nMin);
  const divided = new BudgetDivision(search, groups, names.length, limits).divide();
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
 * Divides the budget among groups of columns (`columnGroups`), one tier after the other, the columns that most rows carry
 * first. So columns of few rows get what the others leave. Each group of a tier gets an equal share of the slices that are
 * left, so columns with many combinations take none of those of columns that never occur with them. A group gets the
 * most dimensions that its share allows. The work of one dimension is not limited.
 */
class BudgetDivision {
  private readonly search: CubeSearch;
  private readonly groups: readonly ColumnGroup[];
  private readonly limits: Limits;
  private depths: readonly number[];
  private stopped: Division['stopped'];
  private found: number;

  constructor(search: CubeSearch, groups: readonly ColumnGroup[], columns: number, limits: Limits) {
    this.search = search;
    this.groups = groups;
    this.limits = limits;
    this.depths = Array<number>(columns).fill(1);
    const single = search.searchDepths(search.rowRecords(), this.depths, Number.POSITIVE_INFINITY);
    this.found = single.found;
    this.stopped = single.stopped;
  }

  divide(): Division {
    const { search, groups, limits } = this;
    if (this.stopped) return { depths: this.depths.map(() => 0), stopped: this.stopped, found: this.found };
    // A further half of the work is for the first tier alone, which the search of all dimensions would use up otherwise.
    const budget = groups.length > 1 ? 1.5 * limits.maxWork : limits.maxWork;
    for (const { columns, tier, left } of groups) {
      const share = (tier === groups[0]?.tier ? limits.maxWork / 2 : (budget - search.work) / 2) / left;
      const slices = search.emitted + Math.floor((limits.maxSlices - search.emitted) / left);
      const before: Division['stopped'] = this.stopped;
      if (groups.length > 1 && this.attempt(columns, search.maxDepth, search.work + share, slices)) continue;
      if (this.deepen(columns, budget, slices)) this.stopped = before;
    }
    return { depths: this.depths, stopped: this.stopped, found: this.found };
  }

  /** Gives the columns one dimension after the other. @returns true when they have all slices then */
  private deepen(columns: readonly number[], budget: number, slices: number): boolean {
    const { search } = this;
    for (let depth = 2; depth <= search.maxDepth; depth++) {
      const { emitted } = search;
      if (!this.attempt(columns, depth, budget, slices)) return false;
      if (search.emitted > emitted && depth < search.maxDepth) continue;
      // No slice has more dimensions, so the columns are complete.
      this.depths = this.depths.map((own, i) => (columns.includes(i) ? search.maxDepth : own));
      return true;
    }
    return search.maxDepth < 2;
  }

  private attempt(columns: readonly number[], depth: number, work: number, slices: number): boolean {
    const { search } = this;
    const deeper = this.depths.map((own, i) => (columns.includes(i) ? depth : own));
    const end = search.searchDepths(search.rowRecords(), deeper, work, slices);
    this.found = Math.max(this.found, end.found);
    if (end.stopped) this.stopped = end.stopped;
    else this.depths = deeper;
    return !end.stopped;
  }
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
