import { resolve } from 'node:path';
import { type Command, Option } from 'commander';
import { columnNames, integerAtLeast, oneOf } from '../arguments.ts';
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

/** One input, the file of its rejected lines, and its counts. */
interface Job {
  readonly input: Input;
  readonly rejected: RejectedFile;
  readonly counts: ImportCounts;
}

const HELP = `
Formats, by the name of the file (.gz is unpacked):
  .jsonl, .ndjson  one event a line, in the form of POST /v1/events
  .csv             the old table pattern_episode_events as Postgres exports it:
                   \\copy pattern_episode_events TO 'events.csv' CSV HEADER

Numbers that the file holds as text in known factors are converted and counted.
An import can be repeated safely: events that are stored count as unchanged.
Rejected lines are written to a JSONL file with the fields file, line, code,
detail and event. Text that is not UTF-8 is rejected. Columns that no field
takes are left out and listed. A state with leading zeros (S01) becomes S1.

Examples:
  $ pm-tuning import events.jsonl 2024/*.csv.gz
  $ pm-tuning import old.csv --column resolved_at=updated_at
  $ zstdcat events.jsonl.zst | pm-tuning import -`;

/** Adds `import`: sends files of events to the service. */
export function addImport(program: Command, runCommand: RunCommand): void {
  program
    .command('import')
    .description('import files of events; exit code 1 when an event was rejected')
    .argument('<file...>', '.jsonl, .ndjson or .csv, also .gz; - is standard input')
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
  const jobs = plan(files, options);
  const stop = new AbortController();
  const unsubscribe = session.host.onInterrupt(() =>
    stop.abort(new Failure(EXIT.interrupted, 'interrupted')),
  );
  const importOptions = { requests: options.requests, columnNames: options.column, signal: stop.signal };
  try {
    for (const { input, counts, rejected } of jobs) {
      await importFile(session, input, importOptions, counts, rejected);
      report(session, inputLabel(input), counts, rejected.path);
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
 * Checks every file and returns one job for each.
 * @throws Failure (usage) when a file cannot be read, or when rejected lines would overwrite it
 */
function plan(files: readonly string[], options: Options): Job[] {
  const inputs = [...new Set(files)].map(file => inspectInput(file, options.format));
  const sharedFile = options.rejected === undefined ? undefined : new RejectedFile(options.rejected);
  const inputPaths = new Set(inputs.map(input => resolve(input.name)));
  return inputs.map(input => {
    const rejected = sharedFile ?? new RejectedFile(`${inputLabel(input)}.rejected.jsonl`);
    if (inputPaths.has(resolve(rejected.path)))
      throw usageError(
        `rejected lines would overwrite ${rejected.path}; choose another file with --rejected`,
      );
    return { input, rejected, counts: new ImportCounts() };
  });
}

function report(session: Session, label: string, counts: ImportCounts, rejectedPath: string): void {
  const summary = counts.events === 0 ? 'no events' : `${plural(counts.events, 'event')}: ${counts}`;
  session.print(`${printable(label)}: ${summary}`);
  for (const line of counts.notes.lines()) session.print(`  ${printable(line)}`);
  const converted = counts.numberText.summary();
  if (converted !== undefined) session.print(`  ${converted}`);
  if (counts.rejected > 0)
    session.print(
      `  rejected: ${printable(counts.rejectionCodes())}; lines and reasons in ${printable(rejectedPath)}`,
    );
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
  const files = jobs.map(({ input, rejected: rejectedFile, counts: { notes, numberText, ...counts } }) => ({
    file: inputLabel(input),
    accepted: counts.accepted,
    unchanged: counts.unchanged,
    rejected: counts.rejected,
    ...(counts.rejected > 0 ? { rejected_file: rejectedFile.path } : {}),
    ...(notes.leftOutColumns.length > 0 ? { left_out_columns: notes.leftOutColumns } : {}),
    ...(notes.rewrittenStates > 0 ? { rewritten_states: notes.rewrittenStates } : {}),
    ...(numberText.factors > 0 ? { read_from_text: numberText.factors } : {}),
  }));
  session.output({ accepted, unchanged, rejected, files }, () => {});
  return rejected > 0 ? EXIT.unsuccessful : EXIT.ok;
}

function sum(jobs: readonly Job[]): ImportCounts {
  const total = new ImportCounts();
  for (const { counts } of jobs) total.addCounts(counts);
  return total;
}
