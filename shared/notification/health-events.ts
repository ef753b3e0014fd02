import type { healthReasons } from '../cycle/health.ts';
import type { NotificationEvent } from './notification-event.ts';
import { eventId, eventSubject } from './notification-event.ts';
import { MAX_SENTENCE, MAX_WHY, oneLine } from './one-line.ts';

type Reasons = ReturnType<typeof healthReasons>;

/** Reasons that mean that runs do not finish. */
const MISSING: ReadonlySet<string> = new Set(['no_recent_cycle', 'cycle_stuck']);

/** Returns the codes of the reasons, sorted, each once. */
export function healthCodes(reasons: Reasons): string[] {
  return [...new Set(reasons.map(({ code }) => code))].sort();
}

/** Returns the event of a change of the reasons why the service is unhealthy; undefined when they are the same. */
export function healthChange(
  before: readonly string[],
  reasons: Reasons,
  now: number,
): NotificationEvent | undefined {
  const codes = healthCodes(reasons);
  if (codes.join() === before.join()) return undefined;
  const news = reasons.filter(({ code }) => !before.includes(code));
  const why = oneLine((news.length > 0 ? news : reasons).map(({ detail }) => detail).join('; '), MAX_WHY);
  const sentence =
    codes.length === 0
      ? 'the service is healthy again'
      : `the service is unhealthy (${codes.join(', ')}): ${why}`;
  return {
    id: eventId('health.changed', undefined, `${codes.join()} ${now}`),
    type: 'health.changed',
    timestamp: new Date(now).toISOString(),
    sentence: oneLine(sentence, MAX_SENTENCE),
    number: codes.length,
    count: 1,
    ...(codes.length > 0 && { why }),
  };
}

/**
 * Returns the event of runs that do not finish, once while that lasts.
 * @param firing subjects of events that are firing; changed as `findingEvents` changes it
 */
export function missingRunEvent(
  reasons: Reasons,
  firing: Set<string>,
  now: number,
): NotificationEvent | undefined {
  const subject = eventSubject({ type: 'cycle.missing' });
  const reason = reasons.find(({ code }) => MISSING.has(code));
  if (!reason) {
    firing.delete(subject);
    return undefined;
  }
  if (firing.has(subject)) return undefined;
  firing.add(subject);
  return {
    id: eventId('cycle.missing', undefined, String(now)),
    type: 'cycle.missing',
    timestamp: new Date(now).toISOString(),
    sentence: oneLine(reason.detail, MAX_SENTENCE),
    count: 1,
  };
}
