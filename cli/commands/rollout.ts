import { Argument, type Command } from 'commander';
import { headAnswerSchema } from '../../shared/http/schemas/patterns.ts';
import { oneOf } from '../arguments.ts';
import type { RunCommand } from '../command-runner.ts';
import { EXIT } from '../exit-codes.ts';
import { printable } from '../format.ts';
import { patternArgument, patternPath, reasonOption } from '../options.ts';

const ACTIONS = ['promote', 'hold', 'end'] as const;

const HELP = `
Actions:
  promote  the candidate is in force for all episodes
  hold     the candidate keeps its share until it is promoted or ended
  end      the candidate goes; its content is not tried again for 14 days

Harm rolls back a candidate that is held, too. To see how it does:
  $ pm-tuning guard pm.uptrend.S1.entry
Runs try new results first where the setting rollout is guarded:
  $ pm-tuning settings pm.uptrend.S1.entry --rollout guarded --reason "large account"

Example:
  $ pm-tuning rollout pm.uptrend.S1.entry hold --reason "the exchange has an outage"`;

/** Adds `rollout`: steers the rollout of a candidate. */
export function addRollout(program: Command, runCommand: RunCommand): void {
  program
    .command('rollout')
    .description('promote, hold or end the generation that is tried')
    .addArgument(patternArgument())
    .addArgument(new Argument('<action>', 'explained below').choices(ACTIONS).argParser(oneOf(ACTIONS)))
    .addOption(reasonOption())
    .addHelpText('after', HELP)
    .action(async (pattern: string, action: string, options: { readonly reason: string }, command: Command) =>
      runCommand(command, async session => {
        const call = { method: 'POST', body: { action, reason: options.reason } } as const;
        const { raw, data } = await session.request(headAnswerSchema, patternPath(pattern, 'rollout'), call);
        // Generation 0: a first candidate is tried or has ended.
        const served =
          data.generation === 0 ? 'has no overrides in force' : `serves generation ${data.generation}`;
        session.output(raw, () =>
          session.print(`${printable(data.pattern_key)} ${served}: ${printable(data.last_change.why)}`),
        );
        return EXIT.ok;
      }),
    );
}
