import type { Entry, EventEntry, FaultyEntry } from './entry.ts';

/** What one request carries at most. */
export const MAX_BATCH = 500;
/** Bytes of a request body; the service takes 1 MiB, what is around the events included. */
export const MAX_BODY_BYTES = 1_000_000;

const ENVELOPE_BYTES = Buffer.byteLength(bodyOf([]));

/** The body of `POST /v1/events`; the events' text goes in as it was read. */
export function bodyOf(batch: readonly EventEntry[]): string {
  return `{"events":[${batch.map(({ text }) => text).join(',')}]}`;
}

/**
 * Cuts a stream of entries into batches that one request can carry, in order.
 * @param onFault takes the entries that cannot be sent, those too large for any request included
 */
export async function* batches(
  entries: AsyncIterable<Entry>,
  onFault: (fault: FaultyEntry) => void,
): AsyncGenerator<EventEntry[]> {
  let batch: EventEntry[] = [];
  let bytes = ENVELOPE_BYTES;
  for await (const entry of entries) {
    if (!('text' in entry)) {
      onFault(entry);
      continue;
    }
    const size = Buffer.byteLength(entry.text) + 1;
    if (ENVELOPE_BYTES + size > MAX_BODY_BYTES) {
      onFault(tooLarge(entry));
      continue;
    }
    if (batch.length === MAX_BATCH || bytes + size > MAX_BODY_BYTES) {
      yield batch;
      batch = [];
      bytes = ENVELOPE_BYTES;
    }
    batch.push(entry);
    bytes += size;
  }
  if (batch.length > 0) yield batch;
}

function tooLarge({ line, text }: EventEntry): FaultyEntry {
  const detail = `the event is larger than a request of ${MAX_BODY_BYTES} bytes`;
  return { line, code: 'event_too_large', detail, event: JSON.parse(text) };
}
