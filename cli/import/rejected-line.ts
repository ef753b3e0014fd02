import { isObject, parseJsonText } from '../../shared/validation.ts';
import type { Entry, EventEntry } from './entry.ts';
import { rowEvent } from './row-event.ts';

const MEMBERS = ['file', 'line', 'code', 'detail', 'event'];
/** Where the event of a rejected line begins. A string of JSON cannot hold this text without escapes. */
const EVENT_MEMBER = /,\s*"event"\s*:/;

/**
 * Returns the event inside a line of a file of rejected events, `{file, line, code, detail, event}`; any other entry
 * unchanged. A line whose content was no event stays rejected, with its first reason.
 */
export function unwrapRejected(entry: EventEntry): Entry {
  const { fields, line } = entry;
  if (!MEMBERS.every(name => Object.hasOwn(fields, name)) || Object.keys(fields).length > MEMBERS.length)
    return entry;
  const { code, detail, event } = fields;
  if (!isObject(event))
    return {
      line,
      code: String(code),
      detail: `the line that was rejected holds no event; correct it in its own file: ${detail}`,
      event,
    };
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
