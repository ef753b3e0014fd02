import { Argument, type Command } from 'commander';
import { modeSchema } from '../../shared/generation/head.ts';
import { headAnswerSchema } from '../../shared/http/schemas/patterns.ts';
import { oneOf } from '../arguments.ts';
import type { RunCommand } from '../command-runner.ts';
import { EXIT } from '../exit-codes.ts';
import { printable } from '../format.ts';
import { patternArgument, patternPath, reasonOption } from '../options.ts';

const MODES = modeSchema.options;

const HELP = `
Modes:
  live    look-ups use the generation in force; cycles publish
  shadow  look-ups are neutral; cycles publish
  frozen  look-ups use the generation in force; cycles publish nothing
  off     look-ups are neutral; cycles publish
  retired look-ups are neutral; cycles and status leave the pattern out; its
          next event brings the mode before it back

Example:
  $ pm-tuning mode pm.uptrend.S1.entry frozen --reason "bad prices during the exchange outage"`;

/** Adds `mode`: sets what look-ups of a pattern return, and whether its cycles publish. */
export function addMode(program: Command, runCommand: RunCommand): void {
  program
    .command('mode')
    .description('set what look-ups of a pattern return, and whether its cycles publish')
    .addArgument(patternArgument())
    .addArgument(new Argument('<mode>', 'explained below').choices(MODES).argParser(oneOf(MODES)))
    .addOption(reasonOption())
    .addHelpText('after', HELP)
    .action(async (pattern: string, mode: string, options: { readonly reason: string }, command: Command) =>
      runCommand(command, async session => {
        const call = { method: 'PUT', body: { mode, reason: options.reason } } as const;
        const { raw, data } = await session.request(headAnswerSchema, patternPath(pattern, 'mode'), call);
        session.output(raw, () =>
          session.print(`${printable(data.pattern_key)} is ${data.mode} at generation ${data.generation}`),
        );
        return EXIT.ok;
      }),
    );
}
