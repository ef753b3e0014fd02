import { Argument, type Command } from 'commander';
import type { z } from 'zod';
import { cyclePageSchema, cyclesPageSchema } from '../../shared/http/schemas/cycles.ts';
import { integerAtLeast } from '../arguments.ts';
import type { RunCommand } from '../command-runner.ts';
import { EXIT } from '../exit-codes.ts';
import { instant, plural, printable } from '../format.ts';
import { readPages } from '../pagination.ts';
import type { Session } from '../session.ts';
import { showCycle } from '../show-cycle.ts';
import type { Column } from '../table.ts';

type Cycle = z.output<typeof cyclesPageSchema>['cycles'][number];

const DEFAULT_LIMIT = 20;

const HELP = `
Examples:
  $ pm-tuning cycles
  $ pm-tuning cycles last
  $ pm-tuning cycles 20250120T000000000Z-1a2b3c4d`;

/** Adds `cycles`: lists the runs, newest first, or shows one with the result of each pattern. */
export function addCycles(program: Command, runCommand: RunCommand): void {
  program
    .command('cycles')
    .description('list the runs and trials, newest first, or show one and what failed in it')
    .addArgument(new Argument('[id]', 'a run to show, with the result of each pattern; last: the newest'))
    .option('--limit <n>', 'only the newest n', integerAtLeast(1), DEFAULT_LIMIT)
    .addHelpText('after', HELP)
    .action(async (id: string | undefined, { limit }: { readonly limit: number }, command: Command) =>
      runCommand(command, session => (id === undefined ? list(session, limit) : show(session, id))),
    );
}

async function list(session: Session, limit: number): Promise<number> {
  const { raw, data } = await readPages(session, {
    path: '/v1/cycles',
    lists: ['cycles'],
    limit,
    schema: cyclesPageSchema,
  });
  session.output(raw, () => {
    session.table(COLUMNS, data.cycles, 'no run yet; start one with: pm-tuning cycle');
    if (data.next !== undefined) session.print('… and older ones; --limit shows more');
  });
  return EXIT.ok;
}

async function show(session: Session, asked: string): Promise<number> {
  const id = asked === 'last' ? await newest(session) : asked;
  if (id === undefined) {
    session.output(null, () => session.print('no run yet; start one with: pm-tuning cycle'));
    return EXIT.ok;
  }
  const path = `/v1/cycles/${encodeURIComponent(id)}`;
  const { raw, data } = await readPages(session, { path, lists: ['patterns'], schema: cyclePageSchema });
  session.output(raw, () => showCycle(session, data));
  return EXIT.ok;
}

/** Returns the id of the newest run that is no trial, among the last hundred. */
async function newest(session: Session): Promise<string | undefined> {
  const { data } = await session.request(cyclesPageSchema, '/v1/cycles');
  return data.cycles.find(({ trial }) => !trial)?.cycle_id;
}

const COLUMNS: readonly Column<Cycle>[] = [
  { title: 'started', value: row => instant(row.started_at) },
  { title: 'run', value: row => (row.trial ? `trial ${row.status}` : row.status) },
  { title: 'patterns', value: patternsText, wraps: true },
  { title: 'by', value: row => printable(row.who), wraps: true },
  { title: 'id', value: row => printable(row.cycle_id) },
];

function patternsText({ patterns_failed: failed, patterns_total: total, failure }: Cycle): string {
  const text = failed > 0 ? `${failed} of ${plural(total, 'pattern')} failed` : plural(total, 'pattern');
  return failure === undefined ? text : `${text}: ${printable(failure)}`;
}
