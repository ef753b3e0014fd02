import { errorMessage } from '../errors.ts';
import { rfc3339 } from './postgres-time.ts';

const JSON_FIELDS: ReadonlySet<string> = new Set(['scope', 'factors']);
const TIME_FIELDS: ReadonlySet<string> = new Set(['timestamp', 'resolved_at']);
const FLAG = /^(?:t|f|true|false)$/i;

/** The event of a row, or the reason why it has none. */
type RowEvent =
  | { readonly text: string; readonly fields: Readonly<Record<string, unknown>> }
  | { readonly code: string; readonly detail: string };

/**
 * Returns the event of a row. JSON cells and numbers stay the text that was read, so that no number loses a digit.
 * @param cells field → cell, without empty cells
 * @param updatedAt time of the row's last change, if known. It is the assumed time of an outcome that has none.
 * @param now milliseconds since 1970; a later `updatedAt` is not used, nor is one before the event
 */
export function rowEvent(
  cells: Readonly<Record<string, string>>,
  updatedAt: string | undefined,
  now: number,
): RowEvent {
  const fields: Record<string, unknown> = {};
  const members: string[] = [];
  const add = (field: string, json: string, value: unknown): void => {
    fields[field] = value;
    members.push(`${JSON.stringify(field)}:${json}`);
  };
  for (const [field, cell] of Object.entries(cells)) {
    const value = TIME_FIELDS.has(field) ? rfc3339(cell) : cell;
    if (JSON_FIELDS.has(field)) {
      const problem = jsonProblem(cell);
      if (problem !== undefined)
        return { code: 'invalid_json', detail: `${field} is not valid JSON: ${problem}` };
      add(field, cell, cell);
    } else if (isPlain(field, cell)) add(field, cell, Number(cell));
    else if (field === 'resolved_at_assumed' && FLAG.test(cell)) {
      const flag = /^t/i.test(cell);
      add(field, String(flag), flag);
    } else add(field, JSON.stringify(value), value);
  }
  const assumed = assumedTime(fields, updatedAt, now);
  if (assumed !== undefined) {
    add('resolved_at', JSON.stringify(assumed), assumed);
    add('resolved_at_assumed', 'true', true);
  }
  return { text: `{${members.join(',')}}`, fields };
}

/** Returns whether a cell is a return as JSON writes numbers. */
function isPlain(field: string, cell: string): boolean {
  return field === 'return' && /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:e[+-]?\d+)?$/i.test(cell.trim());
}

/** Returns the time to assume for an outcome without time; undefined when there is none, or it cannot be right. */
function assumedTime(
  { outcome, resolved_at, timestamp }: Readonly<Record<string, unknown>>,
  updatedAt: string | undefined,
  now: number,
): string | undefined {
  if (outcome === undefined || resolved_at !== undefined || updatedAt === undefined) return undefined;
  const time = rfc3339(updatedAt);
  return Date.parse(time) >= Date.parse(String(timestamp)) && Date.parse(time) <= now ? time : undefined;
}

/** Returns the message of the JSON parser; undefined for valid JSON. */
function jsonProblem(text: string): string | undefined {
  try {
    JSON.parse(text);
    return undefined;
  } catch (error) {
    return errorMessage(error);
  }
}
