import { resolve } from 'node:path';
import { type Command, Option } from 'commander';
import { columnNames, integerAtLeast, oneOf } from '../arguments.ts';
import type { RunCommand } from '../command-runner.ts';
import { EXIT, type ExitCode, Failure, usageError } from '../exit-codes.ts';
import { plural } from '../format.ts';
import { ImportCounts } from '../import/import-counts.ts';
import { importFile } from '../import/import-file.ts';
import { FORMATS, type Format, type Input, inputLabel, inspectInput } from '../import/input.ts';
import { RejectedFile } from '../import/rejected-file.ts';
import { fileJson, type ImportedFile, printFile } from '../import/report.ts';
import type { Session } from '../session.ts';

interface Options {
  readonly format?: Format;
  readonly rejected?: string;
  readonly requests: number;
  readonly column: Record<string, string>;
}

/** One input, the file of its rejected lines, and its counts. */
interface Job {
  readonly input: Input;
  readonly rejected: RejectedFile;
  readonly counts: ImportCounts;
}

const HELP = `
Formats, by the name of the file (.gz is unpacked):
  .jsonl, .ndjson, .json
       one event a line, in the form of POST /v1/events,
       or a JSON array of events
  .csv, .tsv
       the old table pattern_episode_events, with commas,
       semicolons or tabs, as Postgres exports it:
       \\copy pattern_episode_events TO 'a.csv' CSV HEADER

Text is UTF-8, or UTF-16 with a byte order mark. In a CSV
an empty cell, null, NULL and \\N are absent. An outcome
without resolved_at takes updated_at as assumed time.

Old forms of pattern keys are rewritten, numbers that are
text are converted, columns that no field takes are left
out. The summary lists all of it, and rows by pattern.

Several rows of one episode need a window that tells them
apart; without one, rows that differ are rejected.

An import can be repeated: events that are stored count
as unchanged. Rejected lines are written to a JSONL file,
which can be corrected and imported.

Examples:
  $ pm-tuning import events.jsonl 2024/*.csv.gz
  $ pm-tuning import old.csv --column window=id
  $ zstdcat a.jsonl.zst | pm-tuning import -`;

/** Adds `import`: sends files of events to the service. */
export function addImport(program: Command, runCommand: RunCommand): void {
  program
    .command('import')
    .description('import files of events; exit code 1 when an event was rejected')
    .argument('<file...>', 'files of events, also .gz; - is standard input')
    .addOption(
      new Option('--format <format>', 'format; without it, the name of the file decides')
        .choices(FORMATS)
        .argParser(oneOf(FORMATS)),
    )
    .option('--rejected <file>', 'file for rejected lines (default: <file>.rejected.jsonl)')
    .addOption(
      new Option('--requests <n>', 'requests in flight at once; with 1, events arrive in order')
        .argParser(integerAtLeast(1))
        .default(2),
    )
    .addOption(
      new Option('--column <field=column>', 'CSV column of a field; repeatable')
        .argParser(columnNames)
        .default({}, "the field's name"),
    )
    .addHelpText('after', HELP)
    .action(async (files: string[], options: Options, command: Command) =>
      runCommand(command, session => run(session, files, options)),
    );
}

async function run(session: Session, files: readonly string[], options: Options): Promise<ExitCode> {
  const now = Date.now();
  const jobs = plan(files, options, now);
  const stop = new AbortController();
  const unsubscribe = session.host.onInterrupt(() =>
    stop.abort(new Failure(EXIT.interrupted, 'interrupted')),
  );
  const importOptions = { requests: options.requests, columnNames: options.column, signal: stop.signal, now };
  try {
    for (const job of jobs) {
      await importFile(session, job.input, importOptions, job.counts, job.rejected);
      printFile(session, importedFile(job));
    }
  } catch (error) {
    throw withAdvice(error, sum(jobs));
  } finally {
    unsubscribe();
  }
  for (const { rejected } of jobs) rejected.removeIfStale();
  return reportTotal(session, jobs);
}

/**
 * Checks every file and returns one job for each. A file that is named twice is imported once.
 * @throws Failure (usage) when a file cannot be read, or when rejected lines would overwrite it
 */
function plan(files: readonly string[], options: Options, now: number): Job[] {
  const byPath = new Map<string, string>();
  for (const file of files) {
    const path = file === '-' ? file : resolve(file);
    if (!byPath.has(path)) byPath.set(path, file);
  }
  const inputs = [...byPath.values()].map(file => inspectInput(file, options.format));
  const rejectedFiles = new Map<string, RejectedFile>();
  return inputs.map(input => {
    const path = options.rejected ?? `${inputLabel(input)}.rejected.jsonl`;
    if (byPath.has(resolve(path)))
      throw usageError(`rejected lines would overwrite ${path}; choose another file with --rejected`);
    const rejected = rejectedFiles.get(resolve(path)) ?? new RejectedFile(path);
    rejected.assertOwn();
    rejectedFiles.set(resolve(path), rejected);
    return { input, rejected, counts: new ImportCounts(now) };
  });
}

function importedFile({ input, counts, rejected }: Job): ImportedFile {
  return { label: inputLabel(input), counts, rejectedPath: rejected.path };
}

/** Returns the failure with two more lines: the events acknowledged before it, and the advice to repeat the import. */
function withAdvice(error: unknown, acknowledged: ImportCounts): unknown {
  if (!(error instanceof Failure) || (acknowledged.events === 0 && error.exit === EXIT.usage)) return error;
  const lines = [
    ...error.lines,
    `acknowledged before the error: ${plural(acknowledged.events, 'event')}: ${acknowledged}; requests in flight may have arrived too`,
    'run the import again; it is safe, because stored events count as unchanged',
  ];
  return new Failure(error.exit, error.message, lines, error);
}

/** Prints the totals and returns the exit code. */
function reportTotal(session: Session, jobs: readonly Job[]): ExitCode {
  const total = sum(jobs);
  const { accepted, unchanged, rejected } = total;
  if (jobs.length > 1) session.print(`total: ${plural(total.events, 'event')}: ${total}`);
  const files = jobs.map(job => fileJson(importedFile(job)));
  session.output({ accepted, unchanged, rejected, files }, () => {});
  return rejected > 0 ? EXIT.unsuccessful : EXIT.ok;
}

function sum(jobs: readonly Job[]): ImportCounts {
  const total = new ImportCounts(0);
  for (const { counts } of jobs) total.addCounts(counts);
  return total;
}
