import type { Command } from 'commander';
import { type NMinAnswer, nMinAnswerSchema } from '../../shared/http/schemas/n-min.ts';
import type { NMinRow } from '../../shared/lesson/n-min/schema.ts';
import { nMinPlots } from '../../shared/plot/n-min.ts';
import type { RunCommand } from '../command-runner.ts';
import { EXIT } from '../exit-codes.ts';
import { count, instant, percent, plural, printable, signed } from '../format.ts';
import { asOfOption, lookbackOption, patternArgument, patternPath, svgOption } from '../options.ts';
import type { Session } from '../session.ts';
import type { Column } from '../table.ts';
import { writeSvg } from '../write-svg.ts';

interface Options {
  readonly asOf?: string;
  readonly lookbackDays?: number;
  readonly every?: boolean;
  readonly svg?: string;
}

const HELP = `
Columns:
  N_MIN       events with an outcome that a lesson needs; * marks the setting in
              force, + the recommended one
  slices      slices with at least N_MIN events
  lessons     slices that are compared; those with the same events count once
  differ      lessons that differ from the rest of the pattern, at a false
              discovery rate of 10 %
  general     differing lessons that no more general lesson explains
  chance      mean of the column on its left over permutations of the outcomes
  detectable  smallest difference, up/down in percentage points of success, that
              a lesson of N_MIN events detects with a probability of 80 %
  among all   the same when only one of all the lessons differs

Examples:
  $ pm-tuning nmin pm.uptrend.S1.entry
  $ pm-tuning nmin pm.uptrend.S1.entry --as-of 2025-01-20 --svg n-min.svg`;

/** Adds `nmin`: compares the findings of each N_MIN in a pattern's events with those under permuted outcomes. */
export function addNMin(program: Command, runCommand: RunCommand): void {
  program
    .command('nmin')
    .description('compare the lessons that each N_MIN finds with those that it would find by chance')
    .addArgument(patternArgument())
    .addOption(asOfOption())
    .addOption(lookbackOption("days of events to read (default: the pattern's setting)"))
    .option('--every', 'show a row for every N_MIN from 10 to 60')
    .addOption(svgOption())
    .addHelpText('after', HELP)
    .action(async (pattern: string, options: Options, command: Command) =>
      runCommand(command, async session => {
        const path = patternPath(pattern, 'nmin');
        const { asOf, lookbackDays } = options;
        const query = {
          as_of: asOf,
          lookback_days: lookbackDays === undefined ? undefined : String(lookbackDays),
        };
        const { raw, data } = await session.request(nMinAnswerSchema, path, { query });
        if (options.svg !== undefined) writeSvg(options.svg, nMinPlots(data));
        session.output(raw, () => show(session, data, options.every === true));
        return EXIT.ok;
      }),
    );
}

/** Rows shown without `--every`, besides the N_MIN in force and the recommended one. */
const DEFAULT_ROWS = [10, 15, 20, 25, 30, 33, 40, 50, 60];

function show(session: Session, answer: NMinAnswer, every: boolean): void {
  const { pattern_key, base_share, shuffles: permutations } = answer;
  const base = base_share === null ? '' : `, ${percent(base_share)} of ${count(answer.decided)} with success`;
  session.print(
    `${session.bold(printable(pattern_key))}, ${answer.lookback_days} days to ${instant(answer.as_of)}: ` +
      `${plural(answer.events, 'event')}${base}; ${plural(permutations, 'permutation')}`,
  );
  for (const note of [answer.limited, answer.cut && `left out: ${answer.cut}`])
    if (note !== undefined) session.print(printable(note));
  session.print();
  if (answer.events > 0) showRows(session, answer, every);
  session.print(printable(answer.advice));
}

function showRows(session: Session, answer: NMinAnswer, every: boolean): void {
  const selected = new Set([...DEFAULT_ROWS, answer.n_min, answer.recommended]);
  const shown = answer.rows.filter(row => every || selected.has(row.n_min));
  session.table(columnsOf(answer), shown);
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
    { title: 'detectable', value: row => differenceText(row.detectable), align: 'right' },
    { title: 'among all', value: row => differenceText(row.detectable_among), align: 'right' },
  ];
}

/** Formats a detectable difference, up and down, in percentage points: `+20/-9`; `–` where none is detectable. */
function differenceText({ more, fewer }: NMinRow['detectable']): string {
  const points = (share: number | null): string => (share === null ? '–' : signed(share * 100));
  return `${points(more)}/${points(fewer)}`;
}
