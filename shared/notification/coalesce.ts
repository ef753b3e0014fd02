import type { NotificationEvent } from './notification-event.ts';
import { DEFAULT_EVENTS, eventId, eventSubject } from './notification-event.ts';

/** Time in which at most one event of a kind and pattern is sent, milliseconds. */
export const COALESCE_MS = 15 * 60_000;
/** Events that one poll sends; those beyond it become one event a kind, which counts them. */
const MAX_SENT = 100;
/** Events that wait for the end of their 15 minutes; beyond it the oldest are sent at once. */
const MAX_HELD = 20;

/** When a kind was last sent for a pattern, milliseconds since 1970, and the event that waits since. */
interface Sent {
  readonly at: number;
  readonly held?: NotificationEvent | undefined;
}
type SentMemory = Readonly<Record<string, Sent>>;

/**
 * Returns the events to send now: of each kind and pattern at most one in 15 minutes. The others are counted into the
 * next one, which is sent at the latest when the 15 minutes end.
 * @param now milliseconds since 1970
 */
export function coalesceEvents(
  memory: SentMemory,
  events: readonly NotificationEvent[],
  now: number,
): { readonly send: NotificationEvent[]; readonly memory: SentMemory } {
  const waiting = new Map<string, NotificationEvent>();
  for (const [subject, { held }] of Object.entries(memory)) if (held) waiting.set(subject, held);
  for (const event of events) {
    const subject = eventSubject(event);
    waiting.set(subject, countedInto(waiting.get(subject), event));
  }
  const send: NotificationEvent[] = [];
  const next = new Map(Object.entries(memory).filter(([, { at }]) => now - at < COALESCE_MS));
  const held = [...waiting].filter(([subject]) => next.has(subject));
  const early = new Set(held.slice(0, Math.max(0, held.length - MAX_HELD)).map(([subject]) => subject));
  for (const [subject, event] of waiting) {
    const sent = next.get(subject);
    if (sent && !early.has(subject)) next.set(subject, { at: sent.at, held: event });
    else {
      next.set(subject, { at: now });
      send.push(event);
    }
  }
  return { send: boundEvents(send), memory: newest(next) };
}

/** Returns the newer event, with the findings of both. */
function countedInto(before: NotificationEvent | undefined, event: NotificationEvent): NotificationEvent {
  return before ? { ...event, count: before.count + event.count } : event;
}

/** Bounds a flood: after the first hundred events, those on by default first, one of each kind counts the rest. */
function boundEvents(unordered: readonly NotificationEvent[]): NotificationEvent[] {
  const rank = ({ type }: NotificationEvent): number => Number(!DEFAULT_EVENTS.some(each => each === type));
  const events = unordered.toSorted((a, b) => rank(a) - rank(b));
  const rest = Map.groupBy(events.slice(MAX_SENT), ({ type }) => type);
  return [
    ...events.slice(0, MAX_SENT),
    ...[...rest].map(([type, [first, ...others]]) => {
      const all = [first, ...others].filter(event => event !== undefined);
      const total = all.reduce((sum, { count }) => sum + count, 0);
      return {
        id: eventId(type, undefined, all.map(({ id }) => id).join()),
        type,
        timestamp: all.map(({ timestamp }) => timestamp).reduce((a, b) => (a > b ? a : b)),
        sentence: `${total} more events ${type} at the same time: see the list of changes and the runs`,
        count: total,
      };
    }),
  ];
}

/** Subjects that the memory keeps. A subject that is dropped may be sent again within the 15 minutes. */
const MAX_SUBJECTS = 500;

function newest(memory: ReadonlyMap<string, Sent>): SentMemory {
  const all = [...memory];
  if (all.length <= MAX_SUBJECTS) return Object.fromEntries(all);
  const kept = all.toSorted((a, b) => b[1].at - a[1].at).slice(0, MAX_SUBJECTS);
  const held = all.filter(([, sent]) => sent.held !== undefined);
  return Object.fromEntries([...kept, ...held]);
}
