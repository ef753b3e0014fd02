import type { Head } from './head.ts';

/** Number of entries that a head keeps. Runs move them to the guard's state every hour, long before they are dropped. */
const KEPT = 48;

/** From a moment on (milliseconds since 1970) a generation was served; 0: none. */
export type Served = readonly [from: number, generation: number];

/** Returns the generation whose overrides look-ups get; 0 when they get none. */
export function servedGeneration(head: Pick<Head, 'mode' | 'current'> | undefined): number {
  const serves = head?.mode === 'live' || head?.mode === 'frozen';
  return serves ? (head.current?.generation ?? 0) : 0;
}

/**
 * Returns a head that is about to be written, with an entry when it changes what is served. The entry is written with the
 * head by one write, so the history of what was in force is exact.
 */
export function withServed(before: Head | undefined, next: Head, now: number): Head {
  const generation = servedGeneration(next);
  // The last entry differs from the head before when an event brought a retired pattern back.
  if (generation === (next.served?.at(-1)?.[1] ?? servedGeneration(before))) return next;
  const served = [...(next.served ?? []), [now, generation] as [number, number]];
  return { ...next, served: served.slice(-KEPT) };
}
