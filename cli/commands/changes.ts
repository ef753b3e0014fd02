import type { Command } from 'commander';
import type { PatternChange } from '../../shared/generation/generation.ts';
import { changesPageSchema } from '../../shared/http/schemas/changes.ts';
import { integerAtLeast, time } from '../arguments.ts';
import type { RunCommand } from '../command-runner.ts';
import { EXIT } from '../exit-codes.ts';
import { instant, printable } from '../format.ts';
import { readPages } from '../pagination.ts';
import type { Session } from '../session.ts';
import { wrap } from '../table.ts';

interface Options {
  readonly pattern?: string;
  readonly from?: string;
  readonly to?: string;
  readonly limit: number;
}

const DEFAULT_LIMIT = 20;
const INDENT = '  ';

const HELP = `
Examples:
  $ pm-tuning changes --from 24h
  $ pm-tuning changes --pattern pm.uptrend.S1.entry --from 2025-01-19 --to 2025-01-20`;

/** Adds `changes`: lists who changed modes, settings and generations, over all patterns. */
export function addChanges(program: Command, runCommand: RunCommand): void {
  program
    .command('changes')
    .description('list who changed modes, settings and generations, newest first')
    .option('--pattern <pattern>', 'only this pattern')
    .option('--from <time>', 'changes from this time on (RFC 3339, or a date)', time)
    .option('--to <time>', 'changes up to this time (RFC 3339, or a date)', time)
    .option('--limit <n>', 'only the newest n', integerAtLeast(1), DEFAULT_LIMIT)
    .addHelpText('after', HELP)
    .action(async (options: Options, command: Command) =>
      runCommand(command, async session => {
        const { pattern, from, to, limit } = options;
        const { raw, data } = await readPages(session, {
          path: '/v1/changes',
          query: { pattern_key: pattern, from, to },
          lists: ['changes'],
          limit,
          schema: changesPageSchema,
        });
        session.output(raw, () => show(session, data.changes, data.next !== undefined));
        return EXIT.ok;
      }),
    );
}

function show(session: Session, changes: readonly PatternChange[], hasMore: boolean): void {
  if (changes.length === 0) session.print('no changes');
  for (const change of changes) {
    const { at, what, pattern_key, who, why } = change;
    session.print(
      session.bold(`${instant(at)}  ${what} ${printable(pattern_key ?? 'of the whole service')}`),
    );
    for (const text of [`by ${who}: ${why}`, ...settingsText(change)])
      for (const line of wrap(printable(text), session.width - INDENT.length)) session.print(INDENT + line);
  }
  if (hasMore) session.print('… and older ones; --limit shows more');
}

/** Returns what was published, as one text; nothing for another change. */
function settingsText({ generation, settings }: PatternChange): string[] {
  if (generation === undefined) return [];
  if (!settings) return [`generation ${generation}`];
  const { as_of, lookback_days, n_min, policy } = settings;
  return [`generation ${generation}: ${policy}, as of ${instant(as_of)}, ${lookback_days} d, n≥${n_min}`];
}
