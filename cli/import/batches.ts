import type { Entry, EventEntry, FaultyEntry } from './entry.ts';

/** Largest number of events in one request. */
const MAX_BATCH = 500;
/** Largest request body, in bytes; the service accepts 1 MiB. */
export const MAX_BODY_BYTES = 1_000_000;

/** Bytes of a body without events. */
const ENVELOPE_BYTES = Buffer.byteLength(bodyOf([]));

/** Returns the body of `POST /v1/events`; the text of each event is included unchanged. */
export function bodyOf(batch: readonly EventEntry[]): string {
  return `{"events":[${batch.map(({ text }) => text).join(',')}]}`;
}

/**
 * Groups a stream of entries into batches that fit one request, in order.
 * @param onFault receives every entry that cannot be sent, including events that fit no request
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
  const detail = `the event exceeds the ${MAX_BODY_BYTES} bytes of a request`;
  return { line, code: 'event_too_large', detail, eventText: text };
}
