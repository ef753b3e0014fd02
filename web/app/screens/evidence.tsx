import { countText } from '../../../shared/format.ts';
import type { EvidenceAnswer } from '../../../shared/http/schemas/evaluation.ts';
import { barShapes } from '../../../shared/plot/bars.ts';
import { gain, minute, plain } from '../figures.ts';
import { Loaded, Panel } from '../parts/panel.tsx';
import { Picture } from '../parts/picture.tsx';
import { type Column, DataTable } from '../parts/table.tsx';
import { CopyAs } from '../parts/take-away.tsx';
import { ofPattern } from '../service.ts';
import { useSession } from '../session.ts';
import { changeSettings } from '../steering.ts';
import { REFRESH_MS, useAnswer } from '../use-answer.ts';

type PolicyRow = EvidenceAnswer['policies'][number];
type FoldRow = PolicyRow['folds'][number] & { readonly policy: string };

/** Screen 5: what each policy would have brought, week by week. */
export function Evidence({ pattern }: { readonly pattern: string }) {
  const session = useSession();
  const answer = useAnswer<EvidenceAnswer>(ofPattern(pattern, 'evidence'), REFRESH_MS);
  return (
    <Panel
      title="Evidence"
      aside={<CopyAs path={ofPattern(pattern, 'evidence')} command={`evidence ${pattern}`} />}
    >
      <Loaded answer={answer}>
        {data => {
          const change = (policy: string): void =>
            session.steer(
              changeSettings(
                session,
                pattern,
                { policy },
                [`policy ${data.policy}`, `policy ${policy}`],
                answer.reload,
              ),
            );
          return (
            <>
              <p class="sentence">
                {data.says.slice(0, 1).toUpperCase()}
                {data.says.slice(1)}.
              </p>
              <p class="muted">
                Each week is scored with overrides from outcomes known before it. Payoff{' '}
                {plain(data.payoff.win)}:{plain(data.payoff.loss)}; the base gates brought{' '}
                {gain(data.base_per_event)} R an event. Data until {minute(data.as_of)}.
              </p>
              <DataTable
                name="policies"
                columns={policyColumns(data.policy, session.steers ? change : undefined)}
                rows={data.policies}
              />
              <Weeks pattern={pattern} answer={data} />
            </>
          );
        }}
      </Loaded>
    </Panel>
  );
}

function policyColumns(
  published: string,
  change: ((policy: string) => void) | undefined,
): Column<PolicyRow>[] {
  return [
    {
      title: 'policy',
      text: row => row.policy,
      cell: row => (
        <>
          {row.policy}
          {row.policy === published && <span class="muted"> published</span>}
        </>
      ),
    },
    { title: 'gain an event, R', text: row => gain(row.gain_per_event), align: 'right' },
    { title: '90 % interval', text: row => `${gain(row.low)} to ${gain(row.high)}`, align: 'right' },
    { title: 'over chance', text: row => intervalText(row.over_random), align: 'right' },
    { title: 'over never', text: row => intervalText(row.over_never), align: 'right' },
    { title: 'events', text: row => countText(row.events), align: 'right' },
    { title: 'overrides', text: row => countText(row.overrides), align: 'right' },
    { title: 'note', text: row => row.reason ?? '', wide: true },
    ...(change
      ? [
          {
            title: 'steer',
            text: () => '',
            cell: (row: PolicyRow) =>
              row.policy !== published && (
                <button type="button" class="quiet" onClick={() => change(row.policy)}>
                  Use {row.policy} …
                </button>
              ),
          },
        ]
      : []),
  ];
}

function intervalText(figure: PolicyRow['over_random']): string {
  return figure ? `${gain(figure.gain_per_event)} (${gain(figure.low)} to ${gain(figure.high)})` : '';
}

function Weeks({ pattern, answer }: { readonly pattern: string; readonly answer: EvidenceAnswer }) {
  const policies: readonly string[] = answer.policies.map(row => row.policy);
  const folds: FoldRow[] = answer.policies
    .flatMap(row => row.folds.map(fold => ({ ...fold, policy: row.policy })))
    .toSorted((a, b) => (a.from < b.from ? -1 : a.from > b.from ? 1 : 0));
  if (folds.length === 0) return null;
  const title = `${pattern}: gain by week and policy`;
  const rows = folds.map(fold => ({
    name: `${minute(fold.from).slice(0, 10)} ${fold.policy}`,
    figure: `${gain(fold.gain)} R`,
    series: policies.indexOf(fold.policy),
    value: fold.gain,
  }));
  return (
    <Picture
      name={`${pattern} evidence`}
      draw={width => barShapes({ title, axis: 'gain over the base gates, R', series: policies, rows }, width)}
      columns={FOLD_COLUMNS}
      rows={folds}
    >
      Bars to the right gained, bars to the left lost, against the base gates.
    </Picture>
  );
}

const FOLD_COLUMNS: readonly Column<FoldRow>[] = [
  { title: 'from', text: row => minute(row.from) },
  { title: 'to', text: row => minute(row.to) },
  { title: 'policy', text: row => row.policy },
  { title: 'gain, R', text: row => gain(row.gain), align: 'right' },
  { title: 'events', text: row => countText(row.events), align: 'right' },
  { title: 'learned from', text: row => countText(row.learned), align: 'right' },
  { title: 'overrides', text: row => countText(row.overrides), align: 'right' },
];
