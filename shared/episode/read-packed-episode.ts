import { Fault } from '../errors.ts';
import { normalizeScope } from '../pattern/scope.ts';
import { newerFormat } from './newer-format.ts';
import type { NumericFactor } from './packed-episode.ts';
import { lengthOfParts, MOVE_BYTES, NUMERIC_FACTORS, PACKED_FORMAT, PART } from './packed-episode.ts';
import { NO_WRITER_ID } from './writer.ts';

/*
 * Reads parts of a packed event without making an object of it; the layout is at the top of `packed-episode.ts`.
 * `scopeRange` checks the bytes and returns where the scope ends. The other functions take that end, because they
 * compute the places of all later parts from it.
 */

/** Offsets of parts in bytes after the end of the scope; `NUMBERS` is the first number. */
const DECISION = 0;
const FLAGS_KNOWN = 1;
const FLAGS_SET = 2;
const BLOCKED = 3;
const NUMBERS_PRESENT = 4;
const NUMBERS = 6;

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/**
 * Returns where the scope lies inside a packed event: `[start, end)`.
 * @throws Fault `damaged_event` unless the format is known and the parts together are as long as the event
 */
export function scopeRange(packed: Uint8Array): readonly [number, number] {
  const version = byteAt(packed, 0);
  if (version > PACKED_FORMAT) throw newerFormat('a packed event', version, PACKED_FORMAT);
  if (version < 1) throw damaged(`a packed event has the unknown format ${version}`);
  const end = 3 + u16At(packed, 1);
  const tradeAt = end + NUMBERS + 8 * popcount(u16At(packed, end + NUMBERS_PRESENT));
  const partsAt = tradeAt + 2 + u16At(packed, tradeAt);
  if (partsAt + partBytes(packed, version, partsAt) !== packed.length)
    throw damaged('a packed event is incomplete');
  return [3, end];
}

/** Returns the bytes of the parts of format 2. */
function partBytes(packed: Uint8Array, version: number, partsAt: number): number {
  if (version < 2) return 0;
  const parts = byteAt(packed, partsAt);
  const known = PART.episode | PART.writer | PART.applied;
  if ((parts & ~known) !== 0) throw damaged('a packed event has unknown parts');
  return 1 + lengthOfParts(parts, movesOf(packed, partsAt));
}

/** Returns how many levers the event logged as moved; they are the first part. @param partsAt offset of the bits of the parts */
function movesOf(packed: Uint8Array, partsAt: number): number {
  return (byteAt(packed, partsAt) & PART.applied) === 0 ? 0 : byteAt(packed, partsAt + 1);
}

/** Returns whether the bot acted. @param scopeEnd end of the scope */
export function readActed(packed: Uint8Array, scopeEnd: number): boolean {
  return packed[scopeEnd + DECISION] === 1;
}

/** Returns one number of a packed event, NaN when the event carries none. @param scopeEnd end of the scope */
export function readNumber(packed: Uint8Array, scopeEnd: number, name: NumericFactor): number {
  const index = NUMERIC_FACTORS.indexOf(name);
  const present = u16At(packed, scopeEnd + NUMBERS_PRESENT);
  if ((present & (1 << index)) === 0) return Number.NaN;
  const numbersBefore = popcount(present & ((1 << index) - 1));
  return view(packed).getFloat64(scopeEnd + NUMBERS + 8 * numbersBefore, true);
}

/** The flags of a packed event, and where its trade id lies. */
interface PackedFactors {
  /** Bit i: the event logged `GATE_FLAGS[i]`. */
  readonly flagsKnown: number;
  /** Bit i: `GATE_FLAGS[i]` was passed. */
  readonly flagsSet: number;
  /** Bit i: `GATE_NAMES[i]` blocked; 0x80: the event logged which gates blocked it. */
  readonly blocked: number;
  /** Bytes of the trade id: `[start, end)`, empty for none. */
  readonly trade: readonly [number, number];
  /**
   * Bytes that name the episode: `[start, end)`, empty for an episode without windows. They end in the writer: rows that
   * others write under the same id are no part of the episode.
   */
  readonly episode: readonly [number, number];
  /** Offset of the parts at the end, for `readMoves`. */
  readonly partsAt: number;
  /** Number of the writer; 0 for an event that was stored before writers were kept. */
  readonly writer: number;
}

/**
 * Reads all factors of a packed event.
 * @param scopeEnd end of the scope
 * @param onNumber is called for each number that the event carries, with its index in `NUMERIC_FACTORS`
 */
export function readFactors(
  packed: Uint8Array,
  scopeEnd: number,
  onNumber: (index: number, value: number) => void,
): PackedFactors {
  const data = view(packed);
  let next = scopeEnd + NUMBERS;
  for (let mask = u16At(packed, scopeEnd + NUMBERS_PRESENT); mask !== 0; mask &= mask - 1) {
    onNumber(31 - Math.clz32(mask & -mask), data.getFloat64(next, true));
    next += 8;
  }
  const tradeEnd = next + 2 + u16At(packed, next);
  return {
    flagsKnown: byteAt(packed, scopeEnd + FLAGS_KNOWN),
    flagsSet: byteAt(packed, scopeEnd + FLAGS_SET),
    blocked: byteAt(packed, scopeEnd + BLOCKED),
    trade: [next + 2, tradeEnd],
    partsAt: tradeEnd,
    episode: episodeName(packed, tradeEnd),
    writer: writerOf(packed, data, tradeEnd),
  };
}

/**
 * Reads what an event logged as `applied`.
 * @param partsAt offset of the parts, from `readFactors`
 * @param onMove is called for each lever that was moved, with its stored position and the multiplier or delta
 * @returns false when the event logged nothing
 */
export function readMoves(
  packed: Uint8Array,
  partsAt: number,
  onMove: (lever: number, value: number) => void,
): boolean {
  if (partsAt >= packed.length || (byteAt(packed, partsAt) & PART.applied) === 0) return false;
  const data = view(packed);
  const moves = byteAt(packed, partsAt + 1);
  for (let i = 0, at = partsAt + 2; i < moves; i++, at += MOVE_BYTES)
    onMove(byteAt(packed, at), data.getFloat64(at + 1, true));
  return true;
}

/** Returns whether a packed event is a row of an episode with windows. @throws Fault `damaged_event` */
export function isInWindows(packed: Uint8Array): boolean {
  const [, scopeEnd] = scopeRange(packed);
  const [start, end] = readFactors(packed, scopeEnd, () => undefined).episode;
  return end > start;
}

/** Returns the number of the writer of a packed event; 0 for none. @throws Fault `damaged_event` */
export function readWriter(packed: Uint8Array): number {
  const [, scopeEnd] = scopeRange(packed);
  return readFactors(packed, scopeEnd, () => undefined).writer;
}

function episodeName(packed: Uint8Array, partsAt: number): readonly [number, number] {
  if (partsAt >= packed.length) return [partsAt, partsAt];
  const parts = byteAt(packed, partsAt);
  const start = partsAt + 1 + lengthOfParts(parts & PART.applied, movesOf(packed, partsAt));
  return [start, (parts & PART.episode) !== 0 ? packed.length : start];
}

function writerOf(packed: Uint8Array, data: DataView, partsAt: number): number {
  const hasWriter = partsAt < packed.length && (byteAt(packed, partsAt) & PART.writer) !== 0;
  return hasWriter ? data.getUint32(packed.length - 4, true) : NO_WRITER_ID;
}

/**
 * Returns where a pair of a packed scope ends.
 * @param at where the pair begins
 * @param scopeEnd end of the scope
 * @throws Fault `damaged_event` when the pair would reach beyond the scope
 */
export function pairEnd(packed: Uint8Array, at: number, scopeEnd: number): number {
  const nameEnd = at + 1 + byteAt(packed, at);
  const valueEnd = nameEnd + 2 + u16At(packed, nameEnd);
  if (valueEnd > scopeEnd) throw damaged('a packed scope is incomplete');
  return valueEnd;
}

/**
 * Decodes name and value of a pair of a packed scope. The parameters are those of `pairEnd`.
 * @throws Fault `damaged_event` when the name or the value is invalid
 */
export function unpackPair(packed: Uint8Array, at: number, scopeEnd: number): readonly [string, string] {
  const nameEnd = at + 1 + byteAt(packed, at);
  const name = decode(packed, at + 1, nameEnd);
  const value = decode(packed, nameEnd + 2, pairEnd(packed, at, scopeEnd));
  try {
    if (normalizeScope({ [name]: value })[name] === value) return [name, value];
  } catch (cause) {
    throw damaged('a packed pair is not a valid dimension', cause);
  }
  throw damaged('a packed pair is not a valid dimension');
}

function decode(packed: Uint8Array, start: number, end: number): string {
  try {
    return utf8.decode(packed.subarray(start, end));
  } catch (cause) {
    throw damaged('a packed text is not valid UTF-8', cause);
  }
}

function damaged(message: string, cause?: unknown): Fault {
  return new Fault('damaged_event', message, { cause });
}

/** Returns a byte. @throws Fault `damaged_event` beyond the end */
function byteAt(bytes: Uint8Array, at: number): number {
  const byte = bytes[at];
  if (byte === undefined) throw damaged('a packed event is incomplete');
  return byte;
}

function u16At(bytes: Uint8Array, at: number): number {
  return byteAt(bytes, at) | (byteAt(bytes, at + 1) << 8);
}

function view(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** Returns how many bits are set. */
function popcount(mask: number): number {
  let count = 0;
  for (let rest = mask; rest !== 0; rest &= rest - 1) count++;
  return count;
}
