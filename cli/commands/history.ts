import type { Command } from 'commander';
import { type GenerationsAnswer, generationsAnswerSchema } from '../../shared/http/schemas/patterns.ts';
import { twoGenerations } from '../arguments.ts';
import type { RunCommand } from '../command-runner.ts';
import { EXIT } from '../exit-codes.ts';
import { count, instant, printable, slice } from '../format.ts';
import { patternArgument, patternPath } from '../options.ts';
import { readPages } from '../pagination.ts';
import type { Session } from '../session.ts';
import type { Column } from '../table.ts';

type Diff = NonNullable<GenerationsAnswer['diff']>;

const HELP = `
Examples:
  $ pm-tuning history pm.uptrend.S1.entry
  $ pm-tuning history pm.uptrend.S1.entry --diff 6,7`;

/** Adds `history`: lists a pattern's generations and changes, or the difference of two generations. */
export function addHistory(program: Command, runCommand: RunCommand): void {
  program
    .command('history')
    .description('list the generations of a pattern and who changed what')
    .addArgument(patternArgument())
    .option('--diff <A,B>', 'show the difference from generation A to generation B', twoGenerations)
    .addHelpText('after', HELP)
    .action(async (pattern: string, options: { readonly diff?: string }, command: Command) =>
      runCommand(command, async session => {
        const path = patternPath(pattern, 'generations');
        const { raw, data } = await readPages(session, {
          path,
          query: { diff: options.diff },
          lists: [options.diff === undefined ? 'generations' : 'diff.overrides'],
          schema: generationsAnswerSchema,
        });
        session.output(raw, () => show(session, data));
        return EXIT.ok;
      }),
    );
}

function show(session: Session, history: GenerationsAnswer): void {
  session.print(session.bold(history.pattern_key));
  if (history.diff) showDiff(session, history.diff);
  else showGenerations(session, history);
}

function showGenerations(session: Session, history: GenerationsAnswer): void {
  session.print();
  const generations = history.generations.toSorted((a, b) => b.generation - a.generation);
  session.table(GENERATION_COLUMNS, generations, 'no generation yet');
  if (generations.some(row => row.in_force)) session.print('* in force');
  if (history.changes.length === 0) return;
  session.print();
  const changes = history.changes.toSorted((a, b) => Date.parse(b.at) - Date.parse(a.at));
  session.table(CHANGE_COLUMNS, changes);
}

function showDiff(session: Session, diff: Diff): void {
  const { added, removed, changed } = diff.lessons;
  session.print(
    `generation ${diff.from} → ${diff.to}; lessons: ${added} added, ${removed} removed, ${changed} changed`,
  );
  session.print();
  session.table(DIFF_COLUMNS, diff.overrides, 'the overrides are the same');
}

const GENERATION_COLUMNS: readonly Column<GenerationsAnswer['generations'][number]>[] = [
  { title: 'generation', value: row => `${row.in_force ? '* ' : ''}${row.generation}`, align: 'right' },
  { title: 'published', value: row => instant(row.published_at) },
  { title: 'as of', value: row => instant(row.as_of) },
  { title: 'events', value: row => count(row.events_read), align: 'right' },
  { title: 'lessons', value: row => count(row.lessons), align: 'right' },
  { title: 'overrides', value: row => count(row.overrides), align: 'right' },
  { title: 'settings', value: settingsText, wraps: true },
];
const CHANGE_COLUMNS: readonly Column<GenerationsAnswer['changes'][number]>[] = [
  { title: 'when', value: row => instant(row.at) },
  { title: 'what', value: row => row.what },
  { title: 'who', value: row => printable(row.who), wraps: true },
  { title: 'why', value: row => printable(row.why), wraps: true },
];
const DIFF_COLUMNS: readonly Column<Diff['overrides'][number]>[] = [
  { title: 'slice', value: row => slice(row.scope_subset), wraps: true },
  { title: 'lever', value: row => printable(row.action_category) },
  { title: 'before', value: row => row.before?.toFixed(4) ?? '–', align: 'right' },
  { title: 'after', value: row => row.after?.toFixed(4) ?? '–', align: 'right' },
];

/** Formats the settings that a generation was computed with: `drift 90 d n≥33`. */
function settingsText(row: GenerationsAnswer['generations'][number]): string {
  const cut = row.cut === undefined ? '' : `; ${printable(row.cut)}`;
  return `${printable(row.policy)} ${row.lookback_days} d n≥${row.n_min}${cut}`;
}
