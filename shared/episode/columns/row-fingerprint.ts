import type { OutcomeRevision } from '../outcome.ts';

/*
 * Kernel: `writeRowHash` reads the words of a packed event, and `fingerprintOf` sums the hashes of rows.
 *
 * A fingerprint reports whether a set of events and outcomes is the same as another one. It is a sum, so the order of rows
 * does not change it. It is not cryptographic: it saves work and protects nothing.
 */

/** Words of 32 bits of the hash of one row. */
export const HASH_WORDS = 2;

/** Multipliers of MurmurHash3 (A. Appleby), for 32 bits. */
const FIRST = 0xcc9e2d51;
const SECOND = 0x1b873593;

/** The numbers of an outcome, and the same bytes as words. */
const numbers = new Float64Array(3);
const words = new Uint32Array(numbers.buffer);

/**
 * Writes a hash of what is known of one event: its packed bytes, its time, and the outcome that counts.
 * @param into words of all rows, `HASH_WORDS` a row
 * @param time event time, milliseconds since 1970
 */
export function writeRowHash(
  into: Uint32Array,
  row: number,
  packed: Uint8Array,
  time: number,
  { outcome, resolvedAt, return: result = Number.NaN }: OutcomeRevision,
): void {
  // The first letters of the outcomes differ.
  let a = packed.length;
  let b = outcome.charCodeAt(0);
  numbers[0] = time;
  numbers[1] = resolvedAt;
  numbers[2] = result;
  for (let i = 0; i < words.length; i++) {
    const word = words[i] as number;
    a = Math.imul((a << 13) | (a >>> 19), 5) ^ Math.imul(word, FIRST);
    b = Math.imul(b ^ word, SECOND) ^ (b >>> 15);
  }
  const whole = packed.length & ~3;
  for (let i = 0; i < whole; i += 4) {
    const word =
      (packed[i] as number) |
      ((packed[i + 1] as number) << 8) |
      ((packed[i + 2] as number) << 16) |
      ((packed[i + 3] as number) << 24);
    a = Math.imul((a << 13) | (a >>> 19), 5) ^ Math.imul(word, FIRST);
    b = Math.imul(b ^ word, SECOND) ^ (b >>> 15);
  }
  for (let i = whole; i < packed.length; i++) {
    a = Math.imul((a << 13) | (a >>> 19), 5) ^ Math.imul(packed[i] as number, FIRST);
    b = Math.imul(b ^ (packed[i] as number), SECOND) ^ (b >>> 15);
  }
  into[row * HASH_WORDS] = finish(a);
  into[row * HASH_WORDS + 1] = finish(b);
}

/** Returns the finalizer of MurmurHash3: every bit of the input changes half of the output. */
function finish(value: number): number {
  let h = value ^ (value >>> 16);
  h = Math.imul(h, 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return h ^ (h >>> 16);
}

/** Returns the hash of a row as one number, of 53 bits. */
export function rowNumber(hashes: Uint32Array, row: number): number {
  const at = row * HASH_WORDS;
  return (hashes[at] as number) * 2 ** 21 + ((hashes[at + 1] as number) >>> 11);
}

/** Returns the fingerprint of some rows as text: their number and the sums of their hashes, in any order. */
export function fingerprintOf(hashes: Uint32Array, rows: Uint32Array): string {
  let a = 0;
  let b = 0;
  for (let i = 0; i < rows.length; i++) {
    const at = (rows[i] as number) * HASH_WORDS;
    a = (a + (hashes[at] as number)) >>> 0;
    b = (b + (hashes[at + 1] as number)) >>> 0;
  }
  return `${rows.length}-${a.toString(16)}-${b.toString(16)}`;
}
