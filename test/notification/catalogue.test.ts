import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import {
  EVENT_KINDS,
  EVENT_TYPES,
  notificationEventSchema,
} from '../../shared/notification/notification-event.ts';

const page = readFileSync(new URL('../../docs/notifications.md', import.meta.url), 'utf8');

it('[Y6] The page lists every type of event with its default, its description and its number', () => {
  const rows = [...page.matchAll(/^\| `([a-z_]+\.[a-z_]+)` \| (on|off) \| ([^|]+) \|( [^|]+)? \|$/gm)].map(
    ([, type, given, told, number]) => [type, given, told, number?.trim()],
  );
  expect(rows).toEqual(
    EVENT_TYPES.map(type => {
      const kind: { isDefault: boolean; description: string; number?: string } = EVENT_KINDS[type];
      return [type, kind.isDefault ? 'on' : 'off', kind.description, kind.number];
    }),
  );
});

it('[Y6] The page lists every member of an event, and which of them are optional', () => {
  const section = page.slice(page.indexOf('### The form of an event'), page.indexOf('## Configure'));
  const rows = [...section.matchAll(/^\| `(\w+)` \| ([^|]+) \|/gm)].map(([, name = '', type = '']) => [
    name,
    type.includes('optional'),
  ]);
  expect(rows).toEqual(
    Object.entries(notificationEventSchema.shape).map(([name, schema]) => [name, schema.isOptional()]),
  );
});
