import type { Command } from 'commander';
import { type Status, statusSchema } from '../../shared/http/schemas/status.ts';
import type { RunCommand } from '../command-runner.ts';
import { EXIT } from '../exit-codes.ts';
import { count, instant, plural, printable, span } from '../format.ts';
import { readPages } from '../pagination.ts';
import { printWarnings } from '../print-warnings.ts';
import type { Session } from '../session.ts';
import type { Column } from '../table.ts';

/** Adds `status`: shows the health of the whole system; exit code 1 when it is not healthy. */
export function addStatus(program: Command, runCommand: RunCommand): void {
  program
    .command('status')
    .description('show the health of the whole system; exit code 1 when it is not healthy')
    .addHelpText('after', '\nExample:\n  $ pm-tuning status || alert "tuning is not healthy"')
    .action(async (_options, command: Command) =>
      runCommand(command, async session => {
        const { raw, data } = await readPages(session, {
          path: '/v1/status',
          lists: ['patterns', 'warnings'],
          schema: statusSchema,
        });
        session.output(raw, () => show(session, data));
        return data.healthy ? EXIT.ok : EXIT.unsuccessful;
      }),
    );
}

function show(session: Session, status: Status): void {
  session.print(session.bold(status.healthy ? 'healthy' : 'NOT healthy'));
  if (status.mode === 'off')
    session.print('The service is off: look-ups are neutral. Undo with: pm-tuning live --reason');
  for (const { code, detail } of status.reasons) session.print(`  ${code}: ${printable(detail)}`);
  printWarnings(session, status.warnings);
  const { total, with_outcome, pending } = status.events;
  session.print(
    `events      ${count(total)}: ${count(with_outcome)} with an outcome, ${count(pending)} pending`,
  );
  if (status.parked_outcomes > 0)
    session.print(`parked      ${plural(status.parked_outcomes, 'outcome')} waiting for their events`);
  const { events, outcomes } = status.conflicts;
  if (events + outcomes > 0)
    session.print(`conflicts   ${plural(events, 'event')} and ${plural(outcomes, 'outcome')} rejected`);
  session.print(`last cycle  ${lastCycle(status)}`);
  session.print();
  const patterns = status.patterns.toSorted((a, b) => b.events.total - a.events.total);
  session.table(COLUMNS, patterns, 'no events yet; import some with: pm-tuning import FILE');
  if (status.retired > 0) session.print(`not listed: ${plural(status.retired, 'retired pattern')}`);
}

function lastCycle({ last_cycle: cycle }: Status): string {
  if (!cycle) return 'none yet';
  const { patterns_failed: failed, patterns_total: total } = cycle;
  const patterns = failed > 0 ? `${failed} of ${plural(total, 'pattern')} failed` : plural(total, 'pattern');
  const failure = cycle.failure === undefined ? '' : ` – ${printable(cycle.failure)}`;
  return `${cycle.status} ${span(cycle.age_seconds)} ago, as of ${instant(cycle.as_of)}, ${patterns}${failure}`;
}

/** Returns the policy in force, and that of the next cycle when it is another one. */
function policyText({ policy, next_policy: next }: Status['patterns'][number]): string {
  return printable(next === undefined ? policy : `${policy}, next ${next}`);
}

/** Returns the generation in force, and the one that is tried. */
function generationText({ generation, rollout }: Status['patterns'][number]): string {
  if (!rollout) return count(generation);
  const held = rollout.held === undefined ? '' : ', held';
  return `${count(generation)}, tries ${count(rollout.generation)} on ${rollout.share * 100} %${held}`;
}

const COLUMNS: readonly Column<Status['patterns'][number]>[] = [
  { title: 'pattern', value: row => printable(row.pattern_key), wraps: true },
  { title: 'mode', value: row => row.mode },
  { title: 'policy', value: policyText },
  { title: 'events', value: row => count(row.events.total), align: 'right' },
  { title: 'pending', value: row => count(row.events.pending), align: 'right' },
  { title: 'generation', value: generationText, align: 'right' },
  { title: 'lessons', value: row => count(row.lessons), align: 'right' },
  { title: 'overrides', value: row => count(row.overrides), align: 'right' },
];
