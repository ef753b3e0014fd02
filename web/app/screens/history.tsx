import { countText } from '../../../shared/format.ts';
import type { GenerationAnswer, GenerationsAnswer } from '../../../shared/http/schemas/patterns.ts';
import { describeScope } from '../../../shared/pattern/describe-scope.ts';
import { type Params, setParams } from '../address.ts';
import { minute, plain } from '../figures.ts';
import { Loaded, Panel, ScopeText } from '../parts/panel.tsx';
import { type Column, DataTable } from '../parts/table.tsx';
import { CopyAs } from '../parts/take-away.tsx';
import { ofPattern, path } from '../service.ts';
import { useSession } from '../session.ts';
import { rollBack } from '../steering.ts';
import { REFRESH_MS, useAnswer } from '../use-answer.ts';

type Audit = GenerationsAnswer['changes'][number];
type Difference = NonNullable<GenerationsAnswer['diff']>['overrides'][number];

/** Screen 6: what was in force, who changed it and why, and the difference of two generations. */
export function History({ pattern, params }: { readonly pattern: string; readonly params: Params }) {
  const answer = useAnswer<GenerationsAnswer>(ofPattern(pattern, 'generations'), REFRESH_MS);
  return (
    <Loaded answer={answer}>
      {data => (
        <>
          <Panel
            title="Generations"
            aside={<CopyAs path={ofPattern(pattern, 'generations')} command={`history ${pattern}`} />}
          >
            <Generations pattern={pattern} answer={data} params={params} reload={answer.reload} />
          </Panel>
          {params.diff && (
            <Panel
              title={`Difference of generations ${params.diff.replace(',', ' and ')}`}
              aside={
                <CopyAs
                  path={diffPath(pattern, params.diff)}
                  command={`history ${pattern} --diff ${params.diff}`}
                />
              }
            >
              <DiffOf pattern={pattern} diff={params.diff} />
            </Panel>
          )}
          <Panel title="Who changed what">
            <DataTable name="changes" columns={AUDIT_COLUMNS} rows={data.changes} empty="No change yet." />
          </Panel>
        </>
      )}
    </Loaded>
  );
}

const diffPath = (pattern: string, diff: string): string =>
  path(ofPattern(pattern, 'generations'), { diff, limit: 500 });

interface GenerationsProps {
  readonly pattern: string;
  readonly answer: GenerationsAnswer;
  readonly params: Params;
  readonly reload: () => void;
}

function Generations({ pattern, answer, params, reload }: GenerationsProps) {
  const session = useSession();
  const current = answer.generations.find(each => each.in_force)?.generation;
  const [a] = (params.diff ?? '').split(',');
  const compare = (number: number): void =>
    setParams({ diff: `${Math.min(number, current ?? number)},${Math.max(number, current ?? number)}` });
  const back = (number: number): void => {
    if (current === undefined) return;
    const detail = <DiffOf pattern={pattern} diff={`${current},${number}`} />;
    session.steer(rollBack(session, pattern, [current, number], detail, reload));
  };
  const columns: Column<GenerationAnswer>[] = [
    {
      title: 'generation',
      text: row => String(row.generation),
      cell: row => (
        <>
          {row.generation}
          {row.in_force && <span class="muted"> in force</span>}
        </>
      ),
      align: 'right',
    },
    { title: 'published, UTC', text: row => minute(row.published_at) },
    { title: 'data until, UTC', text: row => minute(row.as_of) },
    { title: 'policy', text: row => row.policy },
    { title: 'N_MIN', text: row => String(row.n_min), align: 'right' },
    { title: 'days', text: row => String(row.lookback_days), align: 'right' },
    { title: 'events', text: row => countText(row.events_read), align: 'right' },
    { title: 'lessons', text: row => countText(row.lessons), align: 'right' },
    { title: 'overrides', text: row => countText(row.overrides), align: 'right' },
    {
      title: 'actions',
      text: () => '',
      cell: row =>
        row.generation !== current && (
          <span class="tools">
            <button
              type="button"
              class="quiet"
              aria-pressed={a === String(row.generation)}
              onClick={() => compare(row.generation)}
            >
              Compare
            </button>
            {session.steers && (
              <button type="button" class="quiet" onClick={() => back(row.generation)}>
                Roll back …
              </button>
            )}
          </span>
        ),
    },
  ];
  return (
    <DataTable
      name="generations"
      columns={columns}
      rows={answer.generations}
      empty="Nothing has been published yet."
    />
  );
}

/** The overrides that differ between two generations. */
function DiffOf({ pattern, diff }: { readonly pattern: string; readonly diff: string }) {
  const answer = useAnswer<GenerationsAnswer>(diffPath(pattern, diff));
  return (
    <Loaded answer={answer}>
      {data => {
        const { overrides = [], lessons, from, to } = data.diff ?? {};
        return (
          <>
            <p class="sentence">
              From {from} to {to}: {countText(overrides.length)}
              {data.next ? ' and more' : ''} overrides differ; lessons: {lessons?.added} added,{' '}
              {lessons?.removed} removed, {lessons?.changed} changed.
            </p>
            <DataTable
              name="overrides that differ"
              columns={DIFF_COLUMNS}
              rows={overrides}
              empty="The overrides are the same."
            />
          </>
        );
      }}
    </Loaded>
  );
}

const value = (number: number | null): string => (number === null ? 'none' : plain(number));

const DIFF_COLUMNS: readonly Column<Difference>[] = [
  {
    title: 'change',
    text: row => (row.before === null ? '+ added' : row.after === null ? '− removed' : '± changed'),
  },
  { title: 'lever', text: row => row.action_category },
  {
    title: 'scope',
    text: row => describeScope(row.scope_subset),
    cell: row => <ScopeText scope={row.scope_subset} />,
  },
  { title: 'before', text: row => value(row.before), align: 'right' },
  { title: 'after', text: row => value(row.after), align: 'right' },
];

const AUDIT_COLUMNS: readonly Column<Audit>[] = [
  { title: 'when, UTC', text: row => minute(row.at) },
  { title: 'who', text: row => row.who },
  { title: 'what', text: row => row.what },
  { title: 'why', text: row => row.why, wide: true },
];
