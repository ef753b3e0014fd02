import { type Command, Option } from 'commander';
import type { CycleRecord } from '../../shared/cycle/cycle.ts';
import { cyclePageSchema, cycleStartedSchema } from '../../shared/http/schemas/cycles.ts';
import { integerAtLeast, time } from '../arguments.ts';
import type { RunCommand } from '../command-runner.ts';
import { ServiceError } from '../errors.ts';
import { EXIT, type ExitCode, Failure, usageError } from '../exit-codes.ts';
import { printable } from '../format.ts';
import { lookbackOption } from '../options.ts';
import { readPages } from '../pagination.ts';
import type { Session } from '../session.ts';
import { showCycle } from '../show-cycle.ts';

interface Options {
  readonly asOf?: string;
  readonly lookbackDays?: number;
  readonly nMin?: number;
  readonly policy?: string;
  readonly pattern?: string;
  readonly publish?: boolean;
  readonly trial?: boolean;
  readonly reason?: string;
  readonly id?: string;
  readonly wait: boolean;
}

const FIRST_POLL_MS = 100;
const MAX_POLL_MS = 2000;
/** Milliseconds after the start within which a missing record is no error. */
const RECORD_DUE_MS = 15_000;

/** Options that describe a new run, and have no meaning for one that has started. */
const START_OPTIONS = ['asOf', 'lookbackDays', 'nMin', 'policy', 'pattern', 'publish', 'trial', 'reason'];

const HELP = `
Without options, a cycle reads the events up to now, with each pattern's own
settings, and publishes, as the schedule does. With --as-of, --lookback-days,
--n-min or --policy it is a trial: it shows what it would change, and puts
nothing in force. --publish --reason publishes such a result.

Examples:
  $ pm-tuning cycle
  $ pm-tuning cycle --as-of 2025-01-20 --pattern pm.uptrend.S1.entry
  $ pm-tuning cycle --as-of 2025-01-20 --publish --reason "first import"
  $ id=$(pm-tuning cycle --no-wait --json | jq -r .cycle_id)
  $ pm-tuning cycle --id "$id"`;

/** Adds `cycle`: starts a cycle or a trial, waits for its end and shows the result of each pattern. */
export function addCycle(program: Command, runCommand: RunCommand): void {
  program
    .command('cycle')
    .description(
      'run a cycle now: mine lessons and put overrides in force, or try that out; exit code 1 when a pattern failed',
    )
    .option('--as-of <time>', 'use the events as they were known then (RFC 3339, or a date)', time)
    .addOption(lookbackOption('days of events to read, by event time'))
    .option('--n-min <n>', 'events with an outcome that a lesson needs', integerAtLeast(1))
    .option('--policy <policy>', 'policy of this cycle only: drift, replay or model')
    .option('--pattern <pattern>', 'only this pattern')
    .option('--publish', 'put the result in force; with an option above it requires --reason')
    .addOption(new Option('--trial', 'put nothing in force').conflicts('publish'))
    .option('--reason <text>', 'reason of the run, which the audit keeps')
    .option('--no-wait', 'only start the cycle and print its id')
    .addOption(
      new Option('--id <cycle>', 'start nothing: wait for this cycle and show it').conflicts(START_OPTIONS),
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
  session.output(raw, () => showCycle(session, data));
  return data.status === 'failed' || data.status === 'partial' ? EXIT.unsuccessful : EXIT.ok;
}

/** Starts a cycle and returns its id, or undefined with `--no-wait`. */
async function start(session: Session, options: Options): Promise<string | undefined> {
  const { trial, publish, reason } = options;
  if (publish && reason === undefined) requireNoTrialOption(options);
  const body = {
    as_of: options.asOf,
    lookback_days: options.lookbackDays,
    n_min: options.nMin,
    policy: options.policy,
    pattern_key: options.pattern,
    publish: trial ? false : publish,
    reason,
  };
  const { raw, data } = await session.request(cycleStartedSchema, '/v1/cycles', { method: 'POST', body });
  if (options.wait) return data.cycle_id;
  session.output(raw, () => session.print(`cycle ${printable(data.cycle_id)} started`));
  return undefined;
}

/** @throws Failure (usage) when an option makes the run a trial, so that its publication requires a reason */
function requireNoTrialOption({ asOf, lookbackDays, nMin, policy }: Options): void {
  const given = Object.entries({
    '--as-of': asOf,
    '--lookback-days': lookbackDays,
    '--n-min': nMin,
    '--policy': policy,
  }).flatMap(([name, value]) => (value === undefined ? [] : [name]));
  if (given.length === 0) return;
  throw usageError(
    `a run with ${given.join(', ')} publishes only with a reason; ` +
      'add --reason TEXT, or leave --publish out to see what it would change',
  );
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
    return await readPages(session, {
      path: `/v1/cycles/${encodeURIComponent(id)}`,
      lists: ['patterns'],
      schema: cyclePageSchema,
      signal,
    });
  } catch (error) {
    if (mayBeMissing && error instanceof ServiceError && error.code === 'unknown_cycle') return undefined;
    throw error;
  }
}

function interrupted(id: string): Failure {
  const advice = `wait for it with: pm-tuning cycle --id ${id}`;
  return new Failure(EXIT.interrupted, `interrupted; the cycle continues; ${advice}`);
}
