import type { SliceTable } from '../../mining/types.ts';

/** Sides of a difference, as bits. */
export const SIDE = { none: 0, more: 1, fewer: 2 } as const;

/**
 * Which slices are one pair more general than which, so that a finding can be told from its echoes: where one timeframe
 * differs, so does most of what lies within it.
 */
export class SliceLattice {
  /** The parents of slice i lie from `#offset[i]` to `#offset[i + 1]`. */
  readonly #offset: Uint32Array;
  readonly #parents: Uint32Array;
  readonly #representative: Uint32Array;
  /** Sides on which some more general slice differs, while one set of findings is looked at. */
  readonly #echo: Uint8Array;

  /** @param slices as the miner makes them: by number of dimensions, each with all its generalisations */
  constructor(slices: SliceTable) {
    this.#offset = slices.offset;
    this.#parents = parentsOf(slices);
    this.#representative = slices.representative;
    this.#echo = new Uint8Array(slices.count);
  }

  /**
   * Of the slices that differ, how many have no more general one that differs on the same side.
   * @param side of each slice, one of `SIDE`; what holds for a slice holds for those it stands for
   */
  mostGeneral(side: Uint8Array): number {
    let found = 0;
    for (let i = 0; i < side.length; i++) {
      let echo = 0;
      for (let k = this.#offset[i] ?? 0; k < (this.#offset[i + 1] ?? 0); k++) {
        const parent = this.#parents[k] ?? 0;
        echo |= (this.#echo[parent] ?? 0) | (side[this.#representative[parent] ?? 0] ?? 0);
      }
      this.#echo[i] = echo;
      if (this.#representative[i] === i && ((side[i] ?? 0) & ~echo) !== 0) found++;
    }
    return found;
  }
}

/** For each slice and each of its pairs, the slice without that pair. */
function parentsOf({ count, offset, dimension, code }: SliceTable): Uint32Array {
  const codes = code.reduce((most, value) => Math.max(most, value), 0) + 1;
  const itemAt = (k: number): number => (dimension[k] ?? 0) * codes + (code[k] ?? 0);
  const items = 1 + dimension.reduce((most, value) => Math.max(most, value), 0);
  // The pairs of a slice are sorted, so each is one step further than the slice without its last pair.
  const step = (slice: number, item: number): number => slice * items * codes + item;
  const next = new Map<number, number>();
  const parents = new Uint32Array(offset[count] ?? 0);
  for (let i = 1; i < count; i++) {
    const [from, to] = [offset[i] ?? 0, offset[i + 1] ?? 0];
    let prefix = 0;
    for (let left = from; left < to; left++) {
      let slice = prefix;
      for (let k = left + 1; k < to; k++) slice = next.get(step(slice, itemAt(k))) ?? 0;
      parents[left] = slice;
      if (left < to - 1) prefix = next.get(step(prefix, itemAt(left))) ?? 0;
    }
    next.set(step(prefix, itemAt(to - 1)), i);
  }
  return parents;
}
