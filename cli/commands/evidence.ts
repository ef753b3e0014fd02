import type { Command } from 'commander';
import { type EvidenceAnswer, evidenceAnswerSchema } from '../../shared/http/schemas/evaluation.ts';
import type { RunCommand } from '../command-runner.ts';
import { EXIT } from '../exit-codes.ts';
import { count, instant, printable, signed, significant } from '../format.ts';
import type { Session } from '../session.ts';
import type { Column } from '../table.ts';

type PolicyRow = EvidenceAnswer['policies'][number];
type Fold = PolicyRow['folds'][number] & { readonly policy: string };

const EXAMPLE = `
Example:
  $ pm-tuning evidence pm.uptrend.S1.entry

Each week is scored by what was known when it began. Gains are utility over that of the base gates, at the pattern's payoffs.
To publish another policy: pm-tuning settings PATTERN --policy replay --reason "…"`;

/** `evidence`: how each policy would have done on events that it did not learn from. */
export function addEvidence(program: Command, perform: RunCommand): void {
  program
    .command('evidence')
    .description('how each policy would have done on the last weeks, by what was known before')
    .argument('<pattern>', 'pattern key, such as pm.uptrend.S1.entry')
    .addHelpText('after', EXAMPLE)
    .action(async (pattern: string, _: object, command: Command) =>
      perform(command, async session => {
        const path = `/v1/patterns/${encodeURIComponent(pattern)}/evidence`;
        const { raw, data } = await session.request(evidenceAnswerSchema, path, {});
        session.output(raw, () => show(session, data));
        return EXIT.ok;
      }),
    );
}

function show(session: Session, answer: EvidenceAnswer): void {
  const { pattern_key, as_of, payoff, policies, policy } = answer;
  const when = as_of === null ? '' : `, as of ${instant(as_of)}`;
  session.print(`${session.bold(pattern_key)}${when}, payoff ${payoff.win}:${payoff.loss}`);
  if (policies.length > 0) {
    session.print();
    session.table(policyColumns(policy), policies, '');
  }
  const folds = policies
    .flatMap(tried => tried.folds.map(fold => ({ ...fold, policy: tried.policy })))
    .sort((a, b) => Date.parse(a.from) - Date.parse(b.from));
  if (folds.some(fold => fold.events > 0)) {
    session.print();
    session.table(FOLDS, folds, '');
  }
  session.print();
  session.print(printable(answer.says));
}

function policyColumns(published: string): Column<PolicyRow>[] {
  return [
    { title: 'policy', value: row => `${printable(row.policy)}${row.policy === published ? ' *' : ''}` },
    { title: 'overrides now', value: row => count(row.overrides), align: 'right' },
    { title: 'events scored', value: row => count(row.events), align: 'right' },
    { title: 'gain per event', value: row => gain(row.gain_per_event), align: 'right' },
    {
      title: '90 % interval',
      value: row => (row.events === 0 ? '' : `${gain(row.low)} to ${gain(row.high)}`),
    },
  ];
}

const FOLDS: readonly Column<Fold>[] = [
  { title: 'week from', value: row => instant(row.from) },
  { title: 'policy', value: row => printable(row.policy) },
  { title: 'learned from', value: row => count(row.learned), align: 'right' },
  { title: 'overrides', value: row => count(row.overrides), align: 'right' },
  { title: 'scored', value: row => count(row.events), align: 'right' },
  {
    title: 'gain',
    value: row => signed(Number(significant(row.gain)), Number.isInteger(row.gain) ? 0 : 1),
    align: 'right',
  },
];

const gain = (value: number): string => signed(value, 4);
