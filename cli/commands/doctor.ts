import { Argument, type Command } from 'commander';
import type { z } from 'zod';
import { doctorAnswerSchema } from '../../shared/http/schemas/doctor.ts';
import { statusSchema } from '../../shared/http/schemas/status.ts';
import type { RunCommand } from '../command-runner.ts';
import { EXIT } from '../exit-codes.ts';
import { count, plural, printable } from '../format.ts';
import { patternPath } from '../options.ts';
import { readPages } from '../pagination.ts';
import type { Session } from '../session.ts';

type Diagnosis = z.output<typeof doctorAnswerSchema>;

const HELP = `
It reads the newest 500 events of each pattern. Exit code 1 when something
should be changed in the bot.

Examples:
  $ pm-tuning doctor
  $ pm-tuning doctor pm.uptrend.S1.entry`;

/** Adds `doctor`: shows what the bot logs, which levers are therefore off, and what to change. */
export function addDoctor(program: Command, runCommand: RunCommand): void {
  program
    .command('doctor')
    .description('examine what the bot logs: which levers are off, and what to log to switch them on')
    .addArgument(new Argument('[pattern]', 'only this pattern; without it, every pattern'))
    .addHelpText('after', HELP)
    .action(async (pattern: string | undefined, _: unknown, command: Command) =>
      runCommand(command, async session => {
        const patterns = pattern === undefined ? await allPatterns(session) : [pattern];
        const answers: { raw: unknown; data: Diagnosis }[] = [];
        for (const each of patterns)
          answers.push(await session.request(doctorAnswerSchema, patternPath(each, 'doctor')));
        const raws = answers.map(({ raw }) => raw);
        session.output(pattern === undefined ? { patterns: raws } : raws[0], () => {
          if (answers.length === 0) session.print('no events yet; import some with: pm-tuning import FILE');
          for (const { data } of answers) show(session, data);
        });
        return answers.some(({ data }) => data.findings.length > 0) ? EXIT.unsuccessful : EXIT.ok;
      }),
    );
}

async function allPatterns(session: Session): Promise<string[]> {
  const lists = ['patterns', 'warnings'] as const;
  const { data } = await readPages(session, { path: '/v1/status', lists, schema: statusSchema });
  return data.patterns.map(({ pattern_key }) => pattern_key);
}

function show(session: Session, { pattern_key, events, factors, levers, findings }: Diagnosis): void {
  session.print(session.bold(printable(pattern_key)));
  session.print(
    `newest ${plural(events.read, 'event')}: ${count(events.acted)} acted, ${count(events.skipped)} skipped, ` +
      `${count(events.with_outcome)} with an outcome, ${count(events.with_return)} with a return, ` +
      `${count(events.with_window)} with a window, ${count(events.with_applied)} with applied`,
  );
  session.table(
    [
      { title: 'lever', value: row => row.action_category },
      { title: 'state', value: row => row.state },
      { title: 'events that log', value: loggedText, wraps: true },
    ],
    levers,
  );
  const names = factors.map(({ name, n, known }) => `${printable(name)} ${count(n)}${known ? '' : ' (own)'}`);
  if (names.length > 0) session.print(`factors: ${names.join(', ')}`);
  for (const { message } of findings) session.print(`- ${printable(message)}`);
  if (findings.length === 0) session.print('nothing to change');
  session.print();
}

function loggedText({ factor, threshold }: Diagnosis['levers'][number]): string {
  return [factor, threshold].flatMap(part => (part ? [`${part.name} ${count(part.n)}`] : [])).join(', ');
}
