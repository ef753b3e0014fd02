import type { Command } from 'commander';
import { type GuardAnswer, guardAnswerSchema } from '../../shared/http/schemas/guard.ts';
import type { RunCommand } from '../command-runner.ts';
import { EXIT } from '../exit-codes.ts';
import { count, instant, printable, signed } from '../format.ts';
import { patternArgument, patternPath } from '../options.ts';
import type { Session } from '../session.ts';
import type { Column } from '../table.ts';

type TestRow = GuardAnswer['tests'][number];

const HELP = `
The guard compares what is in force with the base thresholds, on the events that
came after it was published. At the line of harm it turns the pattern off,
unless the setting guard is notify. Challengers and a candidate are compared
with what is in force. Wealth is shown as its logarithm.
To go live again, which starts a new test:
  $ pm-tuning mode pm.uptrend.S1.entry live --reason "checked"

Example:
  $ pm-tuning guard pm.uptrend.S1.entry`;

/** Adds `guard`: shows whether what is in force keeps paying. */
export function addGuard(program: Command, runCommand: RunCommand): void {
  program
    .command('guard')
    .description('show whether what is in force keeps paying')
    .addArgument(patternArgument())
    .addHelpText('after', HELP)
    .action(async (pattern: string, _: object, command: Command) =>
      runCommand(command, async session => {
        const { raw, data } = await session.request(guardAnswerSchema, patternPath(pattern, 'guard'), {});
        session.output(raw, () => show(session, data));
        return EXIT.ok;
      }),
    );
}

function show(session: Session, answer: GuardAnswer): void {
  const { pattern_key, guard, as_of, running, decision, rollout } = answer;
  const tests = [...answer.tests, ...(rollout?.test ? [rollout.test] : [])];
  const when = as_of === undefined ? '' : `, as of ${instant(as_of)}`;
  const state = running || rollout ? '' : ', not running';
  session.print(`${session.bold(printable(pattern_key))}  guard ${guard}${state}${when}`);
  if (tests.length > 0) {
    session.print();
    session.table(COLUMNS, tests);
  }
  session.print();
  for (const { sentence } of tests) session.print(printable(sentence));
  if (tests.length === 0)
    session.print(rollout ? 'the next run tests the candidate' : 'no run has tested what is in force yet');
  if (rollout) showRollout(session, rollout);
  if (decision)
    session.warn(printable(`decided on ${instant(decision.at)} (${decision.action}): ${decision.sentence}`));
}

function showRollout(
  session: Session,
  { generation, share, started_at, step_at, held, arms, reality }: NonNullable<GuardAnswer['rollout']>,
): void {
  session.print();
  session.print(
    `generation ${generation} is tried on ${share * 100} % of the episodes since ${instant(step_at)} ` +
      `(from ${instant(started_at)})`,
  );
  if (arms)
    session.print(
      `arms: ${count(arms.candidate)} events of the candidate, ${count(arms.control)} of control, ` +
        `${count(arms.differing + arms.other)} of another arm than theirs`,
    );
  if (reality) {
    const rate = ({ success, failure }: { success: number; failure: number }): string =>
      `${success} of ${success + failure}`;
    session.print(
      `taken by the candidate alone: ${rate(reality.real)} succeeded when traded, ${rate(reality.virtual)} when skipped`,
    );
  }
  if (held) session.warn(printable(`held since ${instant(held.at)} (${held.code}): ${held.text}`));
}

const side = (wealth: number, line: number): string => `${signed(wealth, 2)} of ${line.toFixed(2)}`;

const COLUMNS: readonly Column<TestRow>[] = [
  { title: 'test', value: row => printable(row.policy ?? row.test) },
  { title: 'since', value: row => instant(row.since) },
  { title: 'verdict', value: row => row.verdict },
  { title: 'blocks', value: row => `${count(row.blocks)} × ${row.block_hours} h`, align: 'right' },
  { title: 'loosened', value: row => count(row.flips.loosened), align: 'right' },
  { title: 'tightened', value: row => count(row.flips.tightened), align: 'right' },
  { title: 'known', value: row => count(row.flips.known), align: 'right' },
  { title: 'harm', value: row => side(row.log_wealth.harm, row.lines.harm), align: 'right' },
  { title: 'gain', value: row => side(row.log_wealth.gain, row.lines.gain), align: 'right' },
];
