import * as z from 'zod';
import { sha256 } from '../hash.ts';
import { isObject } from '../json.ts';
import { parse } from '../validation.ts';
import type { EventType, NotificationEvent } from './notification-event.ts';
import { DEFAULT_EVENTS, EVENT_TYPES } from './notification-event.ts';

/** Name of a target, which answers and logs may show. */
export const targetNameSchema = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/, 'must have 1 to 64 letters, digits, _ and -');

/** Decoded length of a signing secret, bytes. Source: Standard Webhooks 1.0. */
const MIN_SECRET_BYTES = 24;
const MAX_SECRET_BYTES = 64;

/** Most targets of a configuration. */
const MAX_TARGETS = 20;

const eventsSchema = z.array(z.enum(EVENT_TYPES)).min(1).optional();

const urlSchema = z
  .string()
  .max(2000)
  .refine(text => {
    const url = URL.canParse(text) ? new URL(text) : undefined;
    return url !== undefined && /^https?:$/.test(url.protocol) && url.username === '' && url.password === '';
  }, 'must be an https URL without user and password');

const secretSchema = z.string().refine(text => {
  const [, base64 = ''] = /^whsec_([A-Za-z0-9+/]+={0,2})$/.exec(text) ?? [];
  const { length } = Buffer.from(base64, 'base64');
  return length >= MIN_SECRET_BYTES && length <= MAX_SECRET_BYTES;
}, 'must be whsec_ and 24 to 64 bytes in base64');

const targetSchema = z.discriminatedUnion('type', [
  z.strictObject({
    type: z.literal('webhook'),
    url: urlSchema,
    secret: secretSchema,
    events: eventsSchema,
  }),
  z.strictObject({ type: z.literal('slack'), url: urlSchema, events: eventsSchema }),
  z.strictObject({ type: z.literal('discord'), url: urlSchema, events: eventsSchema }),
  z.strictObject({
    type: z.literal('telegram'),
    token: z.string().regex(/^\d+:[A-Za-z0-9_-]{20,100}$/, 'must be the token of a bot'),
    chat_id: z.union([z.string().regex(/^(-?\d+|@\w+)$/, 'must be a number or @name'), z.int()]),
    /** Another server of the Bot API. */
    api: urlSchema.optional(),
    events: eventsSchema,
  }),
]);
export type Target = z.output<typeof targetSchema>;

const configurationSchema = z.strictObject({
  /** Address of the page, to which messages link. */
  link: urlSchema.optional(),
  targets: z
    .record(targetNameSchema, targetSchema)
    .refine(
      targets => Object.keys(targets).length <= MAX_TARGETS,
      `must have at most ${MAX_TARGETS} targets`,
    ),
});
export type NotificationConfiguration = z.output<typeof configurationSchema>;

/**
 * Reads the configuration of notifications from JSON. No message of an error has a value of it.
 * @throws Fault `invalid_request` with a place for each invalid member
 * @throws SyntaxError without any part of the text
 */
export function parseConfiguration(text: string): NotificationConfiguration {
  let raw: unknown;
  try {
    raw = JSON.parse(text);
  } catch {
    // The parser's own message quotes the text.
    throw new SyntaxError('it is no JSON');
  }
  if (!isObject(raw)) throw new SyntaxError('it is no JSON object');
  return parse(configurationSchema, raw, 'invalid_request');
}

/** Returns the kinds of events that a target gets. */
export function eventsOf({ events }: Target): readonly EventType[] {
  return events ?? DEFAULT_EVENTS;
}

/** Returns the target of a name; undefined when none has it. */
export function targetNamed({ targets }: NotificationConfiguration, name: string): Target | undefined {
  return Object.hasOwn(targets, name) ? targets[name] : undefined;
}

/** Returns the names of the targets that get a kind of event. */
export function targetsOf({ targets }: NotificationConfiguration, type: NotificationEvent['type']): string[] {
  return Object.entries(targets)
    .filter(([, target]) => eventsOf(target).some(wanted => wanted === type))
    .map(([name]) => name);
}

/** Returns the kinds of events that at least one target gets. */
export function wantedEvents({ targets }: NotificationConfiguration): Set<EventType> {
  return new Set(Object.values(targets).flatMap(eventsOf));
}

/** Returns a name for a target's configuration: a target that ended begins anew when it changes. */
export function targetHash(target: Target): string {
  return sha256(JSON.stringify(target));
}
