import type { Command } from 'commander';
import { type LessonsPage, lessonsPageSchema } from '../../shared/http/schemas.ts';
import { type LadderStats, pressureOf, type QuadrantStats } from '../../shared/lesson/lesson.ts';
import { whole } from '../arguments.ts';
import { EXIT } from '../exit.ts';
import { count, percent, plural, printable, signed, slice } from '../format.ts';
import { mostEventsFirst } from '../order.ts';
import { readPages } from '../pages.ts';
import type { Perform } from '../perform.ts';
import type { Session } from '../session.ts';
import type { Column } from '../table.ts';

interface Options {
  readonly near?: boolean;
  readonly limit?: number;
}

type Row<S> = Pick<LessonsPage['lessons'][number], 'scope_subset' | 'n' | 'lacks'> & {
  readonly stats: S;
  /** The slice that stands for this one, when both contain the same events. */
  readonly sameAs: string | undefined;
};

const EXAMPLES = `
WR, FPR: acted events that succeeded, failed. MR, DR: skipped events that succeeded, failed.
Pressure: skipped successes minus acted failures; above 0 the gates cost more than they saved.

Examples:
  $ pm-tuning lessons pm.uptrend.S1.entry
  $ pm-tuning lessons pm.uptrend.S1.entry --near`;

/** `lessons`: what the slices of a pattern taught. */
export function addLessons(program: Command, perform: Perform): void {
  program
    .command('lessons')
    .description('what the slices of a pattern taught, most events first')
    .argument('<pattern>', 'pattern key, such as pm.uptrend.S1.entry')
    .option('--near', 'instead, the slices just under the minimum, and what each lacks')
    .option('--limit <n>', 'only the n with most events (with --json: the first n of the service)', whole(1))
    .addHelpText('after', EXAMPLES)
    .action(async (pattern: string, options: Options, command: Command) =>
      perform(command, async session => {
        const { raw, data } = await readPages(session, {
          path: '/v1/lessons',
          query: { pattern_key: pattern, near: options.near ? 'true' : undefined },
          rows: 'lessons',
          limit: session.json ? options.limit : undefined,
          schema: lessonsPageSchema,
        });
        session.answer(raw, () => show(session, data, options));
        return EXIT.ok;
      }),
    );
}

function show(session: Session, page: LessonsPage, { near, limit }: Options): void {
  const what = near
    ? `${plural(page.lessons.length, 'slice')} just under the minimum`
    : plural(page.lessons.length, 'lesson');
  session.say(`${session.strong(page.pattern_key)}, generation ${page.generation}, ${what}`);
  if (page.lessons.length === 0) return;
  const slices = new Map(page.lessons.map(lesson => [lesson.scope_hash, slice(lesson.scope_subset)]));
  const quadrants: Row<QuadrantStats>[] = [];
  const ladders: Row<LadderStats>[] = [];
  const shown = page.lessons.toSorted(mostEventsFirst).slice(0, limit);
  for (const lesson of shown) {
    const sameAs = lesson.same_as === undefined ? undefined : (slices.get(lesson.same_as) ?? lesson.same_as);
    if (lesson.action_category === 'tuning') quadrants.push({ ...lesson, sameAs });
    else ladders.push({ ...lesson, sameAs });
  }
  session.say();
  const lacks = near ? [LACKS] : [];
  if (quadrants.length > 0) session.table([...HEAD, ...lacks, ...QUADRANT], quadrants, '');
  if (ladders.length > 0) session.table([...HEAD, ...lacks, ...LADDER], ladders, '');
  if (shown.length < page.lessons.length)
    session.say(`… and ${count(page.lessons.length - shown.length)} more`);
}

const HEAD: readonly Column<Row<unknown>>[] = [
  {
    title: 'slice',
    value: row =>
      slice(row.scope_subset) +
      (row.sameAs === undefined ? '' : ` (same events as ${printable(row.sameAs)})`),
    wraps: true,
  },
  { title: 'n', value: row => count(row.n), align: 'right' },
];
const LACKS: Column<Row<unknown>> = { title: 'lacks', value: row => count(row.lacks ?? 0), align: 'right' };
const QUADRANT: readonly Column<Row<QuadrantStats>>[] = [
  { title: 'acted', value: row => count(row.stats.n_acted), align: 'right' },
  { title: 'WR', value: row => percent(row.stats.wr), align: 'right' },
  { title: 'FPR', value: row => percent(row.stats.fpr), align: 'right' },
  { title: 'skip', value: row => count(row.stats.n_skipped), align: 'right' },
  { title: 'MR', value: row => percent(row.stats.mr), align: 'right' },
  { title: 'DR', value: row => percent(row.stats.dr), align: 'right' },
  { title: 'pressure', value: row => signed(pressureOf(row.stats)), align: 'right' },
];
const LADDER: readonly Column<Row<LadderStats>>[] = [
  { title: 'won', value: row => count(row.stats.n_success), align: 'right' },
  { title: '1 dx', value: row => count(row.stats.count_1), align: 'right' },
  { title: '2 dx', value: row => count(row.stats.count_2), align: 'right' },
  { title: '3 dx', value: row => count(row.stats.count_3), align: 'right' },
  { title: 'mean', value: row => row.stats.avg_dx_count.toFixed(2), align: 'right' },
  { title: 'failed', value: row => percent(row.stats.failure_rate), align: 'right' },
  { title: 'pressure', value: row => signed(row.stats.ladder_pressure, 3), align: 'right' },
];
