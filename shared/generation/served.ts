import type { Head, Mode } from './head.ts';
import type { ServiceMode } from './service-mode.ts';

/** Number of entries that a head keeps. Runs move them to the guard's state every hour, long before they are dropped. */
const KEPT = 48;

/** From a moment on (milliseconds since 1970) a generation was served; 0: none. */
export type Served = readonly [from: number, generation: number];

/** Returns true for a mode that serves overrides; the others answer neutral. */
export function servesOverrides(mode: Mode): boolean {
  return mode === 'live' || mode === 'frozen';
}

/** Returns the generation whose overrides look-ups get; 0 when they get none. */
export function servedGeneration(head: Pick<Head, 'mode' | 'current'> | undefined): number {
  return head && servesOverrides(head.mode) ? (head.current?.generation ?? 0) : 0;
}

/**
 * Returns a head that is about to be written, with an entry when it changes what is served. The entry is written with the
 * head by one write, so the history of what was in force is exact.
 */
export function withServed(before: Head | undefined, next: Head, now: number): Head {
  const generation = servedGeneration(next);
  // The last entry differs from the head before when an event brought a retired pattern back.
  if (generation === (next.served?.at(-1)?.[1] ?? servedGeneration(before))) return next;
  // Times ascend also when the clock of this machine is behind that of the last writer.
  const from = Math.max(now, (next.served?.at(-1)?.[0] ?? Number.NEGATIVE_INFINITY) + 1);
  const served = [...(next.served ?? []), [from, generation] as [number, number]];
  return { ...next, served: served.slice(-KEPT) };
}

/**
 * Returns the generation that was served at a moment; 0: none. Binary search.
 * @param served ascending
 */
export function servedAt(served: readonly Served[], time: number): number {
  return valueAt(served, time) ?? 0;
}

/** Returns what look-ups got since when: what the pattern served, and nothing while the whole service was off. */
export function servedUnderService(
  served: readonly Served[],
  history: readonly (readonly [from: number, mode: ServiceMode])[],
): Served[] {
  const moments = new Set([...served, ...history].map(([from]) => from));
  return [...moments]
    .sort((a, b) => a - b)
    .map(from => [from, valueAt(history, from) === 'off' ? 0 : servedAt(served, from)]);
}

/** Returns the value of the last entry up to a moment; undefined before the first. The entries are ascending. */
function valueAt<Value>(
  entries: readonly (readonly [from: number, value: Value])[],
  time: number,
): Value | undefined {
  let low = 0;
  let high = entries.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((entries[middle]?.[0] ?? Number.POSITIVE_INFINITY) <= time) low = middle + 1;
    else high = middle;
  }
  return entries[low - 1]?.[1];
}
