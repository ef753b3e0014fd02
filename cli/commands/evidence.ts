import type { Command } from 'commander';
import { countText, instantText, signedText, significant } from '../../shared/format.ts';
import { type EvidenceAnswer, evidenceAnswerSchema } from '../../shared/http/schemas/evaluation.ts';
import type { RunCommand } from '../command-runner.ts';
import { EXIT } from '../exit-codes.ts';
import { printable } from '../format.ts';
import { patternArgument, patternPath } from '../options.ts';
import type { Session } from '../session.ts';
import type { Column } from '../table.ts';

type PolicyRow = EvidenceAnswer['policies'][number];
type FoldRow = PolicyRow['folds'][number] & { readonly policy: string };

const HELP = `
Walk-forward: each of the last weeks is scored with the overrides that follow
from what was known when the week began.
A gain is the utility above that of the base gates, at the pattern's payoff.
An asterisk marks the policy that the pattern publishes. To publish another:
  $ pm-tuning settings pm.uptrend.S1.entry --policy replay --reason "better in evidence"

Example:
  $ pm-tuning evidence pm.uptrend.S1.entry`;

/** Adds `evidence`: compares the policies of a pattern out-of-sample. */
export function addEvidence(program: Command, runCommand: RunCommand): void {
  program
    .command('evidence')
    .description('compare the policies of a pattern on its last weeks, out-of-sample')
    .addArgument(patternArgument())
    .addHelpText('after', HELP)
    .action(async (pattern: string, _: object, command: Command) =>
      runCommand(command, async session => {
        const path = patternPath(pattern, 'evidence');
        const { raw, data } = await session.request(evidenceAnswerSchema, path, {});
        session.output(raw, () => show(session, data));
        return EXIT.ok;
      }),
    );
}

function show(session: Session, answer: EvidenceAnswer): void {
  const { pattern_key, as_of, payoff, policies, policy } = answer;
  const when = as_of === null ? '' : `, as of ${instantText(as_of)}`;
  session.print(`${session.bold(pattern_key)}${when}, payoff ${payoff.win}:${payoff.loss}`);
  if (policies.length > 0) {
    session.print();
    session.table(policyColumns(policy), policies);
  }
  const folds = policies
    .flatMap(row => row.folds.map(fold => ({ ...fold, policy: row.policy })))
    .sort((a, b) => Date.parse(a.from) - Date.parse(b.from));
  if (folds.some(fold => fold.events > 0)) {
    session.print();
    session.table(FOLD_COLUMNS, folds);
  }
  session.print();
  session.print(printable(answer.says));
}

function policyColumns(published: string): Column<PolicyRow>[] {
  return [
    { title: 'policy', value: row => `${printable(row.policy)}${row.policy === published ? ' *' : ''}` },
    { title: 'overrides', value: row => countText(row.overrides), align: 'right' },
    { title: 'events scored', value: row => countText(row.events), align: 'right' },
    { title: 'gain per event', value: row => gainPerEvent(row.gain_per_event), align: 'right' },
    {
      title: '90 % interval',
      value: row => (row.events === 0 ? '' : `${gainPerEvent(row.low)} to ${gainPerEvent(row.high)}`),
    },
  ];
}

const FOLD_COLUMNS: readonly Column<FoldRow>[] = [
  { title: 'week from', value: row => instantText(row.from) },
  { title: 'policy', value: row => printable(row.policy) },
  { title: 'learned from', value: row => countText(row.learned), align: 'right' },
  { title: 'overrides', value: row => countText(row.overrides), align: 'right' },
  { title: 'scored', value: row => countText(row.events), align: 'right' },
  {
    title: 'gain',
    value: row => signedText(Number(significant(row.gain)), Number.isInteger(row.gain) ? 0 : 1),
    align: 'right',
  },
];

const gainPerEvent = (value: number): string => signedText(value, 4);
