import { randomOf } from '../../support/random.ts';

/* This file makes up an export of the old table `pattern_episode_events`, with everything odd that such tables hold. */

interface PatternTruth {
  rows: number;
  outcomes: { success: number; failure: number; neutral: number; none: number };
  before_window: number;
  assumed_times: { sent: number; event_time: number };
}

interface OldExport {
  /** The CSV. */
  readonly bytes: Buffer;
  readonly rows: number;
  /** What an import into an empty service must count. */
  readonly accepted: number;
  readonly unchanged: number;
  readonly rejected: Readonly<Record<string, number>>;
  readonly patterns: ReadonlyMap<string, PatternTruth>;
  /** Rows whose key has a form that only an import reads. */
  readonly rewritten: number;
}

const COLUMNS =
  'id,scope,pattern_key,episode_id,decision,factors,outcome,created_at,updated_at,trade_id,resolved_at'.split(
    ',',
  );
/** Keys as old tables spell them, each with the canonical one and whether only an import reads it. */
const KEYS: readonly (readonly [text: string, canonical: string, rewritten: boolean])[] = [
  ['pm.uptrend.S1.entry', 'pm.uptrend.S1.entry', false],
  ['pm.s1_entry', 'pm.uptrend.S1.entry', false],
  ['module=pm|pattern_key=uptrend.S1.entry', 'pm.uptrend.S1.entry', false],
  ['pm.uptrend.s2.entry', 'pm.uptrend.S2.entry', false],
  ['pm.uptrend.S01.entry', 'pm.uptrend.S1.entry', true],
  ['PM.Uptrend.S2.ENTRY', 'pm.uptrend.S2.entry', true],
  [' pm . uptrend . S3 . retest ', 'pm.uptrend.S3.retest', true],
  ['module = pm | pattern_key = uptrend.s03.retest', 'pm.uptrend.S3.retest', true],
  ['PM.S3_Retest', 'pm.uptrend.S3.retest', true],
  ['module=PM|pattern_key=Uptrend.S1.entry', 'pm.uptrend.S1.entry', true],
];
const NOTHING = ['', 'null', 'NULL', '\\N'];
const OUTCOMES = [
  ['success', 'success'],
  ['failure', 'failure'],
  ['neutral', 'neutral'],
  ['missed', 'success'],
  ['correct_skip', 'failure'],
  [undefined, 'none'],
] as const;
const DAY_MS = 86_400_000;

/**
 * Makes up an export with 3 rows for each episode on average: one to five windows.
 * @param episodes number of episodes, a multiple of 5
 * @param now time of the import, milliseconds since 1970; half of the rows are older than 90 days
 * @param separator what separates the columns
 */
export function oldExport(episodes: number, now: number, separator = ','): OldExport {
  const random = randomOf(episodes);
  const lines: Buffer[] = [Buffer.from(`\ufeff${COLUMNS.join(separator)}\r\n`)];
  const truth = {
    rows: 0,
    accepted: 0,
    unchanged: 0,
    rejected: {} as Record<string, number>,
    rewritten: 0,
    patterns: new Map<string, PatternTruth>(),
  };
  for (let episode = 0; episode < episodes; episode++) {
    const key = KEYS[Math.floor(random() * KEYS.length)] ?? ['', '', false];
    for (let window = 0; window <= episode % 5; window++) {
      const row = oldRow(truth.rows, episode, key[0], now, random);
      truth.rows++;
      const repeated = row.fault === undefined && truth.rows % 101 === 0 && window < episode % 5;
      const bytes = Buffer.from(
        lineOf(row.cells, separator, truth.rows),
        row.fault === 'invalid_encoding' ? 'latin1' : 'utf8',
      );
      lines.push(bytes);
      if (row.fault !== undefined) {
        truth.rejected[row.fault] = (truth.rejected[row.fault] ?? 0) + 1;
        continue;
      }
      truth.accepted++;
      const copies = repeated ? 2 : 1;
      if (repeated) {
        lines.push(bytes);
        truth.unchanged++;
        truth.rows++;
        window++;
      }
      count(truth.patterns, key[1], row, copies);
      if (key[2]) truth.rewritten += copies;
    }
  }
  return { ...truth, bytes: Buffer.concat(lines) };
}

interface OldRow {
  readonly cells: readonly string[];
  /** Code with which the row is refused. */
  readonly fault?: string;
  readonly outcome: keyof PatternTruth['outcomes'];
  readonly old: boolean;
  readonly assumed: undefined | keyof PatternTruth['assumed_times'];
}

function oldRow(index: number, episode: number, key: string, now: number, random: () => number): OldRow {
  const nothing = NOTHING[index % NOTHING.length] ?? '';
  const [outcomeCell, outcome] = OUTCOMES[Math.floor(random() * OUTCOMES.length)] ?? [undefined, 'none'];
  const old = random() < 0.5;
  const created = now - Math.floor((old ? 91 + 200 * random() : 1 + 88 * random()) * DAY_MS);
  const later = created + Math.floor(random() * 3_600_000);
  // The time of the outcome: sent, assumed from `updated_at`, from an `updated_at` that cannot be right, or from nothing.
  const times = [
    [later, later],
    [undefined, later],
    [undefined, created - DAY_MS],
    [undefined, undefined],
  ] as const;
  const [resolved, updated] = times[Math.floor(random() * 4)] ?? [undefined, undefined];
  const factors = { ts_score: index % 7 ? random() : String(random()), ts_min: 0.6, note: 'a, b; c\t"d"' };
  const scope = { chain: 'solana', venue: 'Börse', timeframe: index % 2 ? '15m' : '1h', rank: index % 5 };
  const fault = faultOf(index);
  const cells = [
    `${index}`,
    JSON.stringify(scope, null, index % 11 ? 0 : 1),
    fault === 'invalid_pattern_key' ? 'pm.uptrend.entry' : key,
    `ep-${episode}`,
    index % 2 ? 'acted' : 'skipped',
    fault === 'invalid_json' ? '{"ts_score":' : JSON.stringify(factors),
    outcomeCell ?? nothing,
    postgresTime(created, index),
    updated === undefined ? nothing : postgresTime(updated, index + 1),
    index % 3 ? nothing : `t-${index}`,
    resolved === undefined ? nothing : postgresTime(resolved, index),
  ];
  const isAssumed = outcomeCell !== undefined && resolved === undefined;
  const assumed = isAssumed ? (updated === later ? 'sent' : 'event_time') : undefined;
  const shared = { outcome, old, assumed } as const;
  if (fault === undefined) return { ...shared, cells };
  return { ...shared, fault, cells: fault === 'invalid_row' ? cells.slice(2) : cells };
}

/** Returns the code with which the row of an index is refused. */
function faultOf(index: number): string | undefined {
  const faults = ['invalid_pattern_key', 'invalid_json', 'invalid_encoding', 'invalid_row'];
  return index % 149 === 7 ? faults[Math.floor(index / 149) % faults.length] : undefined;
}

/** Returns a time as Postgres writes it: in UTC, without a zone, or with an offset. */
function postgresTime(ms: number, form: number): string {
  const text = (at: number): string => new Date(at).toISOString().replace('T', ' ').replace('Z', '');
  return [`${text(ms)}+00`, text(ms), `${text(ms + 5.5 * 3_600_000)}+05:30`][form % 3] ?? '';
}

/** Returns a line of the CSV; rows end with CRLF, LF, or CRLF and a blank line. */
function lineOf(cells: readonly string[], separator: string, index: number): string {
  const end = ['\r\n', '\n', '\r\n\r\n'][index % 3] ?? '\n';
  const quoted = cells.map(cell => (/[",;\t\r\n{]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell));
  return quoted.join(separator) + end;
}

function count(
  patterns: Map<string, PatternTruth>,
  pattern: string,
  { outcome, old, assumed }: OldRow,
  copies: number,
): void {
  const truth = patterns.get(pattern) ?? {
    rows: 0,
    outcomes: { success: 0, failure: 0, neutral: 0, none: 0 },
    before_window: 0,
    assumed_times: { sent: 0, event_time: 0 },
  };
  patterns.set(pattern, truth);
  truth.rows += copies;
  truth.outcomes[outcome] += copies;
  if (old) truth.before_window += copies;
  if (assumed) truth.assumed_times[assumed] += copies;
}
