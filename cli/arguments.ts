import { InvalidArgumentError } from 'commander';
import { isObject, parseJsonText } from '../shared/json.ts';
import { notOneOf } from '../shared/validation.ts';
import { usageError } from './exit-codes.ts';

/* This file parses arguments. Each parser throws commander's `InvalidArgumentError` with the form that it requires. */

/** Returns a parser of whole numbers of at least `min`. */
export function integerAtLeast(min: number): (text: string) => number {
  return text => {
    const value = Number(text);
    if (/^\d+$/.test(text) && Number.isSafeInteger(value) && value >= min) return value;
    throw new InvalidArgumentError(`It must be a whole number of at least ${min}.`);
  };
}

/** Parses a number above 0. */
export function positive(text: string): number {
  const value = parseNumber(text);
  if (value !== undefined && value > 0) return value;
  throw new InvalidArgumentError('It must be a number above 0.');
}

/** Parses any finite number. */
export function finiteNumber(text: string): number {
  const value = parseNumber(text);
  if (value !== undefined) return value;
  throw new InvalidArgumentError('It must be a number.');
}

const SPAN_MS: Readonly<Record<string, number>> = { m: 60_000, h: 3_600_000, d: 86_400_000 };

/** Parses an RFC 3339 time; a date alone means its start in UTC, and `24h` or `7d` a time that long ago. */
export function time(text: string): string {
  const [, amount, unit = ''] = /^(\d{1,5})([mhd])$/.exec(text) ?? [];
  if (amount !== undefined) return new Date(Date.now() - Number(amount) * (SPAN_MS[unit] ?? 0)).toISOString();
  const full = /^\d{4}-\d\d-\d\d$/.test(text) ? `${text}T00:00:00Z` : text;
  const isTime = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)$/.test(full);
  if (isTime && !Number.isNaN(Date.parse(full))) return full;
  throw new InvalidArgumentError(
    'It must be an RFC 3339 time such as 2025-01-20T00:00:00Z, a date, or a span to now such as 24h.',
  );
}

/**
 * Parses `chain=solana,timeframe=15m`, or a JSON object for values that contain a comma.
 * @param previous the pairs of earlier uses of the same option
 */
export function scope(text: string, previous: Record<string, unknown> = {}): Record<string, unknown> {
  const added = text.trimStart().startsWith('{') ? parseObject(text) : Object.fromEntries(parsePairs(text));
  return { ...previous, ...added };
}

/** Parses factors as an event logs them, a JSON object. */
export function factors(text: string): Record<string, unknown> {
  const value = parseJsonText(text);
  if (isObject(value)) return value;
  throw new InvalidArgumentError('It must be a JSON object such as {"ts_score":0.58,"ts_min":0.6}.');
}

/**
 * Parses `ts_min=0.6,halo_max=1`.
 * @param previous the thresholds of earlier uses of the same option
 */
export function thresholds(text: string, previous: Record<string, number> = {}): Record<string, number> {
  const added = parsePairs(text).map(([name, raw]) => {
    const value = parseNumber(raw);
    if (value === undefined)
      throw new InvalidArgumentError(`"${raw}" is not a number; give pairs such as ts_min=0.6.`);
    return [name, value] as const;
  });
  return { ...previous, ...Object.fromEntries(added) };
}

/** Returns a parser that takes one of the given values. The message names all of them, and the near one. */
export function oneOf<Value extends string>(values: readonly Value[]): (text: string) => Value {
  return text => {
    const value = values.find(each => each === text);
    if (value !== undefined) return value;
    const message = `It ${notOneOf(text, values)}`;
    throw new InvalidArgumentError(message.endsWith('?') ? message : `${message}.`);
  };
}

/** Parses two generation numbers, `A,B`. */
export function twoGenerations(text: string): string {
  if (/^\d+,\d+$/.test(text.replaceAll(' ', ''))) return text.replaceAll(' ', '');
  throw new InvalidArgumentError('It must be two generation numbers such as 6,7.');
}

/**
 * Parses `field=column`.
 * @param previous the pairs of earlier uses of the same option
 */
export function columnNames(text: string, previous: Record<string, string> = {}): Record<string, string> {
  return { ...previous, ...Object.fromEntries(parsePairs(text)) };
}

/** Parses an http or https address without query, fragment and user. */
export function serviceUrl(text: string): string {
  const url = URL.parse(text);
  if (
    url &&
    /^https?:$/.test(url.protocol) &&
    `${url.search}${url.hash}${url.username}${url.password}` === ''
  )
    return text;
  throw new InvalidArgumentError('It must be an address such as http://127.0.0.1:8787.');
}

/** Parses the name of a profile. */
export function profileName(text: string): string {
  if (/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/.test(text)) return text;
  throw new InvalidArgumentError('It must be 1 to 64 letters, digits, dots, dashes and underscores.');
}

/** Parses `HOST:PORT`, `[IPV6]:PORT`, or a port of the loopback interface. */
export function listenAddress(text: string): { host: string; port: number } {
  const [, host = '127.0.0.1', digits = ''] = /^(?:(\[[^\]]+\]|[^:[\]]+):)?(\d{1,5})$/.exec(text) ?? [];
  if (digits !== '' && Number(digits) <= 65_535)
    return { host: host.replace(/^\[|\]$/g, ''), port: Number(digits) };
  throw new InvalidArgumentError('It must be HOST:PORT such as 127.0.0.1:8788, with a port up to 65535.');
}

/** Parses a bearer token; an empty text means no token. */
export function token(text: string): string {
  if (/^[\x21-\x7e]*$/.test(text)) return text;
  throw new InvalidArgumentError('It must consist of printable ASCII characters without spaces.');
}

/**
 * Returns the payoff of `--win` and `--loss`, or undefined without either.
 * @throws Failure (usage) when one of the two is missing
 */
export function payoffOf(
  win: number | undefined,
  loss: number | undefined,
): { win: number; loss: number } | undefined {
  if (win === undefined && loss === undefined) return undefined;
  if (win === undefined || loss === undefined)
    throw usageError('--win and --loss go together; give both or neither');
  return { win, loss };
}

function parsePairs(text: string): [string, string][] {
  return text.split(',').flatMap(part => {
    if (part.trim() === '') return [];
    const at = part.indexOf('=');
    if (at < 1)
      throw new InvalidArgumentError(
        `"${part.trim()}" is not name=value; give such pairs, separated by commas.`,
      );
    return [[part.slice(0, at).trim(), part.slice(at + 1).trim()]];
  });
}

function parseObject(text: string): object {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null) return value;
  } catch {
    // A text that is not JSON gets the same error as JSON of another type.
  }
  throw new InvalidArgumentError('It must be name=value pairs or a JSON object.');
}

function parseNumber(text: string): number | undefined {
  const value = text.trim() === '' ? Number.NaN : Number(text);
  return Number.isFinite(value) ? value : undefined;
}
