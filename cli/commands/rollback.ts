import type { Command } from 'commander';
import { headAnswerSchema } from '../../shared/http/schemas/patterns.ts';
import { integerAtLeast } from '../arguments.ts';
import type { RunCommand } from '../command-runner.ts';
import { EXIT } from '../exit-codes.ts';
import { printable } from '../format.ts';

const HINT = `
A live pattern is frozen with it, so that the next cycle does not replace it; to learn again:
  $ pm-tuning mode pm.uptrend.S1.entry live --reason "the feed is repaired"

Example:
  $ pm-tuning rollback pm.uptrend.S1.entry 6 --reason "7 learned from a bad feed"`;

/** `rollback`: puts an earlier generation back in force. */
export function addRollback(program: Command, perform: RunCommand): void {
  program
    .command('rollback')
    .description('put an earlier generation back in force')
    .argument('<pattern>', 'pattern key, such as pm.uptrend.S1.entry')
    .argument('<generation>', 'its number, from history', integerAtLeast(1))
    .requiredOption('--reason <text>', 'why; it is kept in the audit')
    .addHelpText('after', HINT)
    .action(
      async (pattern: string, generation: number, options: { readonly reason: string }, command: Command) =>
        perform(command, async session => {
          const path = `/v1/patterns/${encodeURIComponent(pattern)}/rollback`;
          const call = { method: 'POST', body: { generation, reason: options.reason } } as const;
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
