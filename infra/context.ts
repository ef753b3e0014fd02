import { maskPasswords } from '../shared/mask-passwords.ts';

/** Returns a context value by its name, as `node.tryGetContext` does. Values of the command line are text. */
export type ReadContext = (name: string) => unknown;

/**
 * Returns a context value as text, or the fallback where it is not set.
 * @param expected description of valid values, for the error
 * @throws Error when the value does not match `format`
 */
export function contextMatch(
  read: ReadContext,
  name: string,
  fallback: string,
  format: RegExp,
  expected: string,
): string {
  const value = String(read(name) ?? fallback);
  if (!format.test(value))
    throw new Error(`context ${name}: ${maskPasswords(JSON.stringify(value))} is not ${expected}`);
  return value;
}

/**
 * Returns the entries of a list that is an array or a comma-separated text; empty where it is not set.
 * @throws Error when an entry does not match `format`
 */
export function contextList(read: ReadContext, name: string, format: RegExp, expected: string): string[] {
  const raw = read(name) ?? '';
  const parts = Array.isArray(raw) ? raw.map(String) : String(raw).split(',');
  const values = parts.map(value => value.trim()).filter(value => value !== '');
  for (const value of values) {
    if (!format.test(value)) throw new Error(`context ${name}: ${JSON.stringify(value)} is not ${expected}`);
  }
  return values;
}

/** Returns a boolean context value, false where it is not set. @throws Error for anything but `true` and `false` */
export function contextSwitch(read: ReadContext, name: string): boolean {
  return contextMatch(read, name, 'false', /^(true|false)$/, 'true or false') === 'true';
}
