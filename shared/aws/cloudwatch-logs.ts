import { gunzipSync } from 'node:zlib';

/** CloudWatch Logs hands over at most 6 MB; inflated more than this is none of it. */
const MAX_BYTES = 64 * 1024 * 1024;

/**
 * The lines in what CloudWatch Logs hands to a subscriber: JSON, compressed, as base64.
 * @throws Error when it is none of that
 */
export function readLogLines(event: unknown): string[] {
  const data = member(member(event, 'awslogs'), 'data');
  if (typeof data !== 'string') throw new Error('this is no event of CloudWatch Logs');
  const text = gunzipSync(Buffer.from(data, 'base64'), { maxOutputLength: MAX_BYTES }).toString('utf8');
  const events = member(JSON.parse(text), 'logEvents');
  if (!Array.isArray(events)) throw new Error('an event of CloudWatch Logs without a list of lines');
  return events.map(line => String(member(line, 'message')));
}

function member(of: unknown, name: string): unknown {
  return typeof of === 'object' && of !== null ? Reflect.get(of, name) : undefined;
}
