import { outcomeSchema } from '../../shared/episode/outcome.ts';
import { DAY_MS, isoDate } from '../../shared/time.ts';
import { count, plural } from '../format.ts';
import type { EventEntry } from './entry.ts';
import { canonicalKey } from './rewrite-keys.ts';

/** Default length of the window of a run, in days. */
const LOOKBACK_DAYS = 90;
/** Maximum number of patterns that the text of a summary shows. */
const SHOWN = 20;

/** The events of one pattern that an import stored or found stored. */
interface PatternRows {
  rows: number;
  /** Times of the first and the last event, milliseconds since 1970. */
  first: number;
  last: number;
  readonly outcomes: { success: number; failure: number; neutral: number; none: number };
  /** Rows that are older than the window of a run. */
  beforeWindow: number;
  /** Outcomes whose time was assumed: by a time that was sent as assumed, or by the time of the event. */
  readonly assumed: { sent: number; eventTime: number };
}

/** Counts the rows of each pattern that an import stored or found stored. */
export class PatternSummary {
  readonly #windowStart: number;
  readonly #patterns = new Map<string, PatternRows>();

  /** @param now milliseconds since 1970 */
  constructor(now: number) {
    this.#windowStart = now - LOOKBACK_DAYS * DAY_MS;
  }

  /** Counts a row that the service took. */
  add({ fields }: EventEntry): void {
    const pattern = canonicalKey(fields.pattern_key) ?? String(fields.pattern_key);
    const time = Date.parse(String(fields.timestamp));
    const rows = this.#patterns.get(pattern) ?? emptyRows();
    this.#patterns.set(pattern, rows);
    rows.rows++;
    rows.first = Math.min(rows.first, time);
    rows.last = Math.max(rows.last, time);
    if (time < this.#windowStart) rows.beforeWindow++;
    const outcome = outcomeSchema.safeParse(fields.outcome).data;
    rows.outcomes[outcome ?? 'none']++;
    if (outcome === undefined) return;
    if (fields.resolved_at === undefined || fields.resolved_at === null) rows.assumed.eventTime++;
    else if (fields.resolved_at_assumed === true) rows.assumed.sent++;
  }

  /** Returns two or three lines for each pattern, and one about rows before the window. */
  lines(): string[] {
    const patterns = this.#sorted();
    const lines = patterns.slice(0, SHOWN).flatMap(([pattern, rows]) => linesOf(pattern, rows));
    if (patterns.length > SHOWN) lines.push(`and ${plural(patterns.length - SHOWN, 'more pattern')}`);
    if (patterns.some(([, { beforeWindow }]) => beforeWindow > 0))
      lines.push(
        `a run reads ${LOOKBACK_DAYS} days, today from ${isoDate(this.#windowStart)};`,
        '  for earlier rows: settings PATTERN --lookback-days N',
      );
    return lines;
  }

  /** Returns the same facts for `--json`. */
  json(): object[] {
    return this.#sorted().map(([pattern_key, { rows, first, last, outcomes, beforeWindow, assumed }]) => ({
      pattern_key,
      rows,
      from: new Date(first).toISOString(),
      to: new Date(last).toISOString(),
      outcomes,
      before_window: beforeWindow,
      assumed_times: { sent: assumed.sent, event_time: assumed.eventTime },
    }));
  }

  /** Returns the start of the window, RFC 3339. */
  get windowStart(): string {
    return new Date(this.#windowStart).toISOString();
  }

  #sorted(): [string, PatternRows][] {
    return [...this.#patterns].sort(([a], [b]) => (a < b ? -1 : 1));
  }
}

function emptyRows(): PatternRows {
  return {
    rows: 0,
    first: Number.POSITIVE_INFINITY,
    last: Number.NEGATIVE_INFINITY,
    outcomes: { success: 0, failure: 0, neutral: 0, none: 0 },
    beforeWindow: 0,
    assumed: { sent: 0, eventTime: 0 },
  };
}

function linesOf(
  pattern: string,
  { rows, first, last, outcomes, beforeWindow, assumed }: PatternRows,
): string[] {
  const { success, failure, neutral, none } = outcomes;
  const more = [
    beforeWindow > 0 ? `${count(beforeWindow)} before the window of a run` : '',
    assumed.sent > 0 ? `${count(assumed.sent)} with an assumed resolved time` : '',
    assumed.eventTime > 0
      ? `${count(assumed.eventTime)} without resolved time: that of the event is assumed`
      : '',
  ].filter(text => text !== '');
  return [
    `${pattern}: ${plural(rows, 'row')}, ${isoDate(first)} to ${isoDate(last)}`,
    `  ${count(success)} success, ${count(failure)} failure, ${count(neutral)} neutral, ${count(none)} without`,
    ...more.map(text => `  ${text}`),
  ];
}
