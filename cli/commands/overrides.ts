import type { Command } from 'commander';
import { type OverridesPage, overridesPageSchema } from '../../shared/http/schemas/overrides.ts';
import type { RunCommand } from '../command-runner.ts';
import { EXIT } from '../exit-codes.ts';
import { count, effect, plural, printable, slice } from '../format.ts';
import { cycleOption, limitOption, patternArgument } from '../options.ts';
import { readPages, sourceOf } from '../pagination.ts';
import type { Session } from '../session.ts';
import { byMostEvents } from '../sort-slices.ts';
import type { Column } from '../table.ts';

interface Options {
  readonly cycle?: string;
  readonly limit?: number;
}

/** Adds `overrides`: lists the overrides in force of a pattern, or those that a run computed. */
export function addOverrides(program: Command, runCommand: RunCommand): void {
  program
    .command('overrides')
    .description('list the published overrides of a pattern, most events first')
    .addArgument(patternArgument())
    .addOption(cycleOption())
    .addOption(limitOption())
    .addHelpText('after', '\nExample:\n  $ pm-tuning overrides pm.uptrend.S1.entry')
    .action(async (pattern: string, options: Options, command: Command) =>
      runCommand(command, async session => {
        const { raw, data } = await readPages(session, {
          path: '/v1/overrides',
          query: { pattern_key: pattern, cycle_id: options.cycle },
          lists: ['overrides'],
          limit: session.json ? options.limit : undefined,
          schema: overridesPageSchema,
        });
        session.output(raw, () => show(session, data, options.limit));
        return EXIT.ok;
      }),
    );
}

function show(session: Session, page: OverridesPage, limit: number | undefined): void {
  const total = plural(page.overrides.length, 'override');
  session.print(`${session.bold(page.pattern_key)}, ${sourceOf(page)}, ${total}`);
  if (page.overrides.length === 0) return;
  session.print();
  const shown = page.overrides.toSorted(byMostEvents).slice(0, limit);
  session.table(COLUMNS, shown);
  session.printRemaining(shown.length, page.overrides.length);
}

const COLUMNS: readonly Column<OverridesPage['overrides'][number]>[] = [
  { title: 'slice', value: row => slice(row.scope_subset), wraps: true },
  { title: 'lever', value: row => row.action_category },
  { title: 'effect', value: effect, align: 'right' },
  { title: 'n', value: row => count(row.n), align: 'right' },
  { title: 'confidence', value: row => row.confidence.toFixed(2), align: 'right' },
  { title: 'why', value: row => printable(row.reason), wraps: true },
];
