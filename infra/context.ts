/** Reads a context value by its name: `node.tryGetContext`. On the command line every value is text. */
export type ReadContext = (name: string) => unknown;

/** @throws Error when the value does not match */
export function contextMatch(
  read: ReadContext,
  name: string,
  fallback: string,
  form: RegExp,
  expected: string,
): string {
  const value = String(read(name) ?? fallback);
  if (!form.test(value)) throw new Error(`context ${name}: ${JSON.stringify(value)} is not ${expected}`);
  return value;
}

export function contextList(read: ReadContext, name: string, form: RegExp, expected: string): string[] {
  const given = read(name) ?? '';
  const values = Array.isArray(given) ? given.map(String) : String(given).split(',');
  const set = values.map(value => value.trim()).filter(value => value !== '');
  for (const value of set) {
    if (!form.test(value)) throw new Error(`context ${name}: ${JSON.stringify(value)} is not ${expected}`);
  }
  return set;
}

export function contextSwitch(read: ReadContext, name: string): boolean {
  return contextMatch(read, name, 'false', /^(true|false)$/, 'true or false') === 'true';
}
