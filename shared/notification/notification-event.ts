import * as z from 'zod';
import { shortHash } from '../hash.ts';
import { count, instant } from '../validation.ts';
import { MAX_SENTENCE, MAX_WHY } from './one-line.ts';

interface EventKind {
  /** True when a target gets the kind unless its configuration lists kinds. */
  readonly isDefault: boolean;
  readonly description: string;
  /** The meaning of the member `number`; absent when the kind has none. */
  readonly number?: string;
}

/** The catalogue: every kind of event that the service sends. */
export const EVENT_KINDS = {
  'cycle.failed': {
    isDefault: true,
    description: 'a run failed, or some of its patterns did',
    number: 'patterns that failed',
  },
  'cycle.missing': { isDefault: true, description: 'no run over all patterns has finished in time' },
  'health.changed': {
    isDefault: true,
    description: 'the reasons why the service is unhealthy changed',
    number: 'reasons; 0: healthy again',
  },
  'mode.changed': { isDefault: true, description: 'the mode of a pattern or of the service was set' },
  'rollback.done': { isDefault: true, description: 'an operator put a past generation back in force' },
  'guard.harmful': {
    isDefault: true,
    description: 'the guard found what is in force worse than the base thresholds',
  },
  'rollout.started': {
    isDefault: true,
    description: 'a candidate serves a share of the episodes',
    number: 'generation',
  },
  'rollout.promoted': {
    isDefault: true,
    description: 'the candidate is in force for all episodes',
    number: 'generation',
  },
  'rollout.rolled_back': {
    isDefault: true,
    description: 'the candidate was withdrawn, by the guard or an operator',
    number: 'generation',
  },
  'rollout.held': { isDefault: true, description: 'the rollout waits for an operator', number: 'generation' },
  'overrides.withdrawn': {
    isDefault: true,
    description: 'a run took out all overrides of a pattern, or more than half of at least ten',
  },
  'generation.published': {
    isDefault: false,
    description: 'a run put a new generation in force',
    number: 'generation',
  },
  'settings.changed': { isDefault: false, description: 'settings of a pattern were changed' },
  'dimension.unused': {
    isDefault: false,
    description: 'lessons use a dimension that no look-up sends',
  },
  'outcomes.missing': { isDefault: false, description: 'more than half of the events have no outcome' },
} as const satisfies Readonly<Record<string, EventKind>>;

export type EventType = keyof typeof EVENT_KINDS;

export const EVENT_TYPES = Object.keys(EVENT_KINDS).filter((type): type is EventType =>
  Object.hasOwn(EVENT_KINDS, type),
);

/** The kinds that a target gets unless its configuration lists kinds. */
export const DEFAULT_EVENTS = EVENT_TYPES.filter(type => EVENT_KINDS[type].isDefault);

/** The kind of the event with which an operator tests a target. No configuration lists it. */
export const TEST_TYPE = 'notification.test';

/** An event: `data` of a webhook and, without `link`, the `detail` of an event on the EventBridge bus. */
export const notificationEventSchema = z.strictObject({
  id: z.string().regex(/^msg_[0-9a-f]{32}$/),
  type: z.enum([...EVENT_TYPES, TEST_TYPE]),
  timestamp: instant,
  pattern_key: z.string().optional(),
  sentence: z.string().max(MAX_SENTENCE),
  number: z.number().optional(),
  count: count.min(1),
  who: z.string().optional(),
  why: z.string().max(MAX_WHY).optional(),
  cycle_id: z.string().optional(),
});
export type NotificationEvent = z.output<typeof notificationEventSchema>;

/**
 * Returns the id of an event. It follows from the source of the event, so that a repeat has the same id.
 * @param source identity of the change or run that the event comes from
 */
export function eventId(
  type: NotificationEvent['type'],
  pattern: string | undefined,
  source: string,
): string {
  return `msg_${shortHash(JSON.stringify([type, pattern ?? '', source]))}`;
}

/** Returns what at most one message in 15 minutes is about: the kind and the pattern of an event. */
export function eventSubject({ type, pattern_key }: Pick<NotificationEvent, 'type' | 'pattern_key'>): string {
  return `${type} ${pattern_key ?? ''}`;
}
