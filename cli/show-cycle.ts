import type { CycleRecord, PatternRun } from '../shared/cycle/cycle.ts';
import { count, instant, printable } from './format.ts';
import { printWarnings } from './print-warnings.ts';
import type { Session } from './session.ts';
import { DEFAULT_URL } from './session.ts';
import type { Column } from './table.ts';

/** Prints the record of a cycle; of a trial, what it would change and how to publish that. */
export function showCycle(session: Session, record: CycleRecord): void {
  const duration = record.finished_at
    ? `, took ${((Date.parse(record.finished_at) - Date.parse(record.started_at)) / 1000).toFixed(1)} s`
    : '';
  const kind = record.trial ? 'trial' : 'cycle';
  const summary = `${kind} ${record.status}, as of ${instant(record.as_of)}${duration}`;
  session.print(`${session.bold(summary)} (${printable(record.cycle_id)})`);
  if (record.failure !== undefined) session.print(printable(record.failure));
  if (record.reason !== undefined) session.print(printable(`by ${record.who}: ${record.reason}`));
  session.print();
  const patterns = record.patterns.toSorted((a, b) => b.events_read - a.events_read);
  session.table(record.trial ? TRIAL_COLUMNS : COLUMNS, patterns, 'no pattern has events in the window');
  const remarks = patterns.flatMap(({ pattern_key, reason, cut }) =>
    [reason, cut].flatMap(text => (text === undefined ? [] : [`${pattern_key}: ${text}`])),
  );
  if (remarks.length > 0) session.print();
  for (const remark of remarks) session.print(printable(remark));
  if (record.warnings.length > 0) session.print();
  printWarnings(session, record.warnings);
  if (record.trial && record.status !== 'running') showNextSteps(session, record);
}

/** Prints how to publish the result of a trial, and how to read it. */
function showNextSteps(session: Session, record: CycleRecord): void {
  session.print();
  const publishable = record.patterns.filter(pattern => pattern.would_publish);
  const [first] = publishable;
  if (!first) {
    session.print('Nothing was put in force, and publishing would change nothing.');
    return;
  }
  session.print('Nothing was put in force. To publish this result:');
  session.print(`  ${publishCommand(session, record)}`);
  session.print('To read it, for a day:');
  const target = urlOption(session);
  const cycle = printable(record.cycle_id);
  session.print(`  pm-tuning overrides ${printable(first.pattern_key)} --cycle ${cycle}${target}`);
}

/** Returns the command that publishes what a trial computed: the same events and the same settings. */
function publishCommand(session: Session, { as_of, settings }: CycleRecord): string {
  const options = Object.entries({
    '--as-of': as_of,
    '--lookback-days': settings.lookback_days,
    '--n-min': settings.n_min,
    '--policy': settings.policy,
    '--pattern': settings.pattern_key,
  }).flatMap(([name, value]) => (value === undefined ? [] : [`${name} ${printable(String(value))}`]));
  return `pm-tuning cycle ${options.join(' ')} --publish --reason "…"${urlOption(session)}`;
}

/** Returns the option that a command needs for the same service; empty for the one that it uses anyway. */
function urlOption({ url, profile, host }: Session): string {
  if (profile !== undefined) return ` --profile ${profile}`;
  return url === (host.env.PM_TUNING_URL ?? DEFAULT_URL) ? '' : ` --url ${url}`;
}

/** Shown for counts that a failed pattern does not have. */
const UNKNOWN = '–';

const PATTERN: Column<PatternRun> = {
  title: 'pattern',
  value: row => printable(row.pattern_key),
  wraps: true,
};
const EVENTS: Column<PatternRun> = { title: 'events', value: row => count(row.events_read), align: 'right' };
const COLUMNS: readonly Column<PatternRun>[] = [
  PATTERN,
  { title: 'result', value: row => row.status.replaceAll('_', ' ') },
  EVENTS,
  { title: 'lessons', value: row => count(row.lessons), align: 'right' },
  { title: 'overrides', value: row => count(row.overrides), align: 'right' },
  { title: 'generation', value: row => count(row.generation), align: 'right' },
];

/** The counts are those of overrides against what is in force. The columns fit a terminal of 60 characters. */
const TRIAL_COLUMNS: readonly Column<PatternRun>[] = [
  PATTERN,
  {
    title: 'publish',
    value: row => (row.status === 'failed' ? 'failed' : row.would_publish ? 'would' : 'no'),
  },
  EVENTS,
  ...(['added', 'removed', 'changed'] as const).map(
    (kind): Column<PatternRun> => ({
      title: kind,
      value: ({ changes }) => (changes ? count(changes[kind]) : UNKNOWN),
      align: 'right',
    }),
  ),
];
