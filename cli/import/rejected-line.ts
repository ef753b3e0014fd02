import { isObject, parseJsonText } from '../../shared/json.ts';
import type { Entry, EventEntry } from './entry.ts';
import { rowEvent } from './row-event.ts';

const MEMBERS = ['file', 'line', 'code', 'detail', 'event'];
/** Where the event of a rejected line begins. A string of JSON cannot hold this text without escapes. */
const EVENT_MEMBER = /,\s*"event"\s*:/;

/** Start of the reason why a line stays rejected. */
const STAYS = 'the rejected line holds no event that can be sent; correct it in its own file: ';

/**
 * Returns the event inside a line of a file of rejected events, `{file, line, code, detail, event}`; any other entry
 * unchanged. A line whose content was no event, or not UTF-8, stays rejected with its first reason.
 */
export function unwrapRejected(entry: EventEntry): Entry {
  const { fields, line } = entry;
  if (!MEMBERS.every(name => Object.hasOwn(fields, name)) || Object.keys(fields).length > MEMBERS.length)
    return entry;
  const { code, detail, event } = fields;
  // Bytes that are not UTF-8 are shown as escapes, which would become part of the event.
  if (!isObject(event) || code === 'invalid_encoding')
    return { line, code: String(code), detail: `${STAYS}${String(detail).replace(STAYS, '')}`, event };
  return typeof event.scope === 'string' ? fromCells(event, line) : fromText(entry, event);
}

/** Returns the event as the text that was read, so that no number loses a digit. */
function fromText({ text, line }: EventEntry, fields: Readonly<Record<string, unknown>>): Entry {
  const match = EVENT_MEMBER.exec(text);
  const inner = match
    ? text
        .slice(match.index + match[0].length)
        .replace(/\}\s*$/, '')
        .trim()
    : '';
  if (isObject(parseJsonText(inner))) return { line, text: inner, fields };
  const detail = '`event` must be the last member of a rejected line; import the line as it was written';
  return { line, code: 'invalid_json', detail, eventText: text };
}

/** Returns the event of a row of a CSV, whose cells are text. */
function fromCells(cells: Readonly<Record<string, unknown>>, line: number): Entry {
  const filled = Object.entries(cells).flatMap(([field, cell]) =>
    typeof cell === 'string' && cell !== '' ? [[field, cell] as const] : [],
  );
  const event = rowEvent(Object.fromEntries(filled), undefined, 0);
  return 'text' in event ? { line, ...event } : { line, ...event, event: cells };
}
