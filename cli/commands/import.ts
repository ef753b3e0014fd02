import { resolve } from 'node:path';
import { type Command, Option } from 'commander';
import { integerAtLeast, renames } from '../arguments.ts';
import type { RunCommand } from '../command-runner.ts';
import { EXIT, type ExitCode, Failure, usageError } from '../exit-codes.ts';
import { plural, printable } from '../format.ts';
import { ImportCounts } from '../import/import-counts.ts';
import { importFile } from '../import/import-file.ts';
import { FORMATS, type Format, type Input, inputLabel, inspectInput } from '../import/input.ts';
import { RejectedFile } from '../import/rejected-file.ts';
import type { Session } from '../session.ts';

interface Options {
  readonly format?: Format;
  readonly rejected?: string;
  readonly requests: number;
  readonly column: Record<string, string>;
}

/** One file, and where what is rejected of it goes. */
interface Job {
  readonly input: Input;
  readonly rejected: RejectedFile;
  readonly tally: ImportCounts;
}

const HELP = `
Formats, told by the name (a further .gz is unpacked):
  .jsonl, .ndjson  one event a line, as POST /v1/events takes it
  .csv             what Postgres exports of the old table pattern_episode_events:
                   \\copy pattern_episode_events TO 'events.csv' CSV HEADER

Running it again is safe: events that the service has are counted as unchanged.
Rejected lines are written to a file, one JSON a line: file, line, code, detail, event.

Examples:
  $ pm-tuning import events.jsonl 2024/*.csv.gz
  $ pm-tuning import old.csv --column resolved_at=updated_at
  $ zstdcat events.jsonl.zst | pm-tuning import -`;

/** `import`: brings files of events into the service. */
export function addImport(program: Command, runCommand: RunCommand): void {
  program
    .command('import')
    .description('bring files of events into the service; exit code 1 when events were rejected')
    .argument('<file...>', '.jsonl, .ndjson or .csv, also .gz; - is standard input')
    .addOption(new Option('--format <format>', 'whatever the name says').choices(FORMATS))
    .option('--rejected <file>', 'where rejected lines go (default: <file>.rejected.jsonl)')
    .addOption(
      new Option('--requests <n>', 'requests under way at once; with 1, events arrive in order')
        .argParser(integerAtLeast(1))
        .default(2),
    )
    .addOption(
      new Option('--column <field=column>', 'the CSV column that holds a field; repeatable')
        .argParser(renames)
        .default({}, 'the same name'),
    )
    .addHelpText('after', HELP)
    .action(async (files: string[], options: Options, command: Command) =>
      runCommand(command, session => run(session, files, options)),
    );
}

async function run(session: Session, files: readonly string[], options: Options): Promise<ExitCode> {
  const jobs = plan(files, options);
  const stop = new AbortController();
  const unsubscribe = session.host.onInterrupt(() =>
    stop.abort(new Failure(EXIT.interrupted, 'interrupted')),
  );
  const how = { requests: options.requests, renames: options.column, signal: stop.signal };
  try {
    for (const { input, tally, rejected } of jobs) {
      await importFile(session, input, how, tally, rejected);
      tell(session, inputLabel(input), tally, rejected.path);
    }
  } catch (error) {
    throw incomplete(error, sum(jobs));
  } finally {
    unsubscribe();
  }
  for (const { rejected } of jobs) rejected.removeIfStale();
  return conclude(session, jobs);
}

/** @throws Failure (usage) when a file cannot be read, or rejected lines would overwrite one */
function plan(files: readonly string[], options: Options): Job[] {
  const inputs = [...new Set(files)].map(file => inspectInput(file, options.format));
  const shared = options.rejected === undefined ? undefined : new RejectedFile(options.rejected);
  const read = new Set(inputs.map(input => resolve(input.name)));
  return inputs.map(input => {
    const rejected = shared ?? new RejectedFile(`${inputLabel(input)}.rejected.jsonl`);
    if (read.has(resolve(rejected.path)))
      throw usageError(
        `rejected lines would overwrite ${rejected.path}; choose another file with --rejected`,
      );
    return { input, rejected, tally: new ImportCounts() };
  });
}

function tell(session: Session, label: string, tally: ImportCounts, rejectedPath: string): void {
  const name = printable(label);
  session.print(
    `${name}: ${tally.events === 0 ? 'no events in it' : `${plural(tally.events, 'event')}: ${tally}`}`,
  );
  if (tally.rejected > 0)
    session.print(
      `  rejected: ${printable(tally.rejectionCodes())}; lines and reasons in ${printable(rejectedPath)}`,
    );
}

/** The same failure, with what was done before it and that it can be done again. */
function incomplete(error: unknown, done: ImportCounts): unknown {
  if (!(error instanceof Failure) || (done.events === 0 && error.exit === EXIT.usage)) return error;
  const lines = [
    ...error.lines,
    `answered before that: ${plural(done.events, 'event')}: ${done}; what was under way may have arrived too`,
    'running it again is safe: what has arrived counts as unchanged',
  ];
  return new Failure(error.exit, error.message, lines, error);
}

function conclude(session: Session, jobs: readonly Job[]): ExitCode {
  const all = sum(jobs);
  const { accepted, unchanged, rejected } = all;
  if (jobs.length > 1) session.print(`in all: ${plural(all.events, 'event')}: ${all}`);
  const files = jobs.map(job => ({
    file: inputLabel(job.input),
    accepted: job.tally.accepted,
    unchanged: job.tally.unchanged,
    rejected: job.tally.rejected,
    ...(job.tally.rejected > 0 ? { rejected_file: job.rejected.path } : {}),
  }));
  session.output({ accepted, unchanged, rejected, files }, () => {});
  return rejected > 0 ? EXIT.unsuccessful : EXIT.ok;
}

function sum(jobs: readonly Job[]): ImportCounts {
  const all = new ImportCounts();
  for (const { tally } of jobs) all.addCounts(tally);
  return all;
}
