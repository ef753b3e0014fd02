/*
 * Kernel: the loops of `#slotOf` compare the pairs of a look-up with those of earlier ones.
 *
 * A bounded memo from pairs to a value, in one open-addressing table. It allocates nothing on a hit.
 */

/** Maximum number of values. With 8 dimensions the keys take 300 kB. */
const SLOTS = 8192;
/** Slots that are searched for a key. When all are taken by others, the first of them is overwritten. */
const PROBES = 8;

/** Keeps values by a list of integers of constant length, and one further integer. */
export class PairMemo<Value> {
  readonly #length: number;
  readonly #keys: Int32Array;
  readonly #values: (Value | undefined)[] = new Array<Value | undefined>(SLOTS).fill(undefined);

  /** @param length of every key */
  constructor(length: number) {
    this.#length = length;
    this.#keys = new Int32Array(SLOTS * (length + 1));
  }

  /** @param kind 0 or more */
  get(pairs: Int32Array, kind: number): Value | undefined {
    return this.#values[this.#slotOf(pairs, kind)];
  }

  set(pairs: Int32Array, kind: number, value: Value): void {
    const slot = this.#slotOf(pairs, kind);
    const at = slot * (this.#length + 1);
    this.#keys[at] = kind;
    this.#keys.set(pairs, at + 1);
    this.#values[slot] = value;
  }

  /** Returns the slot of a key; without one a free slot, or the one to overwrite. */
  #slotOf(pairs: Int32Array, kind: number): number {
    const home = hashOf(pairs, kind) & (SLOTS - 1);
    for (let probe = 0; probe < PROBES; probe++) {
      const slot = (home + probe) & (SLOTS - 1);
      if (this.#values[slot] === undefined || this.#holds(slot, pairs, kind)) return slot;
    }
    this.#values[home] = undefined;
    return home;
  }

  #holds(slot: number, pairs: Int32Array, kind: number): boolean {
    const keys = this.#keys;
    let at = slot * (this.#length + 1);
    if (keys[at] !== kind) return false;
    for (let i = 0; i < this.#length; i++) if (keys[++at] !== pairs[i]) return false;
    return true;
  }
}

function hashOf(pairs: Int32Array, kind: number): number {
  let hash = kind + 1;
  for (let i = 0; i < pairs.length; i++)
    hash = Math.imul(hash ^ (pairs[i] as number), 0x9e3779b1) ^ (hash >>> 13);
  return hash ^ (hash >>> 15);
}
