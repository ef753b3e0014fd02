import { type Command, Option } from 'commander';
import type { z } from 'zod';
import { writerExclusionSchema, writersPageSchema } from '../../shared/http/schemas/writers.ts';
import type { RunCommand } from '../command-runner.ts';
import { EXIT, usageError } from '../exit-codes.ts';
import { plural, printable } from '../format.ts';
import { readPages } from '../pagination.ts';
import type { Session } from '../session.ts';
import type { Column } from '../table.ts';

type Writer = z.output<typeof writersPageSchema>['writers'][number];

interface Options {
  readonly pattern?: string;
  readonly exclude?: string;
  readonly include?: string;
  readonly reason?: string;
}

const HELP = `
The events and outcomes of an excluded writer stay stored. Runs leave them out,
from the next run on, until the writer is included again.

Examples:
  $ pm-tuning writers
  $ pm-tuning writers --pattern pm.uptrend.S1.entry
  $ pm-tuning writers --exclude "token:bot 2" --reason "its token leaked"`;

/** Adds `writers`: lists who sent events with their shares, and excludes a writer from runs. */
export function addWriters(program: Command, runCommand: RunCommand): void {
  program
    .command('writers')
    .description('list who sent events, with their shares, or exclude a writer from runs')
    .option('--pattern <pattern>', 'only events of this pattern')
    .addOption(
      new Option('--exclude <writer>', 'leave its events out of runs').conflicts(['include', 'pattern']),
    )
    .addOption(new Option('--include <writer>', 'take its events in again').conflicts('pattern'))
    .option('--reason <text>', 'why, for the audit')
    .addHelpText('after', HELP)
    .action(async (options: Options, command: Command) =>
      runCommand(command, session => {
        const writer = options.exclude ?? options.include;
        return writer === undefined ? list(session, options.pattern) : change(session, writer, options);
      }),
    );
}

async function list(session: Session, pattern: string | undefined) {
  const { raw, data } = await readPages(session, {
    path: '/v1/writers',
    query: { pattern_key: pattern },
    lists: ['writers'],
    schema: writersPageSchema,
  });
  session.output(raw, () => {
    session.table(
      COLUMNS,
      data.writers.toSorted((a, b) => b.events - a.events),
      'no writer yet',
    );
    if (data.unattributed > 0)
      session.print(`${plural(data.unattributed, 'event')} from before writers were kept`);
  });
  return EXIT.ok;
}

async function change(session: Session, writer: string, { exclude, reason }: Options) {
  if (reason === undefined) throw usageError('the audit keeps a reason: add --reason "why"');
  const call = { method: 'PUT', body: { writer, excluded: exclude !== undefined, reason } } as const;
  const { raw, data } = await session.request(writerExclusionSchema, '/v1/writers', call);
  session.output(raw, () =>
    session.print(
      data.excluded
        ? `${printable(data.writer)} is excluded: the next run leaves its events and outcomes out`
        : `${printable(data.writer)} is included: the next run reads its events and outcomes again`,
    ),
  );
  return EXIT.ok;
}

const COLUMNS: readonly Column<Writer>[] = [
  { title: 'writer', value: row => printable(row.writer), wraps: true },
  { title: 'events', value: row => String(row.events) },
  { title: 'share', value: row => `${(row.share * 100).toFixed(1)} %` },
  {
    title: 'excluded',
    value: row => (row.excluded ? printable(`by ${row.excluded_by}: ${row.reason}`) : ''),
    wraps: true,
  },
];
