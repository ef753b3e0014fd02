import type { Command } from 'commander';
import { type LessonsPage, lessonsPageSchema } from '../../shared/http/schemas/lessons.ts';
import { pressureOf } from '../../shared/lesson/lesson.ts';
import type { RunCommand } from '../command-runner.ts';
import { EXIT } from '../exit-codes.ts';
import { count, percent, percentRange, plural, printable, signed, significant, slice } from '../format.ts';
import { cycleOption, limitOption, patternArgument } from '../options.ts';
import { readPages, sourceOf } from '../pagination.ts';
import type { Session } from '../session.ts';
import { byMostEvents } from '../sort-slices.ts';
import type { Column } from '../table.ts';

interface Options {
  readonly near?: boolean;
  readonly intervals?: boolean;
  readonly why?: boolean;
  readonly cycle?: string;
  readonly limit?: number;
}

type Lesson = LessonsPage['lessons'][number];
type Quadrants = Extract<Lesson, { action_category: 'tuning' }>;
type Ladder = Extract<Lesson, { action_category: 'tuning_dx_ladder' }>;
type Row<L extends Lesson> = L & {
  /** The text of another slice that contains exactly the same events, if any. */
  readonly sameAs: string | undefined;
};

const HELP = `
Columns:
  WR, FPR   share of acted events that succeeded, that failed
  MR, DR    share of skipped events that succeeded, that failed
  pressure  misses minus false positives; above 0 the gates cost more than they
            saved
A WR below the break-even rate loses; an MR above it was worth taking.

Columns with --intervals, where each rate is its 90 % confidence interval:
  vs. rest  success rate of the slice minus that of the rest of its pattern,
            over all events with success or failure; on the DX ladder the share
            of three rungs among successes of one or three rungs
  q         p-value adjusted for all lessons of the run: of all lessons with
            at most this q, about the share q differ only by chance

Examples:
  $ pm-tuning lessons pm.uptrend.S1.entry
  $ pm-tuning lessons pm.uptrend.S1.entry --near
  $ pm-tuning lessons pm.uptrend.S1.entry --intervals
  $ pm-tuning lessons pm.uptrend.S1.entry --why`;

/** Adds `lessons`: lists the lessons of a pattern. */
export function addLessons(program: Command, runCommand: RunCommand): void {
  program
    .command('lessons')
    .description('list the lessons of a pattern, most events first')
    .addArgument(patternArgument())
    .option('--near', 'list the slices just under N_MIN instead, with the number of missing events')
    .option('--intervals', 'show 90 % intervals, the difference from the rest, and q')
    .option('--why', 'show why no override follows from a slice')
    .addOption(cycleOption())
    .addOption(limitOption())
    .addHelpText('after', HELP)
    .action(async (pattern: string, options: Options, command: Command) =>
      runCommand(command, async session => {
        const { raw, data } = await readPages(session, {
          path: '/v1/lessons',
          query: { pattern_key: pattern, near: options.near ? 'true' : undefined, cycle_id: options.cycle },
          lists: ['lessons'],
          limit: session.json ? options.limit : undefined,
          schema: lessonsPageSchema,
        });
        session.output(raw, () => show(session, data, options));
        return EXIT.ok;
      }),
    );
}

function show(session: Session, page: LessonsPage, options: Options): void {
  const { near, limit } = options;
  const total = near
    ? `${plural(page.lessons.length, 'slice')} just under the minimum`
    : plural(page.lessons.length, 'lesson');
  session.print(`${session.bold(page.pattern_key)}, ${sourceOf(page)}, ${total}`);
  if (page.lessons.length === 0) return;
  const { win, loss } = page.payoff;
  session.print(
    `break-even: a success rate of ${percent(page.break_even)}, at ${significant(win)}:${significant(loss)}`,
  );
  const slices = new Map(page.lessons.map(lesson => [lesson.scope_hash, slice(lesson.scope_subset)]));
  const quadrants: Row<Quadrants>[] = [];
  const ladders: Row<Ladder>[] = [];
  const shown = page.lessons.toSorted(byMostEvents).slice(0, limit);
  for (const lesson of shown) {
    const sameAs = lesson.same_as === undefined ? undefined : (slices.get(lesson.same_as) ?? lesson.same_as);
    if (lesson.action_category === 'tuning') quadrants.push({ ...lesson, sameAs });
    else ladders.push({ ...lesson, sameAs });
  }
  session.print();
  if (quadrants.length > 0) session.table(columnsOf(options, QUADRANT, QUADRANT_INTERVALS), quadrants);
  if (ladders.length > 0) session.table(columnsOf(options, LADDER, LADDER_INTERVALS), ladders);
  session.printRemaining(shown.length, page.lessons.length);
}

function columnsOf<L extends Lesson>(
  { near, intervals, why }: Options,
  rates: Columns<L>,
  rateIntervals: Columns<L>,
): (Column<Row<L>> | Column<Row<Lesson>>)[] {
  const first = near ? [...HEAD, MISSING] : HEAD;
  if (why) return [...first, WHY];
  return intervals ? [...first, ...rateIntervals, ...DIFFERENCE] : [...first, ...rates];
}

type Columns<L extends Lesson> = readonly Column<Row<L>>[];

const HEAD: Columns<Lesson> = [
  {
    title: 'slice',
    value: row =>
      slice(row.scope_subset) +
      (row.sameAs === undefined ? '' : ` (same events as ${printable(row.sameAs)})`),
    wraps: true,
  },
  { title: 'n', value: row => count(row.n), align: 'right' },
];
const MISSING: Column<Row<Lesson>> = {
  title: 'missing',
  value: row => count(row.lacks ?? 0),
  align: 'right',
};
const WHY: Column<Row<Lesson>> = {
  title: 'why no override',
  value: ({ lacks, why_not }) =>
    printable(why_not ?? (lacks === undefined ? 'one is in force' : `${lacks} events too few`)),
  wraps: true,
};
const QUADRANT: Columns<Quadrants> = [
  { title: 'acted', value: row => count(row.stats.n_acted), align: 'right' },
  { title: 'WR', value: row => percent(row.stats.wr), align: 'right' },
  { title: 'FPR', value: row => percent(row.stats.fpr), align: 'right' },
  { title: 'skip', value: row => count(row.stats.n_skipped), align: 'right' },
  { title: 'MR', value: row => percent(row.stats.mr), align: 'right' },
  { title: 'DR', value: row => percent(row.stats.dr), align: 'right' },
  { title: 'pressure', value: row => signed(pressureOf(row.stats)), align: 'right' },
];
const LADDER: Columns<Ladder> = [
  { title: 'won', value: row => count(row.stats.n_success), align: 'right' },
  { title: '1 dx', value: row => count(row.stats.count_1), align: 'right' },
  { title: '2 dx', value: row => count(row.stats.count_2), align: 'right' },
  { title: '3 dx', value: row => count(row.stats.count_3), align: 'right' },
  { title: 'mean', value: row => row.stats.avg_dx_count.toFixed(2), align: 'right' },
  { title: 'failed', value: row => percent(row.stats.failure_rate), align: 'right' },
  { title: 'pressure', value: row => signed(row.stats.ladder_pressure, 3), align: 'right' },
];

/** Shown for a number that is missing in lessons stored by earlier versions. */
const UNKNOWN = '–';

const range = (interval: readonly [number, number] | undefined): string =>
  interval === undefined ? UNKNOWN : percentRange(interval);

const QUADRANT_INTERVALS: Columns<Quadrants> = [
  { title: 'WR', value: row => range(row.uncertainty?.wr), align: 'right' },
  { title: 'FPR', value: row => range(row.uncertainty?.fpr), align: 'right' },
  { title: 'MR', value: row => range(row.uncertainty?.mr), align: 'right' },
  { title: 'DR', value: row => range(row.uncertainty?.dr), align: 'right' },
];
const LADDER_INTERVALS: Columns<Ladder> = [
  { title: 'failed', value: row => range(row.uncertainty?.failure_rate), align: 'right' },
  {
    title: 'pressure',
    value: ({ uncertainty }) =>
      uncertainty ? uncertainty.ladder_pressure.map(end => signed(end, 2)).join(' to ') : UNKNOWN,
    align: 'right',
  },
];
const DIFFERENCE: Columns<Lesson> = [
  {
    title: 'vs. rest',
    value: ({ uncertainty: { difference } = {} }) =>
      difference === undefined ? UNKNOWN : `${signed(difference * 100, 1)} pt`,
    align: 'right',
  },
  {
    title: 'q',
    value: ({ uncertainty: { q } = {} }) => (q === undefined ? UNKNOWN : qText(q)),
    align: 'right',
  },
];

function qText(q: number): string {
  return q < 0.001 ? '<0.001' : q.toFixed(3);
}
