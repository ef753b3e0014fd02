import type { Command } from 'commander';
import { notificationTestAnswerSchema } from '../../shared/http/schemas/notifications.ts';
import type { RunCommand } from '../command-runner.ts';
import { EXIT } from '../exit-codes.ts';
import { printable } from '../format.ts';

const HELP = `
The targets are those of the service: of the file that --notify names at its
start, or of the parameter of a deployed stage. See docs/notifications.md.

Example:
  $ pm-tuning notify test ops`;

/** Adds `notify test`: sends a test message to a target of notifications. */
export function addNotify(program: Command, runCommand: RunCommand): void {
  const notify = program.command('notify').description('test the targets of notifications');
  notify
    .command('test')
    .description('send a test message to a target of notifications')
    .argument('<target>', 'name of the target in the configuration')
    .addHelpText('after', HELP)
    .action(async (target: string, _: object, command: Command) =>
      runCommand(command, async session => {
        const call = { method: 'POST', body: { target } } as const;
        const path = '/v1/notifications/test';
        const { raw, data } = await session.request(notificationTestAnswerSchema, path, call);
        session.output(raw, () =>
          session.print(
            data.delivered
              ? `${printable(data.target)} took the test message`
              : `${printable(data.target)} did not take the test message (${printable(data.reason ?? 'no reason')}); ${adviceOn(data.reason)}`,
          ),
        );
        return data.delivered ? EXIT.ok : EXIT.unsuccessful;
      }),
    );
}

function adviceOn(reason: string | undefined): string {
  return reason === 'configuration_invalid'
    ? 'correct the file of targets: the log of the service names the place'
    : 'check its address and its secret';
}
