import { createHash, hash } from 'node:crypto';

/** Hexadecimal digits of a short hash: 128 bits. */
const DIGITS = 32;

/**
 * Returns the first 32 hexadecimal digits (128 bits) of the SHA-256 of a text in UTF-8.
 * `shortHash('{}')` is `44136fa355b3678a1146ad16f7e8649e`.
 */
export function shortHash(text: string): string {
  return hash('sha256', text).slice(0, DIGITS);
}

/** Returns `shortHash` of all texts, each followed by a newline, without joining them in memory. */
export function shortHashOfLines(texts: readonly string[]): string {
  const sha = createHash('sha256');
  for (const text of texts) sha.update(text).update('\n');
  return sha.digest('hex').slice(0, DIGITS);
}

/** Returns the SHA-256 of a text in UTF-8, as 64 hexadecimal digits. */
export function sha256(text: string): string {
  return hash('sha256', text);
}
