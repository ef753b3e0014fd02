import { expect, it } from 'vitest';
import { batches, bodyOf, MAX_BODY_BYTES } from '../../../cli/import/batches.ts';
import type { Entry, FaultyEntry } from '../../../cli/import/entry.ts';
import { collect } from '../support/collect.ts';

async function intoBatches(
  entries: readonly Entry[],
): Promise<{ batches: number[]; bodies: string[]; faults: FaultyEntry[] }> {
  const faults: FaultyEntry[] = [];
  async function* stream(): AsyncGenerator<Entry> {
    yield* entries;
  }
  const groups = await collect(batches(stream(), fault => faults.push(fault)));
  return { batches: groups.map(batch => batch.length), bodies: groups.map(bodyOf), faults };
}

const event = (line: number, size: number): Entry => ({
  line,
  text: JSON.stringify({ é: 'é'.repeat(size / 2) }),
  fields: {},
});

it('A batch has at most 500 events, and no events make no batch', async () => {
  const entries = Array.from({ length: 1001 }, (_, i) => event(i + 1, 10));
  expect((await intoBatches(entries)).batches).toEqual([500, 500, 1]);
  expect((await intoBatches([])).batches).toEqual([]);
});

it('A batch has a body of at most a million bytes in UTF-8', async () => {
  const { batches: sizes, bodies } = await intoBatches(
    Array.from({ length: 30 }, (_, i) => event(i + 1, 90_000)),
  );
  expect(sizes).toEqual([11, 11, 8]);
  for (const body of bodies) expect(Buffer.byteLength(body)).toBeLessThanOrEqual(MAX_BODY_BYTES);
});

it('A batch leaves out faulty entries and an event that fits no request', async () => {
  const fault = { line: 1, code: 'invalid_json', detail: 'no', event: 'x' };
  const result = await intoBatches([fault, event(2, MAX_BODY_BYTES), event(3, 10)]);
  expect(result.batches).toEqual([1]);
  expect(result.faults).toMatchObject([fault, { line: 2, code: 'event_too_large' }]);
});

it('An event is sent as the text that was read', () => {
  const text = '{"n": 12345678901234567890, "__proto__": 1}';
  expect(bodyOf([{ line: 1, text, fields: {} }])).toBe(`{"events":[${text}]}`);
});
