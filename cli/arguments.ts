import { InvalidArgumentError } from 'commander';

/** Readers of arguments; each throws commander's `InvalidArgumentError` with what would be right. */

/** A whole number of at least `min`. */
export function integerAtLeast(min: number): (text: string) => number {
  return text => {
    const value = Number(text);
    if (/^\d+$/.test(text) && Number.isSafeInteger(value) && value >= min) return value;
    throw new InvalidArgumentError(`It must be a whole number of at least ${min}.`);
  };
}

/** A number above 0. */
export function positive(text: string): number {
  const value = number(text);
  if (value !== undefined && value > 0) return value;
  throw new InvalidArgumentError('It must be a number above 0.');
}

/** Any finite number. */
export function finiteNumber(text: string): number {
  const value = number(text);
  if (value !== undefined) return value;
  throw new InvalidArgumentError('It must be a number.');
}

/** An RFC 3339 time; a date alone means its start in UTC. */
export function time(text: string): string {
  const full = /^\d{4}-\d\d-\d\d$/.test(text) ? `${text}T00:00:00Z` : text;
  const isTime = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)$/.test(full);
  if (isTime && !Number.isNaN(Date.parse(full))) return full;
  throw new InvalidArgumentError('It must be an RFC 3339 time such as 2025-01-20T00:00:00Z, or a date.');
}

/** `chain=solana,timeframe=15m`, repeatable; a JSON object serves values that have a comma. */
export function scope(text: string, before: Record<string, unknown> = {}): Record<string, unknown> {
  const added = text.trimStart().startsWith('{') ? jsonObject(text) : Object.fromEntries(pairs(text));
  return { ...before, ...added };
}

/** `ts_min=0.6,halo_max=1`, repeatable. */
export function thresholds(text: string, before: Record<string, number> = {}): Record<string, number> {
  const added = pairs(text).map(([name, raw]) => {
    const value = number(raw);
    if (value === undefined) throw new InvalidArgumentError(`"${raw}" is no number.`);
    return [name, value] as const;
  });
  return { ...before, ...Object.fromEntries(added) };
}

/** `A,B`: two generation numbers. */
export function twoGenerations(text: string): string {
  if (/^\d+,\d+$/.test(text.replaceAll(' ', ''))) return text.replaceAll(' ', '');
  throw new InvalidArgumentError('It must be two generation numbers such as 6,7.');
}

/** `field=column`, repeatable. */
export function renames(text: string, before: Record<string, string> = {}): Record<string, string> {
  return { ...before, ...Object.fromEntries(pairs(text)) };
}

/** An http or https address. */
export function serviceUrl(text: string): string {
  const url = URL.parse(text);
  if (url && /^https?:$/.test(url.protocol) && `${url.search}${url.hash}${url.username}` === '') return text;
  throw new InvalidArgumentError('It must be an address such as http://127.0.0.1:8787.');
}

/** A bearer token, or nothing. */
export function token(text: string): string {
  if (/^[\x21-\x7e]*$/.test(text)) return text;
  throw new InvalidArgumentError('It must be printable ASCII without spaces.');
}

function pairs(text: string): [string, string][] {
  return text.split(',').flatMap(part => {
    if (part.trim() === '') return [];
    const at = part.indexOf('=');
    if (at < 1) throw new InvalidArgumentError(`"${part.trim()}" is not name=value.`);
    return [[part.slice(0, at).trim(), part.slice(at + 1).trim()]];
  });
}

function jsonObject(text: string): object {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null) return value;
  } catch {
    // the message below says it
  }
  throw new InvalidArgumentError('It must be name=value pairs or a JSON object.');
}

function number(text: string): number | undefined {
  const value = text.trim() === '' ? Number.NaN : Number(text);
  return Number.isFinite(value) ? value : undefined;
}
