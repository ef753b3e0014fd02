import type { Command } from 'commander';
import { type EvidenceAnswer, evidenceAnswerSchema } from '../../shared/http/schemas/evaluation.ts';
import type { RunCommand } from '../command-runner.ts';
import { EXIT } from '../exit-codes.ts';
import { count, instant, percent, printable, signed, significant } from '../format.ts';
import { patternArgument, patternPath } from '../options.ts';
import type { Session } from '../session.ts';
import type { Column } from '../table.ts';

type PolicyRow = EvidenceAnswer['policies'][number];
type Measured = NonNullable<NonNullable<EvidenceAnswer['payoffs']>['measured']>;
type FoldRow = PolicyRow['folds'][number] & { readonly policy: string };

const HELP = `
Walk-forward: each of the last weeks is scored with the overrides that follow
from what was known when the week began (learned: the number of such events).
A gain is the utility above that of the base gates, at the pattern's payoff.
Payoffs are in R, with a standard error that counts dependent trades together.
An asterisk marks the payoff in use, and the policy that the pattern publishes.
To publish another:
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
  const when = as_of === null ? '' : `, as of ${instant(as_of)}`;
  const breakEven = answer.break_even === undefined ? '' : `, break-even ${percent(answer.break_even)}`;
  session.print(`${session.bold(pattern_key)}${when}, payoff ${payoff.win}:${payoff.loss}${breakEven}`);
  showPayoffs(session, answer);
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

type Amount = NonNullable<PayoffRow['win']>;
interface PayoffRow extends Omit<Measured, 'break_even'> {
  readonly name: string;
  readonly break_even?: number | undefined;
}

/** Prints the configured payoff beside the measured ones; nothing when no outcome has a return. */
function showPayoffs(session: Session, { payoffs }: EvidenceAnswer): void {
  const { configured, measured, used, by_timeframe, reason, contradiction } = payoffs ?? {};
  if (configured && measured) {
    const { win, loss, break_even } = configured;
    const mark = (of: typeof used): string => (of === used ? ' *' : '');
    const rows: PayoffRow[] = [
      {
        name: `configured${mark('configured')}`,
        win: { n: 0, mean: win },
        loss: { n: 0, mean: loss },
        break_even,
      },
      { name: `measured${mark('measured')}`, ...measured },
      ...(by_timeframe ?? []).map(({ timeframe, ...of }) => ({ name: `  ${printable(timeframe)}`, ...of })),
    ];
    session.print();
    session.table(PAYOFF_COLUMNS, rows);
  }
  if (reason !== undefined) session.print(printable(reason));
  if (contradiction !== undefined)
    session.print(`the returns contradict the payoff: ${printable(contradiction)}`);
}

const PAYOFF_COLUMNS: readonly Column<PayoffRow>[] = [
  { title: 'payoff', value: row => row.name },
  { title: 'win', value: row => amountText(row.win), align: 'right' },
  { title: 'returns', value: row => returnsText(row.win), align: 'right' },
  { title: 'loss', value: row => amountText(row.loss), align: 'right' },
  { title: 'returns', value: row => returnsText(row.loss), align: 'right' },
  {
    title: 'break-even',
    value: row => (row.break_even === undefined ? '' : percent(row.break_even)),
    align: 'right',
  },
];

const returnsText = (amount: Amount | undefined): string => (amount?.n ? count(amount.n) : '');

/** Formats an amount with its standard error. */
function amountText(amount: Amount | undefined): string {
  if (!amount) return '';
  const mean = amount.n === 0 ? significant(amount.mean) : amount.mean.toFixed(3);
  return amount.error === undefined ? mean : `${mean} ± ${amount.error.toFixed(3)}`;
}

function policyColumns(published: string): Column<PolicyRow>[] {
  return [
    { title: 'policy', value: row => `${printable(row.policy)}${row.policy === published ? ' *' : ''}` },
    { title: 'overrides', value: row => count(row.overrides), align: 'right' },
    { title: 'scored', value: row => count(row.events), align: 'right' },
    { title: 'gain/event', value: row => gainPerEvent(row.gain_per_event), align: 'right' },
    {
      title: '90 % interval',
      value: row => (row.events === 0 ? '' : `${gainPerEvent(row.low)} to ${gainPerEvent(row.high)}`),
    },
    { title: 'over chance (90 %)', value: row => intervalText(row.over_random) },
    { title: 'over never (90 %)', value: row => intervalText(row.over_never) },
  ];
}

function intervalText(gain: PolicyRow['over_random']): string {
  if (!gain) return '';
  return `${gainPerEvent(gain.gain_per_event)} (${gainPerEvent(gain.low)} to ${gainPerEvent(gain.high)})`;
}

const FOLD_COLUMNS: readonly Column<FoldRow>[] = [
  { title: 'week from', value: row => row.from.slice(0, 10) },
  { title: 'policy', value: row => printable(row.policy) },
  { title: 'learned', value: row => count(row.learned), align: 'right' },
  { title: 'overrides', value: row => count(row.overrides), align: 'right' },
  { title: 'scored', value: row => count(row.events), align: 'right' },
  {
    title: 'gain',
    value: row => signed(Number(significant(row.gain)), Number.isInteger(row.gain) ? 0 : 1),
    align: 'right',
  },
];

const gainPerEvent = (value: number): string => signed(value, 4);
