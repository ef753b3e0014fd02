import type { Head, Mode } from './head.ts';

/**
 * Returns a head with its mode set. A retired head keeps the mode before it, and how many events the pattern had: with
 * one more, that mode is back.
 * @param events number of the pattern's events
 */
export function withMode<H extends Pick<Head, 'mode' | 'retired'>>(head: H, mode: Mode, events: number): H {
  const { retired, ...others } = head;
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
