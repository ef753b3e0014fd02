/** Numbers runs of bytes in the order in which they are first seen: an open-addressed hash table over the bytes. */
export class ByteDictionary {
  readonly #runs: Uint8Array[] = [];
  readonly #hashes: number[] = [];
  /** Id + 1 of the run in each slot, 0 for none; at most half are taken. */
  #slots = new Uint32Array(256);

  /** How many different runs there are. */
  get size(): number {
    return this.#runs.length;
  }

  /** The id of `bytes[start, end)`; a run not seen before gets the next one. */
  idOf(bytes: Uint8Array, start: number, end: number): number {
    const hash = hashOf(bytes, start, end);
    const mask = this.#slots.length - 1;
    let slot = hash & mask;
    for (let id = this.#slots[slot] ?? 0; id !== 0; id = this.#slots[slot] ?? 0) {
      if (this.#hashes[id - 1] === hash && isRun(this.#runs[id - 1], bytes, start, end)) return id - 1;
      slot = (slot + 1) & mask;
    }
    this.#slots[slot] = this.#runs.push(new Uint8Array(bytes.subarray(start, end)));
    this.#hashes.push(hash);
    if (this.#runs.length * 2 > this.#slots.length) this.#grow();
    return this.#runs.length - 1;
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

/** FNV-1a, with the high bits folded into the low ones that pick the slot. */
function hashOf(bytes: Uint8Array, start: number, end: number): number {
  let hash = 0x811c9dc5;
  for (let at = start; at < end; at++) hash = Math.imul(hash ^ (bytes[at] ?? 0), 0x01000193);
  return (hash ^ (hash >>> 15)) >>> 0;
}

function isRun(run: Uint8Array | undefined, bytes: Uint8Array, start: number, end: number): boolean {
  if (run?.length !== end - start) return false;
  for (let i = 0; i < run.length; i++) if (run[i] !== bytes[start + i]) return false;
  return true;
}
