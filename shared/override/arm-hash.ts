/* Kernel: SHA-256 of a short text, synchronous, in the 10 kB of the client, which imports nothing (FIPS 180-4). */

/** Round constants and initial state: the fractions of the cube and square roots of the first primes. */
const ROUNDS: number[] = [];
const START: number[] = [];
for (let n = 2; ROUNDS.length < 64; n++) {
  let divisor = 2;
  while (n % divisor) divisor++;
  if (divisor === n) {
    ROUNDS.push((n ** (1 / 3) * 2 ** 32) | 0);
    START.push((n ** 0.5 * 2 ** 32) | 0);
  }
}

const rotate = (x: number, bits: number): number => (x >>> bits) | (x << (32 - bits));

/** Returns the first 32 bits of the SHA-256 of a text in UTF-8, big-endian: 0 to 2^32 − 1. */
export function firstHashBits(text: string): number {
  const bytes = new TextEncoder().encode(text);
  const words = new Int32Array(((bytes.length + 72) >> 6) << 4);
  [...bytes, 128].forEach((byte, i) => {
    words[i >> 2] = (words[i >> 2] as number) | (byte << ((~i & 3) * 8));
  });
  words[words.length - 1] = bytes.length * 8;
  const state = START.slice(0, 8);
  for (let at = 0; at < words.length; at += 16) addBlock(state, words.subarray(at, at + 16));
  return (state[0] as number) >>> 0;
}

function addBlock(state: number[], block: Int32Array): void {
  const w = [...block];
  let s = state.slice();
  for (let i = 0; i < 64; i++) {
    if (i > 15) {
      const [x, y] = [w[i - 15] as number, w[i - 2] as number];
      const low = rotate(x, 7) ^ rotate(x, 18) ^ (x >>> 3);
      const high = rotate(y, 17) ^ rotate(y, 19) ^ (y >>> 10);
      w[i] = ((w[i - 16] as number) + low + (w[i - 7] as number) + high) | 0;
    }
    const [a, b, c, d, e, f, g, h] = s as [number, number, number, number, number, number, number, number];
    const first =
      h +
      (rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25)) +
      (g ^ (e & (f ^ g))) +
      (ROUNDS[i] as number) +
      (w[i] as number);
    const second = (rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22)) + ((a & b) | (c & (a | b)));
    s = [(first + second) | 0, a, b, c, (d + first) | 0, e, f, g];
  }
  s.forEach((value, i) => {
    state[i] = ((state[i] as number) + value) | 0;
  });
}
