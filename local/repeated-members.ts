/**
 * Returns the numbers of the entries of a JSON object that repeat an earlier name, or whose own members do, from 1 on.
 * `JSON.parse` keeps the last of equal names without a word.
 * @param text valid JSON
 */
export function repeatedEntries(text: string): number[] {
  const repeated = new Set<number>();
  const open: Set<string>[] = [];
  let entry = 0;
  for (const [token, name] of text.matchAll(/[{}]|("(?:[^"\\]|\\.)*")\s*:|"(?:[^"\\]|\\.)*"/g)) {
    if (token === '{') open.push(new Set());
    else if (token === '}') open.pop();
    else if (name !== undefined) {
      if (open.length === 1) entry++;
      const names = open.at(-1);
      const key = String(JSON.parse(name));
      if (names?.has(key)) repeated.add(entry);
      names?.add(key);
    }
  }
  return [...repeated];
}
