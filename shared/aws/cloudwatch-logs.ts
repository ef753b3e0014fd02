import { gunzipSync } from 'node:zlib';

/** Maximum bytes of an inflated event; CloudWatch Logs delivers at most 6 MB compressed. */
const MAX_BYTES = 64 * 1024 * 1024;
const NEXT_STEP = 'invoke this function only from a subscription of CloudWatch Logs';

/**
 * Returns the log lines of an event that CloudWatch Logs sends to a subscriber: JSON, gzipped, in base64.
 * @throws Error when the event has another form
 */
export function readLogLines(event: unknown): string[] {
  const data = member(member(event, 'awslogs'), 'data');
  if (typeof data !== 'string') throw new Error(`invalid event: awslogs.data must be text; ${NEXT_STEP}`);
  const text = gunzipSync(Buffer.from(data, 'base64'), { maxOutputLength: MAX_BYTES }).toString('utf8');
  const events = member(JSON.parse(text), 'logEvents');
  if (!Array.isArray(events)) throw new Error(`invalid event: logEvents must be a list; ${NEXT_STEP}`);
  return events.map(line => String(member(line, 'message')));
}

function member(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;
}
