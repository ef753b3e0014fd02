import { createHash } from 'node:crypto';
import type { StoredDocument } from '../../src/ports.ts';

/*
 * A file of one document. The first line says whose document it is and has its checksum; the rest is the document, byte
 * by byte. The file holds no token.
 */

/** Format of the files. A file of another format is left aside. */
const FORMAT = 1;

interface Header {
  readonly pm_tuning_snapshot: number;
  readonly key: string;
  readonly tag: string;
  readonly contact_at: number;
  readonly sha256: string;
}

/** Returns the content of the file of a document. */
export function encodeFile({ key, tag, text, contactAt }: StoredDocument): string {
  const header: Header = {
    pm_tuning_snapshot: FORMAT,
    key,
    tag,
    contact_at: contactAt,
    sha256: sha256(text),
  };
  return `${JSON.stringify(header)}\n${text}`;
}

/** Returns the document in a file; undefined for a cut, empty, foreign, damaged or newer file. */
export function decodeFile(content: string): StoredDocument | undefined {
  const end = content.indexOf('\n');
  const header = parseHeader(content.slice(0, Math.max(end, 0)));
  if (header?.pm_tuning_snapshot !== FORMAT) return undefined;
  const { key, tag, contact_at: contactAt } = header;
  const text = content.slice(end + 1);
  if (typeof key !== 'string' || typeof tag !== 'string' || typeof contactAt !== 'number') return undefined;
  return sha256(text) === header.sha256 ? { key, tag, text, contactAt } : undefined;
}

/** Returns the name of the file of a document: readable, and different for each key. */
export function fileName(key: string): string {
  const readable = key.replaceAll(/[^A-Za-z0-9._-]/g, '_').slice(0, 80);
  return `${readable}-${sha256(key).slice(0, 16)}.snapshot`;
}

function parseHeader(line: string): Partial<Header> | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}

/** Returns the SHA-256 of a text, in hexadecimal digits. */
export function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
