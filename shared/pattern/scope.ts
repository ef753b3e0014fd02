import * as z from 'zod';
import { Fault } from '../errors.ts';
import { shortHash } from '../hash.ts';

declare const brand: unique symbol;

/** Where an opportunity stood: dimension name → text of its value, names sorted by code unit. */
export type Scope = Readonly<Record<string, string>>;

/** The first 32 hexadecimal digits of SHA-256 over the canonical JSON of a scope (contract, section 2). */
export type ScopeHash = string & { readonly [brand]: 'ScopeHash' };

/** A slice as it is stored and answered: its dimensions, each with the text of its value. */
export const scopeSubsetSchema = z
  .record(z.string(), z.string())
  .meta({ description: 'dimension → text of its value' });

export const scopeHashSchema = z.string().regex(/^[0-9a-f]{32}$/);

export const MAX_DIMENSIONS = 64;
export const MAX_VALUE_LENGTH = 128;
const NAME = /^[A-Za-z][A-Za-z0-9_]{0,63}$/;

const byCodeUnit = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/**
 * Brings a scope to its one form: names checked and sorted, values as text, absent dimensions dropped.
 * Numbers and booleans take their JSON text, so 2, 2.0 and "2" are one value; text is trimmed and NFC.
 * @throws Fault `invalid_scope` naming the dimension
 */
export function normalizeScope(raw: unknown): Scope {
  if (typeof raw !== 'object' || raw === null || Array.isArray(raw))
    throw invalid('', 'a scope is an object');
  const entries: [string, string][] = [];
  for (const [name, value] of Object.entries(raw)) {
    if (!NAME.test(name))
      throw invalid(name, 'a dimension name is a letter, then up to 63 letters, digits or _');
    const text = valueText(name, value);
    if (text !== '') entries.push([name, text]);
  }
  if (entries.length > MAX_DIMENSIONS)
    throw invalid('', `a scope has at most ${MAX_DIMENSIONS} dimensions, this one has ${entries.length}`);
  return scopeFromPairs(entries);
}

/** A scope of pairs that are known to be valid: a stored item, a slice of the miner. */
export function scopeFromPairs(pairs: Iterable<readonly [string, string]>): Scope {
  return Object.fromEntries([...pairs].sort((a, b) => byCodeUnit(a[0], b[0])));
}

/** The hash that keys a scope; `{}` gives `44136fa355b3678a1146ad16f7e8649e`. The scope must be normalised. */
export function scopeHash(scope: Scope): ScopeHash {
  return shortHash(JSON.stringify(scope)) as ScopeHash;
}

/** Whether every pair of `subset` is in `scope`; the empty subset covers everything. */
export function covers(subset: Scope, scope: Scope): boolean {
  for (const name of Object.keys(subset))
    if (!Object.hasOwn(scope, name) || scope[name] !== subset[name]) return false;
  return true;
}

/** How many dimensions a scope fixes. */
export function dimensionCount(scope: Scope): number {
  return Object.keys(scope).length;
}

/** A scope as a reader writes it: `bucket=nano, chain=solana`; the empty one is `everything`. */
export function describeScope(scope: Scope): string {
  const pairs = Object.entries(scope);
  return pairs.length === 0 ? 'everything' : pairs.map(([name, value]) => `${name}=${value}`).join(', ');
}

function valueText(name: string, value: unknown): string {
  switch (typeof value) {
    case 'string': {
      const text = value.trim().normalize('NFC');
      if (!text.isWellFormed()) throw invalid(name, 'a value is well-formed Unicode');
      // NFC may lengthen a text; code points are what a user counts.
      if (text.length > MAX_VALUE_LENGTH && [...text].length > MAX_VALUE_LENGTH)
        throw invalid(name, `a value has at most ${MAX_VALUE_LENGTH} characters`);
      return text;
    }
    case 'number':
      if (!Number.isFinite(value)) throw invalid(name, 'a number is finite');
      return String(value === 0 ? 0 : value);
    case 'boolean':
      return String(value);
    default:
      if (value === null || value === undefined) return '';
      throw invalid(name, 'a value is a string, a finite number or a boolean');
  }
}

function invalid(name: string, message: string): Fault {
  const shown = name.slice(0, 64);
  const path = name === '' ? 'scope' : `scope.${shown}`;
  return new Fault('invalid_scope', name === '' ? message : `${JSON.stringify(shown)}: ${message}`, {
    issues: [{ path, message }],
  });
}
