import { Fault } from '../errors.ts';
import { isObject } from '../json.ts';

/** A scope in canonical form: dimension name → text of its value, names sorted by code unit. */
export type Scope = Readonly<Record<string, string>>;

/** Maximum number of dimensions of a scope. */
export const MAX_DIMENSIONS = 64;
/** Maximum length of a value, in code points. */
export const MAX_VALUE_LENGTH = 128;
/** The form of a dimension's name, as a regular expression. */
export const DIMENSION_NAME = '[A-Za-z][A-Za-z0-9_]{0,63}';
const NAME = new RegExp(`^${DIMENSION_NAME}$`);

const byCodeUnit = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/**
 * Returns the canonical form of a scope: names checked and sorted, values as text, absent dimensions dropped.
 * - A number or boolean becomes its JSON text, so 2, 2.0 and "2" are one value. Whole numbers end at ±(2^53 − 1).
 * - A text is trimmed and normalized to NFC.
 * - null, undefined and an empty text mean that the dimension is absent.
 * @throws Fault `invalid_scope` that names the dimension
 */
export function normalizeScope(raw: unknown): Scope {
  if (!isObject(raw)) throw invalid('', 'a scope must be an object');
  const entries: [string, string][] = [];
  for (const [name, value] of Object.entries(raw)) {
    if (!NAME.test(name))
      throw invalid(name, 'a dimension name must be a letter, then up to 63 letters, digits or _');
    const text = valueText(name, value);
    if (text !== '') entries.push([name, text]);
  }
  if (entries.length > MAX_DIMENSIONS)
    throw invalid(
      '',
      `a scope must have at most ${MAX_DIMENSIONS} dimensions, this one has ${entries.length}`,
    );
  return scopeFromPairs(entries);
}

/** Returns the scope of pairs that are valid already: those of a stored item or of a mined slice. */
export function scopeFromPairs(pairs: Iterable<readonly [string, string]>): Scope {
  return Object.fromEntries([...pairs].sort((a, b) => byCodeUnit(a[0], b[0])));
}

/** Returns whether every pair of `subset` is in `scope`. The empty subset covers every scope. */
export function covers(subset: Scope, scope: Scope): boolean {
  for (const name of Object.keys(subset))
    if (!Object.hasOwn(scope, name) || scope[name] !== subset[name]) return false;
  return true;
}

/** Returns the number of dimensions of a scope. */
export function dimensionCount(scope: Scope): number {
  return Object.keys(scope).length;
}

function valueText(name: string, value: unknown): string {
  switch (typeof value) {
    case 'string': {
      const text = value.trim().normalize('NFC');
      if (!text.isWellFormed()) throw invalid(name, 'a value must be well-formed Unicode');
      // The limit counts code points. Their number is computed only where the cheaper length exceeds the limit.
      if (text.length > MAX_VALUE_LENGTH && [...text].length > MAX_VALUE_LENGTH)
        throw invalid(name, `a value must have at most ${MAX_VALUE_LENGTH} characters`);
      return text;
    }
    case 'number':
      if (!Number.isFinite(value)) throw invalid(name, 'a number must be finite');
      // Beyond this, different whole numbers are read as the same one, and two slices would become one.
      if (Math.abs(value) > Number.MAX_SAFE_INTEGER)
        throw invalid(name, 'a whole number must lie within ±(2^53 − 1): send it as text');
      return String(value === 0 ? 0 : value);
    case 'boolean':
      return String(value);
    default:
      if (value === null || value === undefined) return '';
      throw invalid(name, 'a value must be a string, a finite number or a boolean');
  }
}

function invalid(name: string, message: string): Fault {
  const shown = name.slice(0, 64);
  const path = name === '' ? 'scope' : `scope.${shown}`;
  return new Fault('invalid_scope', name === '' ? message : `${JSON.stringify(shown)}: ${message}`, {
    issues: [{ path, message }],
  });
}
