import { writeFileSync } from 'node:fs';
import type { Command } from 'commander';
import { type NMinAnswer, nMinAnswerSchema } from '../../shared/http/schemas/n-min.ts';
import type { NMinRow } from '../../shared/lesson/n-min/schema.ts';
import { integerAtLeast, time } from '../arguments.ts';
import type { RunCommand } from '../command-runner.ts';
import { EXIT, usageError } from '../exit-codes.ts';
import { count, instant, percent, plural, printable, signed } from '../format.ts';
import { nMinPlots } from '../plot/n-min.ts';
import { linePlotSvg } from '../plot/svg-plot.ts';
import { terminalPlot } from '../plot/terminal-plot.ts';
import type { Session } from '../session.ts';
import type { Column } from '../table.ts';

interface Options {
  readonly asOf?: string;
  readonly lookbackDays?: number;
  readonly every?: boolean;
  readonly svg?: string;
}

const EXAMPLES = `
A lesson is found when it differs from the rest of the pattern at a false-discovery rate of 10 %; identical slices count
once. "general": no more general lesson explains it. "chance": the same with successes dealt anew among the events,
the mean over the shuffles. "shows": the least difference, in percentage points of success, that a slice of N_MIN events
shows with odds of four in five; "among all": as the only one among all those lessons.

Examples:
  $ pm-tuning nmin pm.uptrend.S1.entry
  $ pm-tuning nmin pm.uptrend.S1.entry --as-of 2025-01-20 --svg n-min.svg`;

/** `nmin`: what each N_MIN would find in a pattern's events. */
export function addNMin(program: Command, runCommand: RunCommand): void {
  program
    .command('nmin')
    .description('33? 25? 20? What each N_MIN finds in a pattern’s events, and what chance would')
    .argument('<pattern>', 'pattern key, such as pm.uptrend.S1.entry')
    .option('--as-of <time>', 'RFC 3339, or a date; now without it', time)
    .option('--lookback-days <n>', "instead of the pattern's own", integerAtLeast(1))
    .option('--every', 'a row for every N_MIN from 10 to 60')
    .option('--svg <file>', 'write the picture to a file; one that is there is replaced')
    .addHelpText('after', EXAMPLES)
    .action(async (pattern: string, options: Options, command: Command) =>
      runCommand(command, async session => {
        const path = `/v1/patterns/${encodeURIComponent(pattern)}/nmin`;
        const { asOf, lookbackDays } = options;
        const query = {
          as_of: asOf,
          lookback_days: lookbackDays === undefined ? undefined : String(lookbackDays),
        };
        const { raw, data } = await session.request(nMinAnswerSchema, path, { query });
        if (options.svg !== undefined) writePicture(options.svg, data);
        session.output(raw, () => show(session, data, options.every === true));
        return EXIT.ok;
      }),
    );
}

/** @throws Failure (usage) when the file cannot be written */
function writePicture(file: string, answer: NMinAnswer): void {
  try {
    writeFileSync(file, linePlotSvg(nMinPlots(answer)));
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw usageError(`the picture cannot be written to ${file} (${why}); choose another with --svg`);
  }
}

/** Rows that are shown without `--every`, besides the one in force and the one advised. */
const ASKED = [10, 15, 20, 25, 30, 33, 40, 50, 60];

function show(session: Session, answer: NMinAnswer, every: boolean): void {
  const { pattern_key, base_share, shuffles } = answer;
  const base = base_share === null ? '' : `, ${percent(base_share)} of ${count(answer.decided)} with success`;
  session.print(
    `${session.bold(printable(pattern_key))}, ${answer.lookback_days} days to ${instant(answer.as_of)}: ` +
      `${plural(answer.events, 'event')}${base}; ${plural(shuffles, 'shuffle')}`,
  );
  for (const note of [answer.limited, answer.cut && `left out: ${answer.cut}`])
    if (note !== undefined) session.print(printable(note));
  session.print();
  if (answer.events > 0) showRows(session, answer, every);
  session.print(printable(answer.advice));
}

function showRows(session: Session, answer: NMinAnswer, every: boolean): void {
  const wanted = new Set([...ASKED, answer.n_min, answer.recommended]);
  const shown = answer.rows.filter(row => every || wanted.has(row.n_min));
  session.table(columnsOf(answer), shown, '');
  for (const plot of nMinPlots(answer)) {
    session.print();
    session.print(terminalPlot(plot, { width: session.width, height: 9 }));
  }
  session.print();
}

function columnsOf({ n_min, recommended }: NMinAnswer): readonly Column<NMinRow>[] {
  const mark = (row: NMinRow): string => (row.n_min === n_min ? ' *' : row.n_min === recommended ? ' +' : '');
  return [
    { title: 'N_MIN', value: row => `${row.n_min}${mark(row)}` },
    { title: 'slices', value: row => count(row.slices), align: 'right' },
    { title: 'lessons', value: row => count(row.lessons), align: 'right' },
    { title: 'differ', value: row => count(row.differ), align: 'right' },
    { title: 'chance', value: row => row.differ_by_chance.toFixed(2), align: 'right' },
    { title: 'general', value: row => count(row.general), align: 'right' },
    { title: 'chance', value: row => row.general_by_chance.toFixed(2), align: 'right' },
    { title: 'shows', value: row => either(row.detectable), align: 'right' },
    { title: 'among all', value: row => either(row.detectable_among), align: 'right' },
  ];
}

/** `+20/-9`; `–` where no share is far enough. */
function either({ more, fewer }: NMinRow['detectable']): string {
  const points = (share: number | null): string => (share === null ? '–' : signed(share * 100));
  return `${points(more)}/${points(fewer)}`;
}
