/* Kernel: indexes are in range by construction, so typed arrays are read without a check. */

/** A source of pseudo-random whole numbers from 0 up to 2³². */
export type RandomIntegers = () => number;

/** 2³² divided by the golden ratio, odd: the multiplier of Knuth's multiplicative hash. */
const GOLDEN_RATIO_32 = 0x9e3779b1;

/** Returns Knuth's multiplicative hash of an integer: 24 bits (The Art of Computer Programming 3, section 6.4). */
function multiplicativeHash(value: number): number {
  return Math.imul(value, GOLDEN_RATIO_32) >>> 8;
}

/**
 * Returns whether a number belongs to a sample of about one in `every` spans. It depends on the number alone, so a sample is
 * the same in any order. With `every` up to 1 all belong to it.
 * @param span length of the spans that are taken or left as a whole, in the unit of the number
 */
export function isSampled(value: number, span: number, every: number): boolean {
  return every <= 1 || multiplicativeHash(Math.floor(value / span)) % every === 0;
}

const WARM_UP = 16;

/**
 * Returns a pseudo-random generator (sfc32 by Chris Doty-Humphrey): the same seed and stream give the same numbers on
 * every machine. Do not change the constants: stored studies depend on them.
 * @param seed any 32-bit integer
 * @param stream second and third word of the state, for several independent streams of one seed
 */
export function sfc32(
  seed: number,
  stream: readonly [number, number] = [0x9e3779b9, 0x85ebca6b],
): RandomIntegers {
  let a = seed | 0;
  let b = stream[0] | 0;
  let c = stream[1] | 0;
  let counter = 1;
  const next = (): number => {
    const sum = (a + b + counter++) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (((c << 21) | (c >>> 11)) + sum) | 0;
    return sum >>> 0;
  };
  for (let i = 0; i < WARM_UP; i++) next();
  return next;
}

/** Returns the next number as a fraction in [0, 1). */
export function uniform(next: RandomIntegers): number {
  return next() / 2 ** 32;
}

/**
 * Partial Fisher–Yates shuffle: moves a random sample to the front of `items`, in place. Every sample of that size has
 * the same probability.
 * @param count size of the sample; at most `items.length`
 */
export function shuffleFront(items: Uint32Array, count: number, next: RandomIntegers): void {
  for (let i = 0; i < count; i++) {
    const j = i + Math.floor(uniform(next) * (items.length - i));
    const item = items[j] as number;
    items[j] = items[i] as number;
    items[i] = item;
  }
}
