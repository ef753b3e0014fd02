import type { Command } from 'commander';
import { headAnswerSchema } from '../../shared/http/schemas/patterns.ts';
import { integerAtLeast } from '../arguments.ts';
import type { RunCommand } from '../command-runner.ts';
import { EXIT } from '../exit-codes.ts';
import { printable } from '../format.ts';
import { patternArgument, patternPath, reasonOption } from '../options.ts';

const HELP = `
A live pattern becomes frozen, so that the next cycle does not replace the
generation. To let cycles publish again:
  $ pm-tuning mode pm.uptrend.S1.entry live --reason "the feed is repaired"

Example:
  $ pm-tuning rollback pm.uptrend.S1.entry 6 --reason "7 was computed from a bad feed"`;

/** Adds `rollback`: puts an earlier generation back in force. */
export function addRollback(program: Command, runCommand: RunCommand): void {
  program
    .command('rollback')
    .description('put an earlier generation back in force')
    .addArgument(patternArgument())
    .argument('<generation>', 'number of a generation, as listed by: pm-tuning history', integerAtLeast(1))
    .addOption(reasonOption())
    .addHelpText('after', HELP)
    .action(
      async (pattern: string, generation: number, options: { readonly reason: string }, command: Command) =>
        runCommand(command, async session => {
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
