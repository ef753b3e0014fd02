import { createHash } from 'node:crypto';
import type { StoredDocument } from '../../../client/src/ports.ts';

/** Returns a document whose text shows whether it is whole. @param bytes about the size of its text */
export function documentOf(key: string, version: number, bytes = 1000): StoredDocument {
  const filling = `${version} `.repeat(Math.ceil(bytes / `${version} `.length));
  const text = JSON.stringify({ version, filling, digest: digestOf(`${version}${filling}`) });
  return { key, text, tag: `"${version}"`, contactAt: Date.now() - 1000 };
}

/** Reports whether the text of a document is one that `documentOf` made. */
export function isWhole(text: string): boolean {
  try {
    const { version, filling, digest } = JSON.parse(text) as Record<string, string>;
    return digest === digestOf(`${version}${filling}`);
  } catch {
    return false;
  }
}

function digestOf(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
