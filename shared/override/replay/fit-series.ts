/* Kernel: slices are in range by construction, so typed arrays are read without a check. */

import { BaseHistograms } from './base-histograms.ts';
import type { FitSlices } from './fit.ts';
import { FitRows, RowSet } from './fit-rows.ts';
import type { Gates } from './gates.ts';
import type { ReplaySettings } from './settings.ts';
import type { Codes, Slice, SliceLimits, Slices } from './slices.ts';
import { findAllSlices, findSlices, sliceDimensions } from './slices.ts';
import { StepHistograms } from './step-histograms.ts';

/** Share of `nMin` from which a slice is listed as near. */
const NEAR_SHARE = 0.8;

/** The rows and slices of one fit, with the histograms at the base thresholds. */
export interface FitBasis {
  readonly set: RowSet;
  readonly slices: FitSlices;
  /** By slice of the fit: its index in the histograms. */
  readonly indexes: Uint32Array;
  readonly histograms: StepHistograms;
}

/**
 * The fits of one tuning. They read different days of the same events, so rows are encoded, grouped and counted once for
 * all of them.
 */
export class FitSeries {
  readonly gates: Gates;
  readonly rows: FitRows;
  /** Histograms of the slices of all rows; undefined when these overrun a budget. Each fit then counts its own. */
  readonly #shared: BaseHistograms | undefined;

  constructor(gates: Gates, settings: ReplaySettings) {
    this.gates = gates;
    this.rows = new FitRows(gates);
    const { nearMin, ...limits } = limitsOf(settings);
    const slices = findAllSlices(this.rows, { ...limits, nearMin, nMin: nearMin });
    this.#shared = slices?.cut.length === 0 ? this.#histograms(slices) : undefined;
  }

  /** Returns what a fit of some rows reads. @param rows row numbers in the columns, ascending */
  basisOf(rows: Uint32Array, settings: ReplaySettings): FitBasis {
    const set = new RowSet(this.rows, rows);
    const base = this.#shared ?? this.#histograms(findSlices(this.#codesOf(rows), limitsOf(settings)));
    base.moveTo(set);
    const { slices, indexes } =
      base === this.#shared
        ? slicesOfFit(base, limitsOf(settings))
        : { slices: base.slices, indexes: Uint32Array.from(base.slices.list, (_, i) => i) };
    const histograms = new StepHistograms(this.gates.gates, this.rows, set, base, settings.maxDimensions);
    return { set, slices, indexes, histograms };
  }

  #histograms(slices: Slices): BaseHistograms {
    return new BaseHistograms(this.rows, slices);
  }

  #codesOf(rows: Uint32Array) {
    const { codes, widths } = this.rows;
    return { size: rows.length, widths, codes: codes.map(of => gather(of, rows)) };
  }
}

function limitsOf({ nMin, maxDimensions, maxVisits, maxSlices }: ReplaySettings): SliceLimits {
  return { nMin, nearMin: Math.max(1, Math.ceil(nMin * NEAR_SHARE)), maxDimensions, maxVisits, maxSlices };
}

/** Returns the slices that have enough of the rows that histograms count. */
function slicesOfFit(
  base: BaseHistograms,
  { nMin, nearMin, maxDimensions }: SliceLimits,
): Pick<FitBasis, 'slices' | 'indexes'> {
  const list: Slice[] = [];
  const near: Slice[] = [];
  const indexes: number[] = [];
  for (const [index, slice] of base.slices.list.entries()) {
    const n = base.rowsIn(index);
    if (n < nearMin || sliceDimensions(slice) > maxDimensions) continue;
    if (n < nMin) near.push({ ...slice, n });
    else {
      list.push({ ...slice, n });
      indexes.push(index);
    }
  }
  return { slices: { list, near, cut: [] }, indexes: Uint32Array.from(indexes) };
}

function gather(codes: Codes, rows: Uint32Array): Codes {
  const gathered = codes.slice(0, rows.length);
  for (let i = 0; i < rows.length; i++) gathered[i] = codes[rows[i] as number] as number;
  return gathered;
}
