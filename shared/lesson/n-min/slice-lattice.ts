import type { SliceTable } from '../../mining/types.ts';
import { elementAt } from '../../numbers.ts';

/** Sides of a difference, as bits. */
export const DIFFERENCE_SIDE = { none: 0, more: 1, fewer: 2 } as const;

/**
 * The order of slices from general to specific. It separates a general finding from those that follow from it. For
 * example, where one timeframe differs, most slices within that timeframe differ too.
 */
export class SliceLattice {
  /** The parents of slice i, those with one pair less, are `#parents[#offset[i]]` to `#parents[#offset[i + 1] - 1]`. */
  readonly #offset: Uint32Array;
  readonly #parents: Uint32Array;
  readonly #representative: Uint32Array;
  /** For each slice, the sides on which some more general slice differs. Each call of `mostGeneral` overwrites it. */
  readonly #sidesAbove: Uint8Array;

  /** @param slices in the miner's order: by number of dimensions, each slice with all its generalisations */
  constructor(slices: SliceTable) {
    this.#offset = slices.offset;
    this.#parents = parentsOf(slices);
    this.#representative = slices.representative;
    this.#sidesAbove = new Uint8Array(slices.count);
  }

  /**
   * Returns how many of the slices that differ have no more general slice that differs on the same side.
   * @param sides `DIFFERENCE_SIDE` of each slice; the side of a slice applies to the identical ones that it represents
   */
  mostGeneral(sides: Uint8Array): number {
    let general = 0;
    sides.forEach((side, slice) => {
      let sidesAbove = 0;
      for (const parent of this.#parentsOf(slice))
        sidesAbove |=
          elementAt(this.#sidesAbove, parent) | elementAt(sides, elementAt(this.#representative, parent));
      this.#sidesAbove[slice] = sidesAbove;
      if (this.#representative[slice] === slice && (side & ~sidesAbove) !== 0) general++;
    });
    return general;
  }

  #parentsOf(slice: number): Uint32Array {
    return this.#parents.subarray(elementAt(this.#offset, slice), elementAt(this.#offset, slice + 1));
  }
}

/** Returns for each slice and each of its pairs, in the order of `offset`, the slice without that pair. */
function parentsOf({ count, offset, dimension, code }: SliceTable): Uint32Array {
  const codes = code.reduce((most, value) => Math.max(most, value), 0) + 1;
  const dimensions = dimension.reduce((most, value) => Math.max(most, value), 0) + 1;
  /** Returns a pair as one number, below `dimensions · codes`. */
  const pairAt = (k: number): number => elementAt(dimension, k) * codes + elementAt(code, k);
  // The key of a slice combines the index of the slice without its last pair with that pair.
  const slices = new Map<number, number>();
  const key = (prefix: number, pair: number): number => prefix * dimensions * codes + pair;
  const extend = (slice: number, pair: number): number => {
    const extended = slices.get(key(slice, pair));
    if (extended === undefined) throw new RangeError(`a generalisation of slice ${slice} is missing`);
    return extended;
  };
  const parents = new Uint32Array(elementAt(offset, count));
  for (let i = 1; i < count; i++) {
    const [from, to] = [elementAt(offset, i), elementAt(offset, i + 1)];
    let prefix = 0;
    for (let omitted = from; omitted < to; omitted++) {
      let slice = prefix;
      for (let k = omitted + 1; k < to; k++) slice = extend(slice, pairAt(k));
      parents[omitted] = slice;
      if (omitted < to - 1) prefix = extend(prefix, pairAt(omitted));
    }
    slices.set(key(prefix, pairAt(to - 1)), i);
  }
  return parents;
}
