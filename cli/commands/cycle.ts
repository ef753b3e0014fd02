import { type Command, Option } from 'commander';
import type { CycleRecord, PatternRun } from '../../shared/cycle/cycle.ts';
import { cycleRecordSchema } from '../../shared/cycle/cycle.ts';
import { cycleStartedSchema } from '../../shared/http/schemas/cycles.ts';
import { integerAtLeast, time } from '../arguments.ts';
import type { RunCommand } from '../command-runner.ts';
import { ServiceError } from '../errors.ts';
import { EXIT, type ExitCode, Failure } from '../exit-codes.ts';
import { count, instant, printable } from '../format.ts';
import { lookbackOption } from '../options.ts';
import { printWarnings } from '../print-warnings.ts';
import type { Session } from '../session.ts';
import type { Column } from '../table.ts';

interface Options {
  readonly asOf?: string;
  readonly lookbackDays?: number;
  readonly nMin?: number;
  readonly policy?: string;
  readonly pattern?: string;
  readonly id?: string;
  readonly wait: boolean;
}

const FIRST_POLL_MS = 100;
const MAX_POLL_MS = 2000;
/** Milliseconds after the start within which a missing record is no error. */
const RECORD_DUE_MS = 15_000;

const HELP = `
Without options, a cycle reads the events up to now, with each pattern's own
settings.

Examples:
  $ pm-tuning cycle
  $ pm-tuning cycle --as-of 2025-01-20T00:00:00Z --pattern pm.uptrend.S1.entry
  $ id=$(pm-tuning cycle --no-wait --json | jq -r .cycle_id)
  $ pm-tuning cycle --id "$id"`;

/** Adds `cycle`: starts a cycle, waits for its end and shows the result of each pattern. */
export function addCycle(program: Command, runCommand: RunCommand): void {
  program
    .command('cycle')
    .description(
      'run a cycle now: mine lessons and put overrides in force; exit code 1 when a pattern failed',
    )
    .option('--as-of <time>', 'use the events as they were known then (RFC 3339, or a date)', time)
    .addOption(lookbackOption('days of events to read, by event time'))
    .option('--n-min <n>', 'events with an outcome that a lesson needs', integerAtLeast(1))
    .option('--policy <policy>', 'policy to publish, for this cycle only: drift or replay')
    .option('--pattern <pattern>', 'only this pattern')
    .option('--no-wait', 'only start the cycle and print its id')
    .addOption(
      new Option('--id <cycle>', 'start nothing: wait for this cycle and show it').conflicts([
        'asOf',
        'lookbackDays',
        'nMin',
        'policy',
        'pattern',
      ]),
    )
    .addHelpText('after', HELP)
    .action(async (options: Options, command: Command) =>
      runCommand(command, session => run(session, options)),
    );
}

async function run(session: Session, options: Options): Promise<ExitCode> {
  const id = options.id ?? (await start(session, options));
  if (id === undefined) return EXIT.ok;
  const { raw, data } = await waitForCycle(session, id, options);
  session.output(raw, () => show(session, data));
  return data.status === 'failed' || data.status === 'partial' ? EXIT.unsuccessful : EXIT.ok;
}

/** Starts a cycle and returns its id, or undefined with `--no-wait`. */
async function start(session: Session, options: Options): Promise<string | undefined> {
  const body = {
    as_of: options.asOf,
    lookback_days: options.lookbackDays,
    n_min: options.nMin,
    policy: options.policy,
    pattern_key: options.pattern,
  };
  const { raw, data } = await session.request(cycleStartedSchema, '/v1/cycles', { method: 'POST', body });
  if (options.wait) return data.cycle_id;
  session.output(raw, () => session.print(`cycle ${printable(data.cycle_id)} started`));
  return undefined;
}

/**
 * Polls the record of a cycle until the cycle has ended, and returns it. One long request would not do, because a
 * gateway in front of the service limits its duration.
 */
async function waitForCycle(
  session: Session,
  id: string,
  options: Options,
): Promise<{ raw: unknown; data: CycleRecord }> {
  const stop = new AbortController();
  const unsubscribe = session.host.onInterrupt(() => stop.abort(interrupted(id)));
  const { host } = session;
  const started = host.now();
  try {
    for (let wait = FIRST_POLL_MS; ; wait = Math.min(MAX_POLL_MS, wait * 1.5)) {
      const mayBeMissing = options.id === undefined && host.now() - started < RECORD_DUE_MS;
      const record = await readRecord(session, id, mayBeMissing, stop.signal);
      if (record && (record.data.status !== 'running' || !options.wait)) return record;
      await host.sleep(wait, stop.signal);
    }
  } catch (error) {
    throw stop.signal.aborted ? stop.signal.reason : error;
  } finally {
    unsubscribe();
  }
}

/** Reads a record once. With `mayBeMissing`, returns undefined for a missing one. */
async function readRecord(session: Session, id: string, mayBeMissing: boolean, signal: AbortSignal) {
  try {
    return await session.request(cycleRecordSchema, `/v1/cycles/${encodeURIComponent(id)}`, { signal });
  } catch (error) {
    if (mayBeMissing && error instanceof ServiceError && error.code === 'unknown_cycle') return undefined;
    throw error;
  }
}

function interrupted(id: string): Failure {
  const advice = `wait for it with: pm-tuning cycle --id ${id}`;
  return new Failure(EXIT.interrupted, `interrupted; the cycle continues; ${advice}`);
}

function show(session: Session, record: CycleRecord): void {
  const duration = record.finished_at
    ? `, took ${((Date.parse(record.finished_at) - Date.parse(record.started_at)) / 1000).toFixed(1)} s`
    : '';
  const summary = `cycle ${record.status}, as of ${instant(record.as_of)}${duration}`;
  session.print(`${session.bold(summary)} (${printable(record.cycle_id)})`);
  if (record.reason !== undefined) session.print(printable(record.reason));
  session.print();
  const patterns = record.patterns.toSorted((a, b) => b.events_read - a.events_read);
  session.table(COLUMNS, patterns, 'no pattern has events in the window');
  const remarks = patterns.flatMap(({ pattern_key, reason, cut }) =>
    [reason, cut].flatMap(text => (text === undefined ? [] : [`${pattern_key}: ${text}`])),
  );
  if (remarks.length > 0) session.print();
  for (const remark of remarks) session.print(printable(remark));
  if (record.warnings.length > 0) session.print();
  printWarnings(session, record.warnings);
}

const COLUMNS: readonly Column<PatternRun>[] = [
  { title: 'pattern', value: row => printable(row.pattern_key), wraps: true },
  { title: 'result', value: row => row.status.replaceAll('_', ' ') },
  { title: 'events', value: row => count(row.events_read), align: 'right' },
  { title: 'lessons', value: row => count(row.lessons), align: 'right' },
  { title: 'overrides', value: row => count(row.overrides), align: 'right' },
  { title: 'generation', value: row => count(row.generation), align: 'right' },
];
