import { hash } from 'node:crypto';

/** Returns the first 32 hexadecimal digits (128 bits) of the SHA-256 of a text in UTF-8. */
export function shortHash(text: string): string {
  return hash('sha256', text).slice(0, 32);
}
