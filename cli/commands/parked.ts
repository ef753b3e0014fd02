import type { Command } from 'commander';
import { type ParkedAnswer, parkedPageSchema } from '../../shared/http/schemas/events.ts';
import { integerAtLeast } from '../arguments.ts';
import type { RunCommand } from '../command-runner.ts';
import { EXIT } from '../exit-codes.ts';
import { instant, printable } from '../format.ts';
import { patternArgument } from '../options.ts';
import { readPages } from '../pagination.ts';
import type { Column } from '../table.ts';

const DEFAULT_LIMIT = 20;

/** Adds `parked`: lists the outcomes that wait for their event, and why. */
export function addParked(program: Command, runCommand: RunCommand): void {
  program
    .command('parked')
    .description('list outcomes that wait for their event, each with the reason')
    .addArgument(patternArgument())
    .option('--limit <n>', 'only the first n', integerAtLeast(1), DEFAULT_LIMIT)
    .addHelpText('after', '\nExample:\n  $ pm-tuning parked pm.uptrend.S1.entry')
    .action(async (pattern: string, { limit }: { readonly limit: number }, command: Command) =>
      runCommand(command, async session => {
        const { raw, data } = await readPages(session, {
          path: '/v1/parked',
          query: { pattern_key: pattern },
          lists: ['parked'],
          limit,
          schema: parkedPageSchema,
        });
        session.output(raw, () => {
          session.table(COLUMNS, data.parked, 'no outcome waits');
          if (data.next !== undefined) session.print('… and more; --limit shows more');
        });
        return EXIT.ok;
      }),
    );
}

const COLUMNS: readonly Column<ParkedAnswer>[] = [
  {
    title: 'episode',
    value: row => printable([row.episode_id, row.window].filter(Boolean).join(' / ')),
    wraps: true,
  },
  { title: 'outcome', value: row => row.outcomes.at(-1)?.outcome ?? '' },
  { title: 'resolved', value: row => instant(row.outcomes.at(-1)?.resolved_at ?? '') },
  { title: 'sent by', value: row => printable(row.outcomes.at(-1)?.writer ?? ''), wraps: true },
  { title: 'waits because', value: row => row.reason, wraps: true },
];
