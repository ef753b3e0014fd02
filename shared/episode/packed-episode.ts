import { Fault } from '../errors.ts';
import type { Scope } from '../pattern/scope.ts';
import { normalizeScope, scopeFromPairs } from '../pattern/scope.ts';
import type { Episode } from './episode.ts';
import type { FactorValue } from './factors.ts';

/*
 * What mining and replaying need of an event, packed into a few dozen bytes, because reading is the larger part
 * of a run's cost. Layout, little endian:
 *   u8 version | u16 bytes of scope | scope: { u8 bytes, name, u16 bytes, value }… sorted by name
 *   u8 decision | u8 flags known | u8 flags set | u8 gates that blocked (0x80: known)
 *   u16 numbers present | f64 of each present number, in the order of NUMBERS | u16 bytes, trade id
 * A pair of the scope is one run of bytes, so that a decoder can look up a pair that it has seen before.
 */
const VERSION = 1;
/** Bytes of a packed event besides its scope, its numbers and its trade id. */
const FIXED_BYTES = 11;

/**
 * The numeric factors that a policy may replay; `{min, median, max}` counts by its median. New ones are appended, up
 * to 16: their bits in rows that were packed before are 0.
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

/** An event as a run of the cycle reads it. */
export interface PackedEpisode {
  readonly scope: Scope;
  readonly decision: 'acted' | 'skipped';
  readonly numbers: ReadonlyMap<NumericFactor, number>;
  readonly flags: ReadonlyMap<GateFlag, boolean>;
  /** Undefined when the event did not log it. */
  readonly blockedBy: ReadonlySet<string> | undefined;
  readonly tradeId: string | undefined;
}

const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Packs an event; the inverse of `unpackEpisode` up to factors that no policy reads. */
export function packEpisode(episode: Episode): Uint8Array {
  const scope = Object.entries(episode.scope);
  const trade = episode.tradeId ?? '';
  const numbers = NUMERIC_FACTORS.map(name => numberOf(episode.factors[name] as FactorValue | undefined));
  const doubles = numbers.filter(n => n !== undefined);
  const present = numbers.reduce<number>((mask, n, i) => (n === undefined ? mask : mask | (1 << i)), 0);
  const scopeBytes = scope.reduce((n, [name, value]) => n + 3 + name.length + Buffer.byteLength(value), 0);
  const packed = Buffer.alloc(scopeBytes + doubles.length * 8 + Buffer.byteLength(trade) + FIXED_BYTES);
  let at = packed.writeUInt8(VERSION);
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

/** u16 bytes, then the text in UTF-8. @returns where it ends */
function writeText(into: Buffer, text: string, at: number): number {
  const bytes = into.write(text, at + 2, 'utf8');
  into.writeUInt16LE(bytes, at);
  return at + 2 + bytes;
}

/**
 * Bytes of the scope inside a packed event: `[start, end)`.
 * @throws Fault `damaged_event` unless the lengths inside add up to the event's own
 */
export function scopeRange(packed: Uint8Array): readonly [number, number] {
  if (packed[0] !== VERSION) throw damaged(`packed version ${packed[0]} is not ${VERSION}`);
  const end = 3 + u16At(packed, 1);
  const tradeAt = end + 6 + 8 * popcount(u16At(packed, end + 4));
  if (tradeAt + 2 + u16At(packed, tradeAt) !== packed.length) throw damaged('a packed event is not whole');
  return [3, end];
}

/** Whether the bot acted; `at` is where the scope ends. */
export function readActed(packed: Uint8Array, at: number): boolean {
  return packed[at] === 1;
}

/** One number of a packed event, NaN when it carries none; `at` is where the scope ends. */
export function readNumber(packed: Uint8Array, at: number, name: NumericFactor): number {
  const index = NUMERIC_FACTORS.indexOf(name);
  const mask = u16At(packed, at + 4);
  if ((mask & (1 << index)) === 0) return Number.NaN;
  const before = popcount(mask & ((1 << index) - 1));
  return view(packed).getFloat64(at + 6 + 8 * before, true);
}

/** Where the parts of a packed event after its scope are; `at` is where the scope ends. */
export interface PackedFactors {
  /** Bits in the order of `FLAGS`. */
  readonly flagsKnown: number;
  readonly flagsSet: number;
  /** Bits in the order of `GATES`; 0x80: the event logged which gates blocked it. */
  readonly blocked: number;
  /** Bytes of the trade id: `[start, end)`, empty for none. */
  readonly trade: readonly [number, number];
}

/** Reads the flags and calls `number` for each number that the event carries, by its index in `NUMBERS`. */
export function readFactors(
  packed: Uint8Array,
  at: number,
  number: (index: number, value: number) => void,
): PackedFactors {
  const doubles = view(packed);
  let next = at + 6;
  for (let mask = u16At(packed, at + 4); mask !== 0; mask &= mask - 1) {
    number(31 - Math.clz32(mask & -mask), doubles.getFloat64(next, true));
    next += 8;
  }
  return {
    flagsKnown: packed[at + 1] ?? 0,
    flagsSet: packed[at + 2] ?? 0,
    blocked: packed[at + 3] ?? 0,
    trade: [next + 2, packed.length],
  };
}

/** The pairs of a packed scope. @throws Fault `damaged_event` */
export function unpackScope(packed: Uint8Array, start: number, end: number): Scope {
  const pairs: (readonly [string, string])[] = [];
  for (let at = start; at < end; at = pairEnd(packed, at, end)) pairs.push(unpackPair(packed, at, end));
  return scopeFromPairs(pairs);
}

/** Where the pair at `at` of a packed scope ends. @throws Fault `damaged_event` when that is beyond the scope's end */
export function pairEnd(packed: Uint8Array, at: number, end: number): number {
  const nameEnd = at + 1 + (packed[at] ?? 0);
  const valueEnd = nameEnd + 2 + u16At(packed, nameEnd);
  if (valueEnd > end) throw damaged('a packed scope is not whole');
  return valueEnd;
}

/** Name and value of the pair at `at` of a packed scope. @throws Fault `damaged_event` when they are none of a scope */
export function unpackPair(packed: Uint8Array, at: number, end: number): readonly [string, string] {
  const nameEnd = at + 1 + (packed[at] ?? 0);
  const name = decode(packed, at + 1, nameEnd);
  const value = decode(packed, nameEnd + 2, pairEnd(packed, at, end));
  try {
    if (normalizeScope({ [name]: value })[name] === value) return [name, value];
  } catch (cause) {
    throw damaged('a packed pair is none of a scope', cause);
  }
  throw damaged('a packed pair is none of a scope');
}

function decode(packed: Uint8Array, start: number, end: number): string {
  try {
    return text.decode(packed.subarray(start, end));
  } catch (cause) {
    throw damaged('a packed text is no UTF-8', cause);
  }
}

function damaged(message: string, cause?: unknown): Fault {
  return new Fault('damaged_event', message, { cause });
}

/** Everything that was packed. @throws Fault `damaged_event` */
export function unpackEpisode(packed: Uint8Array): PackedEpisode {
  const [start, at] = scopeRange(packed);
  const known = packed[at + 1] ?? 0;
  const set = packed[at + 2] ?? 0;
  const blocked = packed[at + 3] ?? 0;
  const tradeAt = at + 6 + 8 * popcount(u16At(packed, at + 4));
  const trade = decode(packed, tradeAt + 2, packed.length);
  return {
    scope: unpackScope(packed, start, at),
    decision: readActed(packed, at) ? 'acted' : 'skipped',
    numbers: new Map(
      NUMERIC_FACTORS.map(name => [name, readNumber(packed, at, name)] as const).filter(
        ([, n]) => !Number.isNaN(n),
      ),
    ),
    flags: new Map(
      GATE_FLAGS.flatMap((name, i) => (known & (1 << i) ? [[name, (set & (1 << i)) !== 0] as const] : [])),
    ),
    blockedBy: blocked & 0x80 ? new Set(GATE_NAMES.filter((_, i) => blocked & (1 << i))) : undefined,
    tradeId: trade === '' ? undefined : trade,
  };
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
  }, 0x80);
}

function u16At(bytes: Uint8Array, at: number): number {
  return (bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8);
}

function view(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function popcount(mask: number): number {
  let count = 0;
  for (let rest = mask; rest !== 0; rest &= rest - 1) count++;
  return count;
}
