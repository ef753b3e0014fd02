import { hash } from 'node:crypto';

/**
 * Returns the first 32 hexadecimal digits (128 bits) of the SHA-256 of a text in UTF-8.
 * `shortHash('{}')` is `44136fa355b3678a1146ad16f7e8649e`.
 */
export function shortHash(text: string): string {
  return hash('sha256', text).slice(0, 32);
}
