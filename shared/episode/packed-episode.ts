import { Fault } from '../errors.ts';
import { normalizeScope } from '../pattern/scope.ts';
import type { Episode } from './episode.ts';
import type { FactorValue } from './factors.ts';
import { newerFormat } from './newer-format.ts';

/*
 * The packed form of an event: the few dozen bytes that mining and replay read of it. Reading is the larger part of a
 * run's cost, so nothing is decoded that was seen before (docs/decisions/0001-packed-events.md).
 *
 * The parts follow each other without gaps. Numbers are little endian.
 *
 *   u8    format version: 1
 *   u16   bytes of the scope
 *         for each pair of the scope, sorted by name:
 *           u8   bytes of the name, then the name
 *           u16  bytes of the value, then the value in UTF-8
 *   u8    decision: 1 acted, 0 skipped
 *   u8    gate flags that the event logged: bit i is GATE_FLAGS[i]
 *   u8    gate flags that were passed: same bits
 *   u8    gates that blocked: bit i is GATE_NAMES[i]; BLOCKED_LOGGED is set if the event logged any list
 *   u16   numeric factors that are present: bit i is NUMERIC_FACTORS[i]
 *   f64   each of them, in that order
 *   u16   bytes of the trade id, then the trade id in UTF-8; 0 for none
 *
 * A pair of the scope is one run of bytes, so that a reader can look it up in a dictionary without decoding it.
 * "The end of the scope" below is the place of the decision byte; all parts behind it are found from there.
 */
const FORMAT_VERSION = 1;
/** Bytes of a packed event without its scope, its numbers and its trade id. */
const FIXED_BYTES = 11;
/** Places of the parts with a fixed place, from the end of the scope. */
const DECISION = 0;
const FLAGS_KNOWN = 1;
const FLAGS_SET = 2;
const BLOCKED = 3;
const NUMBERS_PRESENT = 4;
const NUMBERS = 6;
const BLOCKED_LOGGED = 0x80;

/**
 * The numeric factors that a policy may replay; `{min, median, max}` counts by its median. Their positions are stored,
 * so new ones are appended, up to 16. Rows that were packed before have a 0 in the new bits: absent.
 */
export const NUMERIC_FACTORS = [
  'ts_score',
  'ts_min',
  'halo_distance',
  'halo_max',
  'ema60_slope',
  'slope_min',
  'dx',
  'dx_min',
  'dx_count',
  'sr_boost',
  'edx',
  'sr_min',
  'edx_max',
] as const;
export type NumericFactor = (typeof NUMERIC_FACTORS)[number];

/** The gates that an event logs as passed or not. */
export const GATE_FLAGS = ['ts_ok', 'slope_ok', 'entry_zone_ok'] as const;
export type GateFlag = (typeof GATE_FLAGS)[number];

/** The gates that `blocked_by` may name; any other name sets the last. */
export const GATE_NAMES = ['ts', 'halo', 'slope', 'dx', 'sr', 'edx', 'other'] as const;

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Packs an event. Factors that no policy reads are left out. */
export function packEpisode(episode: Episode): Uint8Array {
  const scope = Object.entries(episode.scope);
  const trade = episode.tradeId ?? '';
  const numbers = NUMERIC_FACTORS.map(name => numberOf(episode.factors[name] as FactorValue | undefined));
  const doubles = numbers.filter(n => n !== undefined);
  const present = numbers.reduce<number>((mask, n, i) => (n === undefined ? mask : mask | (1 << i)), 0);
  const scopeBytes = scope.reduce((n, [name, value]) => n + 3 + name.length + Buffer.byteLength(value), 0);
  const packed = Buffer.alloc(scopeBytes + doubles.length * 8 + Buffer.byteLength(trade) + FIXED_BYTES);
  let at = packed.writeUInt8(FORMAT_VERSION);
  at = packed.writeUInt16LE(scopeBytes, at);
  for (const [name, value] of scope) {
    at = packed.writeUInt8(name.length, at);
    at += packed.write(name, at, 'latin1');
    at = writeText(packed, value, at);
  }
  for (const byte of [episode.decision === 'acted' ? 1 : 0, ...flagBits(episode), blockedBits(episode)])
    at = packed.writeUInt8(byte, at);
  at = packed.writeUInt16LE(present, at);
  for (const double of doubles) at = packed.writeDoubleLE(double, at);
  writeText(packed, trade, at);
  return packed;
}

/** Writes the length (u16) and the bytes of a text in UTF-8. @returns the place behind them */
function writeText(into: Buffer, text: string, at: number): number {
  const bytes = into.write(text, at + 2, 'utf8');
  into.writeUInt16LE(bytes, at);
  return at + 2 + bytes;
}

function numberOf(value: FactorValue | undefined): number | undefined {
  if (typeof value === 'number') return value;
  return typeof value === 'object' && value !== null && 'median' in value ? value.median : undefined;
}

function flagBits(episode: Episode): [known: number, set: number] {
  let known = 0;
  let set = 0;
  GATE_FLAGS.forEach((name, i) => {
    const value = episode.factors[name];
    if (typeof value !== 'boolean') return;
    known |= 1 << i;
    if (value) set |= 1 << i;
  });
  return [known, set];
}

function blockedBits(episode: Episode): number {
  const blocked = episode.factors.blocked_by;
  if (!Array.isArray(blocked)) return 0;
  return blocked.reduce<number>((bits, gate) => {
    const index = (GATE_NAMES as readonly string[]).indexOf(gate);
    return bits | (1 << (index < 0 ? GATE_NAMES.length - 1 : index));
  }, BLOCKED_LOGGED);
}

/**
 * Returns where the scope lies inside a packed event: `[start, end)`.
 * @throws Fault `damaged_event` unless the format is known and the lengths inside add up to the event's own
 */
export function scopeRange(packed: Uint8Array): readonly [number, number] {
  const version = byteAt(packed, 0);
  if (version > FORMAT_VERSION) throw newerFormat('a packed event', version, FORMAT_VERSION);
  if (version !== FORMAT_VERSION) throw damaged(`a packed event has the unknown format ${version}`);
  const end = 3 + u16At(packed, 1);
  const tradeAt = end + NUMBERS + 8 * popcount(u16At(packed, end + NUMBERS_PRESENT));
  if (tradeAt + 2 + u16At(packed, tradeAt) !== packed.length) throw damaged('a packed event is incomplete');
  return [3, end];
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
  const before = popcount(present & ((1 << index) - 1));
  return view(packed).getFloat64(scopeEnd + NUMBERS + 8 * before, true);
}

/** The flags of a packed event, and where its trade id lies. */
export interface PackedFactors {
  /** Bit i: the event logged `GATE_FLAGS[i]`. */
  readonly flagsKnown: number;
  /** Bit i: `GATE_FLAGS[i]` was passed. */
  readonly flagsSet: number;
  /** Bit i: `GATE_NAMES[i]` blocked; 0x80: the event logged which gates blocked it. */
  readonly blocked: number;
  /** Bytes of the trade id: `[start, end)`, empty for none. */
  readonly trade: readonly [number, number];
}

/**
 * Reads all factors of a packed event.
 * @param scopeEnd end of the scope
 * @param number is called with each number that the event carries, and its index in `NUMERIC_FACTORS`
 */
export function readFactors(
  packed: Uint8Array,
  scopeEnd: number,
  number: (index: number, value: number) => void,
): PackedFactors {
  const doubles = view(packed);
  let next = scopeEnd + NUMBERS;
  for (let mask = u16At(packed, scopeEnd + NUMBERS_PRESENT); mask !== 0; mask &= mask - 1) {
    number(31 - Math.clz32(mask & -mask), doubles.getFloat64(next, true));
    next += 8;
  }
  return {
    flagsKnown: byteAt(packed, scopeEnd + FLAGS_KNOWN),
    flagsSet: byteAt(packed, scopeEnd + FLAGS_SET),
    blocked: byteAt(packed, scopeEnd + BLOCKED),
    trade: [next + 2, packed.length],
  };
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
 * Decodes name and value of a pair of a packed scope; parameters as for `pairEnd`.
 * @throws Fault `damaged_event` when they are invalid
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
