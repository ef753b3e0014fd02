import { createHash } from 'node:crypto';
import { brotliCompressSync, brotliDecompressSync, constants } from 'node:zlib';
import type { SealedRow } from '../episode/sealed-days.ts';

/*
 * The stored form of the events of one day that have an outcome: parts of a few thousand events, each compressed.
 *
 *   u8    format version
 *   for each event, sorted by time, packed event and outcomes:
 *         u32  milliseconds since the start of the day
 *         u16  bytes of the packed event, then the packed event (packed-episode.ts)
 *         u16  bytes of the outcome history, then the history (outcome.ts)
 *
 * Numbers are little endian. Compressed, an event takes about 30 bytes; its entry in the index takes 370. Columns of the
 * same events were not smaller: 29 to 39 bytes.
 */

const FORMAT = 1;
/** Bytes of a part before compression, and after it; a part that stays larger is divided. */
const PART_BYTES = 1 << 20;
const COMPRESSED_BYTES = 380_000;
/** Brotli's quality: 5 compresses a fifth better than deflate in the same time. */
const QUALITY = 5;

/** Sealed events as they are stored. */
interface SealedParts {
  /** SHA-256 of the bytes before compression: equal events have an equal one, in any order of arrival. */
  readonly fingerprint: string;
  readonly parts: readonly Uint8Array[];
}

/**
 * Packs the events of a day. Their order does not matter.
 * @param start first millisecond of the day, since 1970
 */
export function sealRows(start: number, rows: readonly SealedRow[]): SealedParts {
  const encoded = rows
    .map(row => encodeRow(start, row))
    .sort(Buffer.compare)
    .map(bytes => bytes.subarray(SORT_BYTES));
  const hash = createHash('sha256');
  for (const bytes of encoded) hash.update(bytes);
  return { fingerprint: hash.digest('hex'), parts: partsOf(encoded) };
}

/** Big endian bytes of the time at the start of an encoded row, by which rows are sorted. */
const SORT_BYTES = 4;

function encodeRow(start: number, { time, packed, history }: SealedRow): Buffer {
  const text = Buffer.from(history, 'latin1');
  const bytes = Buffer.alloc(SORT_BYTES + 8 + packed.length + text.length);
  let at = bytes.writeUInt32BE(time - start);
  at = bytes.writeUInt32LE(time - start, at);
  at = bytes.writeUInt16LE(packed.length, at);
  bytes.set(packed, at);
  at = bytes.writeUInt16LE(text.length, at + packed.length);
  bytes.set(text, at);
  return bytes;
}

function partsOf(rows: readonly Buffer[]): Uint8Array[] {
  const parts: Uint8Array[] = [];
  let from = 0;
  let bytes = 0;
  for (let i = 0; i < rows.length; i++) {
    bytes += rows[i]?.length ?? 0;
    if (bytes < PART_BYTES && i < rows.length - 1) continue;
    parts.push(...compress(rows.slice(from, i + 1)));
    from = i + 1;
    bytes = 0;
  }
  return parts;
}

function compress(rows: readonly Buffer[]): Uint8Array[] {
  const part = brotliCompressSync(Buffer.concat([Buffer.of(FORMAT), ...rows]), {
    params: { [constants.BROTLI_PARAM_QUALITY]: QUALITY },
  });
  if (part.length <= COMPRESSED_BYTES || rows.length < 2) return [part];
  const half = rows.length >> 1;
  return [...compress(rows.slice(0, half)), ...compress(rows.slice(half))];
}

/**
 * Reads the events of a sealed day. Returns undefined when the parts differ from those that were sealed.
 * @param start first millisecond of the day, since 1970
 */
export function unsealRows(start: number, { fingerprint, parts }: SealedParts): SealedRow[] | undefined {
  const hash = createHash('sha256');
  const rows: SealedRow[] = [];
  try {
    for (const part of parts) {
      const bytes = brotliDecompressSync(part, { maxOutputLength: 2 * PART_BYTES });
      if (bytes[0] !== FORMAT) return undefined;
      hash.update(bytes.subarray(1));
      readPart(bytes, start, rows);
    }
  } catch {
    return undefined;
  }
  return hash.digest('hex') === fingerprint ? rows : undefined;
}

/** @throws RangeError when the part is incomplete */
function readPart(bytes: Buffer, start: number, into: SealedRow[]): void {
  for (let at = 1; at < bytes.length; ) {
    const time = start + bytes.readUInt32LE(at);
    const packedEnd = at + 6 + bytes.readUInt16LE(at + 4);
    const end = packedEnd + 2 + bytes.readUInt16LE(packedEnd);
    if (end > bytes.length) throw new RangeError('a part of a sealed day is incomplete');
    into.push({
      time,
      packed: bytes.subarray(at + 6, packedEnd),
      history: bytes.toString('latin1', packedEnd + 2, end),
    });
    at = end;
  }
}
