import type { Command } from 'commander';
import { type OverridesPage, overridesPageSchema } from '../../shared/http/schemas/overrides.ts';
import { integerAtLeast } from '../arguments.ts';
import type { RunCommand } from '../command-runner.ts';
import { EXIT } from '../exit-codes.ts';
import { count, effect, plural, printable, slice } from '../format.ts';
import { readPages } from '../pagination.ts';
import type { Session } from '../session.ts';
import { byMostEvents } from '../sort-slices.ts';
import type { Column } from '../table.ts';

/** `overrides`: the published overrides of a pattern. */
export function addOverrides(program: Command, perform: RunCommand): void {
  program
    .command('overrides')
    .description('the published overrides of a pattern, most events first')
    .argument('<pattern>', 'pattern key, such as pm.uptrend.S1.entry')
    .option(
      '--limit <n>',
      'only the n with most events (with --json: the first n of the service)',
      integerAtLeast(1),
    )
    .addHelpText('after', '\nExample:\n  $ pm-tuning overrides pm.uptrend.S1.entry')
    .action(async (pattern: string, options: { readonly limit?: number }, command: Command) =>
      perform(command, async session => {
        const { raw, data } = await readPages(session, {
          path: '/v1/overrides',
          query: { pattern_key: pattern },
          rows: 'overrides',
          limit: session.json ? options.limit : undefined,
          schema: overridesPageSchema,
        });
        session.output(raw, () => show(session, data, options.limit));
        return EXIT.ok;
      }),
    );
}

function show(session: Session, page: OverridesPage, limit: number | undefined): void {
  const many = plural(page.overrides.length, 'override');
  session.print(`${session.bold(page.pattern_key)}, generation ${page.generation}, ${many}`);
  if (page.overrides.length === 0) return;
  session.print();
  const shown = page.overrides.toSorted(byMostEvents).slice(0, limit);
  session.table(COLUMNS, shown, '');
  if (shown.length < page.overrides.length)
    session.print(`… and ${count(page.overrides.length - shown.length)} more`);
}

const COLUMNS: readonly Column<OverridesPage['overrides'][number]>[] = [
  { title: 'slice', value: row => slice(row.scope_subset), wraps: true },
  { title: 'lever', value: row => row.action_category },
  { title: 'effect', value: effect, align: 'right' },
  { title: 'n', value: row => count(row.n), align: 'right' },
  { title: 'confidence', value: row => row.confidence.toFixed(2), align: 'right' },
  { title: 'why', value: row => printable(row.reason), wraps: true },
];
