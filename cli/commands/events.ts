import { type Command, Option } from 'commander';
import { eventsPageSchema, type StoredEventAnswer } from '../../shared/http/schemas/events.ts';
import { integerAtLeast, time } from '../arguments.ts';
import type { RunCommand } from '../command-runner.ts';
import { EXIT } from '../exit-codes.ts';
import { instant, printable, significant, slice } from '../format.ts';
import { patternArgument } from '../options.ts';
import { readPages } from '../pagination.ts';
import type { Column } from '../table.ts';

interface Options {
  readonly episode?: string;
  readonly from?: string;
  readonly to?: string;
  readonly limit: number;
}

const DEFAULT_LIMIT = 20;

const HELP = `
Examples:
  $ pm-tuning events pm.uptrend.S1.entry --from 2025-01-19
  $ pm-tuning events pm.uptrend.S1.entry --episode ep-1042 --json`;

/** Adds `events`: lists stored events as they were sent, with their outcome history. */
export function addEvents(program: Command, runCommand: RunCommand): void {
  program
    .command('events')
    .description('list stored events with their outcomes, oldest first')
    .addArgument(patternArgument())
    .option('--episode <id>', 'only the rows of this episode')
    .option('--from <time>', 'events from this time on (RFC 3339, or a date)', time)
    .option('--to <time>', 'events up to this time (RFC 3339, or a date)', time)
    .addOption(
      new Option('--limit <n>', 'only the first n').argParser(integerAtLeast(1)).default(DEFAULT_LIMIT),
    )
    .addHelpText('after', HELP)
    .action(async (pattern: string, { episode, from, to, limit }: Options, command: Command) =>
      runCommand(command, async session => {
        const { raw, data } = await readPages(session, {
          path: '/v1/events',
          query: { pattern_key: pattern, episode_id: episode, from, to },
          lists: ['events'],
          limit,
          schema: eventsPageSchema,
        });
        session.output(raw, () => {
          session.table(COLUMNS, data.events, 'no such event is stored');
          if (data.next !== undefined) session.print('… and later ones; --limit shows more');
        });
        return EXIT.ok;
      }),
    );
}

const COLUMNS: readonly Column<StoredEventAnswer>[] = [
  { title: 'time', value: row => instant(row.timestamp) },
  {
    title: 'episode',
    value: row => printable([row.episode_id, row.window].filter(Boolean).join(' / ')),
    wraps: true,
  },
  { title: 'decision', value: row => row.decision },
  { title: 'outcome', value: outcomeText, wraps: true },
  { title: 'scope', value: row => slice(row.scope), wraps: true },
];

/** Returns the outcome that counts: the last correction, else the first outcome. */
function outcomeText({ outcomes, outcomes_of }: StoredEventAnswer): string {
  const last = outcomes.at(-1);
  if (!last) return 'pending';
  const notes = [
    last.return === undefined ? '' : `${significant(last.return)} R`,
    last.correction ? 'corrected' : '',
    last.resolved_at_assumed ? 'time assumed' : '',
    outcomes_of === undefined ? '' : 'of the episode',
  ].filter(note => note !== '');
  return notes.length === 0 ? last.outcome : `${last.outcome} (${notes.join(', ')})`;
}
