/**
 * Assigns ids to distinct byte sequences: 0, 1, 2, … in the order in which they are first seen.
 * It is an open-addressing hash table over the bytes, so that a look-up decodes and allocates nothing.
 */
export class ByteDictionary {
  readonly #sequences: Uint8Array[] = [];
  readonly #hashes: number[] = [];
  /** Id + 1 of the sequence in each slot, 0 for an empty slot. The length is a power of two; at most half are taken. */
  #slots = new Uint32Array(256);

  /** Number of distinct sequences. */
  get size(): number {
    return this.#sequences.length;
  }

  /** Returns the id of `bytes[start, end)`. A sequence that was not seen before gets the next id. */
  idOf(bytes: Uint8Array, start: number, end: number): number {
    const hash = hashOf(bytes, start, end);
    const mask = this.#slots.length - 1;
    let slot = hash & mask;
    for (let entry = this.#slots[slot]; entry; entry = this.#slots[slot]) {
      const id = entry - 1;
      if (this.#hashes[id] === hash && isEqual(this.#sequences[id], bytes, start, end)) return id;
      slot = (slot + 1) & mask;
    }
    this.#slots[slot] = this.#sequences.push(new Uint8Array(bytes.subarray(start, end)));
    this.#hashes.push(hash);
    if (this.#sequences.length * 2 > this.#slots.length) this.#grow();
    return this.#sequences.length - 1;
  }

  #grow(): void {
    const slots = new Uint32Array(this.#slots.length * 2);
    this.#hashes.forEach((hash, id) => {
      let slot = hash & (slots.length - 1);
      while (slots[slot] !== 0) slot = (slot + 1) & (slots.length - 1);
      slots[slot] = id + 1;
    });
    this.#slots = slots;
  }
}

const FNV_OFFSET = 0x811c9dc5;
const FNV_PRIME = 0x01000193;

/** Returns the FNV-1a hash (32 bits), with its high bits folded into the low ones that pick the slot. */
function hashOf(bytes: Uint8Array, start: number, end: number): number {
  let hash = FNV_OFFSET;
  for (let at = start; at < end; at++) {
    const byte = bytes[at];
    if (byte === undefined) throw new RangeError(`byte ${at} lies beyond the end at ${bytes.length}`);
    hash = Math.imul(hash ^ byte, FNV_PRIME);
  }
  return (hash ^ (hash >>> 15)) >>> 0;
}

function isEqual(sequence: Uint8Array | undefined, bytes: Uint8Array, start: number, end: number): boolean {
  if (sequence?.length !== end - start) return false;
  for (let i = 0; i < sequence.length; i++) if (sequence[i] !== bytes[start + i]) return false;
  return true;
}
