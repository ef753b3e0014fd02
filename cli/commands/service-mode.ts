import type { Command } from 'commander';
import { serviceModeAnswerSchema } from '../../shared/http/schemas/service-mode.ts';
import type { RunCommand } from '../command-runner.ts';
import { EXIT } from '../exit-codes.ts';
import { printable } from '../format.ts';
import { reasonOption } from '../options.ts';

const TEXTS = {
  off: {
    description: 'stop everything: look-ups of every pattern become neutral at once',
    result: 'the service is off: look-ups of every pattern are neutral; undo with: pm-tuning live --reason',
  },
  live: {
    description: 'undo off: each pattern follows its own mode again',
    result: 'the service is live: each pattern follows its own mode',
  },
} as const;

/** Adds `off` and `live`: the switch for everything. Events are stored and runs continue in both modes. */
export function addServiceMode(program: Command, runCommand: RunCommand): void {
  for (const mode of ['off', 'live'] as const)
    program
      .command(mode)
      .description(TEXTS[mode].description)
      .addOption(reasonOption())
      .addHelpText(
        'after',
        `\nEvents are stored and cycles run in both modes.\n\nExample:\n  $ pm-tuning ${mode} --reason "exchange outage"`,
      )
      .action(async (options: { readonly reason: string }, command: Command) =>
        runCommand(command, async session => {
          const call = { method: 'PUT', body: { mode, reason: options.reason } } as const;
          const { raw, data } = await session.request(serviceModeAnswerSchema, '/v1/mode', call);
          session.output(raw, () => {
            session.print(TEXTS[mode].result);
            if (data.last_change) session.print(printable(`by ${data.last_change.who}: ${options.reason}`));
          });
          return EXIT.ok;
        }),
      );
}
