import { eventsPageSchema } from '../../shared/http/schemas/events.ts';
import type { Session } from '../session.ts';
import type { Position } from './export-file.ts';

/** Events of one request. A page may hold fewer, because answers are limited by their bytes. */
const PAGE = 1000;

/** The events of one page, one a line, and how far the export has come with them. */
interface ExportedPage {
  readonly lines: string;
  readonly position: Position;
}

/** Chooses the events of an export; both times are inclusive, RFC 3339. */
interface ExportSpan {
  readonly from?: string | undefined;
  readonly to?: string | undefined;
}

/** Reads stored events page by page, pattern after pattern. */
export async function* exportedPages(
  session: Session,
  { from, to }: ExportSpan,
  start: Position,
  signal: AbortSignal,
): AsyncGenerator<ExportedPage> {
  let { next, events, bytes } = start;
  for (let index = start.index; index < start.patterns.length; ) {
    const query = { pattern_key: start.patterns[index], from, to, limit: String(PAGE), next };
    const { raw, data } = await session.request(eventsPageSchema, '/v1/events', { query, signal });
    const rows: unknown[] = Object(raw).events;
    const lines = rows.map(row => `${JSON.stringify(row)}\n`).join('');
    events += rows.length;
    bytes += Buffer.byteLength(lines);
    next = data.next;
    if (next === undefined) index++;
    yield { lines, position: { ...start, index, next, events, bytes } };
  }
}
