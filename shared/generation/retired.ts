import type { Head, Mode } from './head.ts';
import { servesOverrides } from './served.ts';

/**
 * Returns a head with its mode set. A retired head keeps the mode before it, and how many events the pattern had: with
 * one more, that mode is back. A candidate ends in a mode that serves nothing, because nothing would test it.
 * @param events number of the pattern's events
 */
export function withMode<H extends Pick<Head, 'mode' | 'retired' | 'candidate'>>(
  head: H,
  mode: Mode,
  events: number,
): H {
  const { retired, candidate, ...rest } = head;
  const others = { ...rest, ...(candidate && servesOverrides(mode) && { candidate }) };
  if (mode !== 'retired') return { ...others, mode } as H;
  const before = retired?.before ?? (head.mode === 'retired' ? 'off' : head.mode);
  return { ...others, mode, retired: { before, events } } as H;
}

/**
 * Returns the head as it counts: once an event has arrived, a retired pattern is back in the mode before it.
 * @param events number of the pattern's events
 */
export function revived(head: Head, events: number): Head {
  const { retired, ...others } = head;
  if (head.mode !== 'retired' || !retired || events <= retired.events) return head;
  return { ...others, mode: retired.before };
}
