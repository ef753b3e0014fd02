import { shortHash } from '../hash.ts';
import type { Episode } from './episode.ts';
import type { FactorValue } from './factors.ts';
import { NO_WRITER_ID } from './writer.ts';

/*
 * The packed form of an event has the few dozen bytes that mining and replay need. Reading events is most of a run's
 * cost, so no text is decoded twice (docs/decisions/0001-packed-events.md).
 *
 * The parts follow each other without gaps. Numbers are little endian.
 *
 *   u8    format version: 1, or 2 for an event with the parts at the end
 *   u16   bytes of the scope
 *         for each pair of the scope, sorted by name:
 *           u8   bytes of the name, then the name
 *           u16  bytes of the value, then the value in UTF-8
 *   u8    decision: 1 acted, 0 skipped
 *   u8    gate flags that the event logged: bit i is GATE_FLAGS[i]
 *   u8    gates that were passed: the same bits
 *   u8    gates that blocked: bit i is GATE_NAMES[i]; BLOCKED_LOGGED is set if the event has `blocked_by`
 *   u16   numeric factors that are present: bit i is NUMERIC_FACTORS[i]
 *   f64   the value of each present factor, in the order of NUMERIC_FACTORS
 *   u16   bytes of the trade id, then the trade id in UTF-8; 0 for none
 *
 * Format 2 goes on:
 *
 *   u8    parts that follow: 1 the hash of the episode, 2 the writer, 4 what the event logged as `applied`
 *   u8    part 4: number of levers that overrides had moved
 *         for each of them:
 *           u8   lever: its position in the list of `shared/lever/packed-moves.ts`
 *           f64  multiplier or delta
 *   8 B   hash of the episode id: the first bytes of its SHA-256. Only rows of an episode with windows have it
 *   u32   number of the writer, see `writer.ts`; absent in events that were stored before writers were kept
 *
 * A pair of the scope is one run of bytes, so that a reader can look it up in a dictionary without decoding it.
 * `read-packed-episode.ts` reads the packed form.
 */

/** Newest version of the packed form. An event without the parts of format 2 is written in format 1. */
export const PACKED_FORMAT = 2;
/** Bits of the parts of format 2, and their bytes. */
export const PART = { episode: 1, writer: 2, applied: 4 } as const;
const EPISODE_HASH_BYTES = 8;
const WRITER_BYTES = 4;
/** Bytes of one lever that was moved. */
export const MOVE_BYTES = 9;
/** Bytes of a packed event without its scope, its numbers and its trade id. */
const FIXED_BYTES = 11;
/** Bit in the byte of blocking gates: the event has `blocked_by`, even if the list is empty. */
export const BLOCKED_LOGGED = 0x80;

/**
 * The numeric factors that a policy may replay; `{min, median, max}` counts by its median. Their positions are stored,
 * so new ones are appended, up to 16. In rows that were packed earlier, the bit of a new factor is 0: absent.
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

/** The gates that `blocked_by` may name; any other name sets the bit of `other`. */
export const GATE_NAMES = ['ts', 'halo', 'slope', 'dx', 'sr', 'edx', 'other'] as const;

/** A lever that overrides had moved: its stored position, and the multiplier or delta. */
export type PackedMove = readonly [lever: number, value: number];

/** An event with what it logged as `applied`; without `moves` it logged nothing that can be read. */
export interface EpisodeWithMoves extends Episode {
  readonly moves?: readonly PackedMove[] | undefined;
}

/**
 * Packs an event. Factors that no policy reads are left out.
 * @param writer number of the writer; 0 for none
 * @param inWindows whether the episode has windows; then its rows carry its hash, so that they make one cluster
 */
export function packEpisode(
  episode: EpisodeWithMoves,
  writer: number = NO_WRITER_ID,
  inWindows = episode.window !== undefined,
): Uint8Array {
  const scope = Object.entries(episode.scope);
  const trade = episode.tradeId ?? '';
  const numbers = NUMERIC_FACTORS.map(name => numberOf(episode.factors[name] as FactorValue | undefined));
  const doubles = numbers.filter(n => n !== undefined);
  const present = numbers.reduce<number>((mask, n, i) => (n === undefined ? mask : mask | (1 << i)), 0);
  const scopeBytes = scope.reduce((n, [name, value]) => n + 3 + name.length + Buffer.byteLength(value), 0);
  const { moves } = episode;
  const parts =
    (inWindows ? PART.episode : 0) | (writer === NO_WRITER_ID ? 0 : PART.writer) | (moves ? PART.applied : 0);
  const partBytes = parts === 0 ? 0 : 1 + lengthOfParts(parts, moves?.length);
  const bytes = scopeBytes + doubles.length * 8 + Buffer.byteLength(trade) + FIXED_BYTES + partBytes;
  const packed = Buffer.alloc(bytes);
  let at = packed.writeUInt8(parts === 0 ? 1 : 2);
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
  at = writeText(packed, trade, at);
  if (parts === 0) return packed;
  at = packed.writeUInt8(parts, at);
  if (moves) at = writeMoves(packed, moves, at);
  if (inWindows) at += packed.write(shortHash(episode.id), at, EPISODE_HASH_BYTES, 'hex');
  if (writer !== NO_WRITER_ID) packed.writeUInt32LE(writer, at);
  return packed;
}

/** Writes the levers that were moved. @returns the offset after them */
function writeMoves(into: Buffer, moves: readonly PackedMove[], at: number): number {
  let next = into.writeUInt8(moves.length, at);
  for (const [lever, value] of moves) next = into.writeDoubleLE(value, into.writeUInt8(lever, next));
  return next;
}

/** Returns the bytes of the parts of format 2. @param parts bits of `PART` @param moves number of levers that were moved */
export function lengthOfParts(parts: number, moves = 0): number {
  return (
    (parts & PART.applied ? 1 + moves * MOVE_BYTES : 0) +
    (parts & PART.episode ? EPISODE_HASH_BYTES : 0) +
    (parts & PART.writer ? WRITER_BYTES : 0)
  );
}

/** Writes the length (u16) and the bytes of a text in UTF-8. @returns the offset after them */
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
