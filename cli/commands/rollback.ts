import type { Command } from 'commander';
import { generationsAnswerSchema, headAnswerSchema } from '../../shared/http/schemas/patterns.ts';
import { integerAtLeast, time } from '../arguments.ts';
import type { RunCommand } from '../command-runner.ts';
import { EXIT, usageError } from '../exit-codes.ts';
import { instant, printable } from '../format.ts';
import { patternArgument, patternPath, reasonOption } from '../options.ts';
import { readPages } from '../pagination.ts';
import type { Session } from '../session.ts';

const HELP = `
A live pattern becomes frozen, so that the next cycle does not replace the
generation. To let cycles publish again:
  $ pm-tuning mode pm.uptrend.S1.entry live --reason "the feed is repaired"

Examples:
  $ pm-tuning rollback pm.uptrend.S1.entry --at 24h --reason "bad prices since noon"
  $ pm-tuning rollback pm.uptrend.S1.entry 6 --reason "7 was computed from a bad feed"`;

interface Options {
  readonly reason: string;
  readonly at?: string;
}

/** Adds `rollback`: puts an earlier generation back in force. */
export function addRollback(program: Command, runCommand: RunCommand): void {
  program
    .command('rollback')
    .description('put an earlier generation back in force')
    .addArgument(patternArgument())
    .argument('[generation]', 'number of a generation, as listed by: pm-tuning history', integerAtLeast(1))
    .option('--at <time>', 'the newest generation published by this time, such as 24h ago', time)
    .addOption(reasonOption())
    .addHelpText('after', HELP)
    .action(async (pattern: string, number: number | undefined, options: Options, command: Command) =>
      runCommand(command, async session => {
        const generation = await chosenGeneration(session, pattern, number, options.at);
        const call = { method: 'POST', body: { generation, reason: options.reason } } as const;
        const path = patternPath(pattern, 'rollback');
        const { raw, data } = await session.request(headAnswerSchema, path, call);
        session.output(raw, () => {
          const latest = data.latest_generation;
          session.print(
            `${printable(data.pattern_key)} serves generation ${data.generation} (latest: ${latest}), mode ${data.mode}`,
          );
        });
        return EXIT.ok;
      }),
    );
}

/**
 * Returns the generation to go back to: the given one, or the newest that was published by a time.
 * @throws Failure (usage) for both or neither, and when none of the kept generations is that old
 */
async function chosenGeneration(
  session: Session,
  pattern: string,
  number: number | undefined,
  at: string | undefined,
): Promise<number> {
  if (number !== undefined && at === undefined) return number;
  if (number !== undefined || at === undefined)
    throw usageError('name the generation, or the time with --at; give one of them');
  const path = patternPath(pattern, 'generations');
  const { data } = await readPages(session, {
    path,
    lists: ['generations'],
    schema: generationsAnswerSchema,
  });
  const published = data.generations.filter(row => Date.parse(row.published_at) <= Date.parse(at));
  if (published.length === 0)
    throw usageError(`no kept generation was published by ${instant(at)}; see: pm-tuning history ${pattern}`);
  return Math.max(...published.map(row => row.generation));
}
