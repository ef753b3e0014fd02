import { Argument, type Command } from 'commander';
import { modeSchema } from '../../shared/generation/head.ts';
import { headAnswerSchema } from '../../shared/http/schemas/patterns.ts';
import type { RunCommand } from '../command-runner.ts';
import { EXIT } from '../exit-codes.ts';
import { printable } from '../format.ts';

const EXAMPLES = `
Modes:
  live    serve the generation in force
  shadow  compute and record, serve neutral
  frozen  keep serving the generation in force, publish nothing
  off     serve neutral at once

Example:
  $ pm-tuning mode pm.uptrend.S1.entry frozen --reason "exchange outage, data not to be trusted"`;

/** `mode`: what a pattern serves from now on. */
export function addMode(program: Command, perform: RunCommand): void {
  program
    .command('mode')
    .description('what a pattern serves from now on')
    .argument('<pattern>', 'pattern key, such as pm.uptrend.S1.entry')
    .addArgument(new Argument('<mode>', 'see below').choices(modeSchema.options))
    .requiredOption('--reason <text>', 'why; it is kept in the audit')
    .addHelpText('after', EXAMPLES)
    .action(async (pattern: string, mode: string, options: { readonly reason: string }, command: Command) =>
      perform(command, async session => {
        const path = `/v1/patterns/${encodeURIComponent(pattern)}/mode`;
        const call = { method: 'PUT', body: { mode, reason: options.reason } } as const;
        const { raw, data } = await session.request(headAnswerSchema, path, call);
        session.output(raw, () =>
          session.print(`${printable(data.pattern_key)} is ${data.mode} at generation ${data.generation}`),
        );
        return EXIT.ok;
      }),
    );
}
