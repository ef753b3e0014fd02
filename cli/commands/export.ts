import { writeFileSync } from 'node:fs';
import { Argument, type Command, Option } from 'commander';
import { lessonAnswerSchema, lessonsPageSchema } from '../../shared/http/schemas/lessons.ts';
import { overrideAnswerSchema, overridesPageSchema } from '../../shared/http/schemas/overrides.ts';
import { oneOf, time } from '../arguments.ts';
import type { RunCommand } from '../command-runner.ts';
import { errorReason } from '../errors.ts';
import { EXIT, type ExitCode, Failure, usageError } from '../exit-codes.ts';
import { columnsOf, csvLines } from '../export/csv-table.ts';
import { exportedPages } from '../export/export-events.ts';
import { ExportFile, type Position } from '../export/export-file.ts';
import { listPatterns } from '../export/list-patterns.ts';
import { plural } from '../format.ts';
import { readPages } from '../pagination.ts';
import type { Session } from '../session.ts';

const KINDS = ['events', 'lessons', 'overrides'] as const;
type Kind = (typeof KINDS)[number];

interface Options {
  readonly what: Kind;
  readonly out?: string;
  readonly from?: string;
  readonly to?: string;
}

/** Milliseconds between two reports of the progress. */
const REPORT_MS = 5000;

const HELP = `
events     JSONL, one stored event a line, with window, outcome history and
           writers. import reads it back: into an empty service it makes the
           same generations. Restoring writers takes an operator.
lessons    CSV of what is in force. Texts that a spreadsheet would take for a
overrides  formula begin with an apostrophe.

With --out the file appears when it is complete. After an interruption the same
command continues where it ended.

Examples:
  $ pm-tuning export --out events.jsonl
  $ pm-tuning export pm.uptrend.S1.entry --from 2025-01-01 | gzip > january.jsonl.gz
  $ pm-tuning export --what overrides --out overrides.csv`;

/** Adds `export`: writes stored events as JSONL, or lessons and overrides in force as CSV. */
export function addExport(program: Command, runCommand: RunCommand): void {
  program
    .command('export')
    .description('write stored events as JSONL, or lessons and overrides as CSV')
    .addArgument(new Argument('[pattern...]', 'only these patterns; without them, all'))
    .addOption(
      new Option('--what <kind>', 'what to write').choices(KINDS).argParser(oneOf(KINDS)).default('events'),
    )
    .option('--out <file>', 'file to write; without it, standard output')
    .option('--from <time>', 'events from this time on (RFC 3339, or a date)', time)
    .option('--to <time>', 'events up to this time (RFC 3339, or a date)', time)
    .addHelpText('after', HELP)
    .action(async (patterns: string[], options: Options, command: Command) =>
      runCommand(command, session =>
        options.what === 'events'
          ? exportEvents(session, patterns, options)
          : exportTable(session, patterns, { ...options, what: options.what }),
      ),
    );
}

async function exportEvents(session: Session, patterns: string[], options: Options): Promise<ExitCode> {
  const stop = new AbortController();
  const unsubscribe = session.host.onInterrupt(() =>
    stop.abort(new Failure(EXIT.interrupted, 'interrupted', ['the same command continues the export'])),
  );
  const file = options.out === undefined ? undefined : new ExportFile(options.out);
  const chosen = JSON.stringify([session.url, patterns, options.from, options.to]);
  try {
    let position = file?.resume(chosen) ?? (await firstPosition(session, patterns, chosen));
    if (position.bytes === 0) file?.begin();
    else session.warn(`continuing after ${plural(position.events, 'event')}`);
    let reported = session.host.now();
    for await (const page of exportedPages(session, options, position, stop.signal)) {
      position = page.position;
      if (file) file.append(page.lines, position);
      else session.host.stdout.write(page.lines);
      if (session.host.now() - reported < REPORT_MS) continue;
      reported = session.host.now();
      session.warn(`${progressText(position)} …`);
    }
    file?.complete();
    report(session, options.out, position.events, progressText(position));
    return EXIT.ok;
  } catch (error) {
    throw stop.signal.aborted ? stop.signal.reason : error;
  } finally {
    unsubscribe();
  }
}

async function firstPosition(session: Session, patterns: string[], options: string): Promise<Position> {
  const listed = patterns.length > 0 ? [...new Set(patterns)] : await listPatterns(session);
  return { patterns: listed, options, index: 0, events: 0, bytes: 0 };
}

const progressText = ({ events, index, patterns }: Position): string =>
  `exported ${plural(events, 'event')} of ${index} of ${plural(patterns.length, 'pattern')}`;

async function exportTable(
  session: Session,
  patterns: string[],
  { what, out, from, to }: Options & { readonly what: Exclude<Kind, 'events'> },
): Promise<ExitCode> {
  if (from !== undefined || to !== undefined)
    throw usageError(`--from and --to choose events; leave them out for ${what}`);
  const columns = columnsOf(what === 'lessons' ? lessonAnswerSchema : overrideAnswerSchema);
  const parts = [csvLines(columns, [], true)];
  let rows = 0;
  for (const pattern of patterns.length > 0 ? patterns : await listPatterns(session)) {
    const list = { path: `/v1/${what}`, query: { pattern_key: pattern }, lists: [what] as [string] };
    const { raw } = await (what === 'lessons'
      ? readPages(session, { ...list, schema: lessonsPageSchema })
      : readPages(session, { ...list, schema: overridesPageSchema }));
    const found: object[] = Object(raw)[what];
    rows += found.length;
    parts.push(csvLines(columns, found, false));
  }
  const text = parts.join('');
  if (out === undefined) session.host.stdout.write(text);
  else write(out, text);
  report(session, out, rows, `exported ${plural(rows, what.slice(0, -1))}`);
  return EXIT.ok;
}

function write(path: string, text: string): void {
  try {
    writeFileSync(path, text);
  } catch (error) {
    throw usageError(`${path} cannot be written (${errorReason(error)}); choose another file with --out`);
  }
}

/** Reports the result on stderr, because stdout may carry the export; with `--json` and a file, as JSON on stdout. */
function report(session: Session, file: string | undefined, rows: number, text: string): void {
  if (file !== undefined && session.json) session.output({ file, rows }, () => {});
  else session.warn(file === undefined ? text : `${text} to ${file}`);
}
