import { useState } from 'preact/hooks';
import { countText, span } from '../../../shared/format.ts';
import type { CyclePage, CyclesPage } from '../../../shared/http/schemas/cycles.ts';
import { href, type Params, setParams } from '../address.ts';
import { minute } from '../figures.ts';
import { Field } from '../parts/field.tsx';
import { Loaded, Panel } from '../parts/panel.tsx';
import { type Column, DataTable } from '../parts/table.tsx';
import { CopyAs } from '../parts/take-away.tsx';
import { CallError, call } from '../service.ts';
import { type Session, useSession } from '../session.ts';
import { useAnswer } from '../use-answer.ts';

type Run = CyclesPage['cycles'][number];
type PatternRun = CyclePage['patterns'][number];

/** Screen 8: the record of the runs; trials, and their publication. */
export function Runs({ params }: { readonly params: Params }) {
  const session = useSession();
  const list = useAnswer<CyclesPage>('/v1/cycles?limit=50', 30_000);
  return (
    <>
      {session.steers && <TrialForm params={params} done={list.reload} />}
      {params.id && <Record key={params.id} id={params.id} session={session} reload={list.reload} />}
      <Panel title="Runs" aside={<CopyAs path="/v1/cycles?limit=50" />}>
        <Loaded answer={list}>
          {({ cycles }) => <DataTable name="runs" columns={RUN_COLUMNS} rows={cycles} empty="No run yet." />}
        </Loaded>
      </Panel>
    </>
  );
}

const RUN_COLUMNS: readonly Column<Run>[] = [
  {
    title: 'started, UTC',
    text: row => minute(row.started_at),
    cell: row => <a href={href('runs', undefined, { id: row.cycle_id })}>{minute(row.started_at)}</a>,
    sort: row => row.started_at,
  },
  { title: 'kind', text: row => (row.trial ? 'trial' : 'run') },
  { title: 'status', text: row => row.status },
  { title: 'who', text: row => row.who },
  { title: 'data until, UTC', text: row => minute(row.as_of) },
  { title: 'took', text: took, align: 'right' },
  { title: 'patterns', text: row => countText(row.patterns_total), align: 'right' },
  { title: 'warnings', text: row => countText(row.warnings.length), align: 'right' },
  { title: 'reason', text: row => row.reason ?? '', wide: true },
];

function took({ started_at, finished_at }: Run): string {
  return finished_at === undefined
    ? 'running'
    : span((Date.parse(finished_at) - Date.parse(started_at)) / 1000);
}

function TrialForm({ params, done }: { readonly params: Params; readonly done: () => void }) {
  const [problem, setProblem] = useState('');
  const [busy, setBusy] = useState(false);
  const field = (label: string, name: string, placeholder: string, size: number) => (
    <Field
      label={label}
      value={params[name] ?? ''}
      onInput={text => setParams({ [name]: text })}
      placeholder={placeholder}
      size={size}
    />
  );
  const submit = async (event: Event): Promise<void> => {
    event.preventDefault();
    setBusy(true);
    setProblem('');
    try {
      const run = await call<CyclePage>('POST', '/v1/cycles?wait=true', {
        ...optionsOf(params),
        publish: false,
      });
      setParams({ id: run.cycle_id });
      done();
    } catch (error) {
      setProblem(error instanceof CallError ? error.sentence : String(error));
    }
    setBusy(false);
  };
  return (
    <Panel title="Try a run" aside={<span class="muted">A trial computes and puts nothing in force.</span>}>
      <form class="row" onSubmit={event => void submit(event)}>
        {field('Pattern', 'pattern', 'all', 24)}
        {field('Data until', 'as_of', 'now', 12)}
        {field('Days', 'lookback_days', 'setting', 6)}
        {field('N_MIN', 'n_min', 'setting', 6)}
        {field('Policy', 'policy', 'setting', 8)}
        <button type="submit" class="primary" disabled={busy}>
          {busy ? 'Running …' : 'Run trial'}
        </button>
      </form>
      {problem && (
        <p class="notice bad" role="alert">
          {problem}
        </p>
      )}
    </Panel>
  );
}

/** Returns the options of a run from the address. A date alone is its midnight, UTC. */
function optionsOf(params: Params): object {
  const number = (text: string | undefined): number | undefined => (text ? Number(text) : undefined);
  const { as_of } = params;
  return {
    pattern_key: params.pattern || undefined,
    as_of: as_of ? (/^\d{4}-\d\d-\d\d$/.test(as_of) ? `${as_of}T00:00:00Z` : as_of) : undefined,
    lookback_days: number(params.lookback_days),
    n_min: number(params.n_min),
    policy: params.policy || undefined,
  };
}

interface RecordProps {
  readonly id: string;
  readonly session: Session;
  readonly reload: () => void;
}

function Record({ id, session, reload }: RecordProps) {
  const answer = useAnswer<CyclePage>(`/v1/cycles/${encodeURIComponent(id)}?limit=500`);
  return (
    <Panel
      title="One run"
      aside={<CopyAs path={`/v1/cycles/${encodeURIComponent(id)}`} command={`cycle --id ${id}`} />}
    >
      <Loaded answer={answer}>
        {run => (
          <>
            <p class="sentence">
              {run.trial ? 'Trial' : 'Run'} of {minute(run.started_at)} UTC by {run.who}:{' '}
              <strong>{run.status}</strong>, data until {minute(run.as_of)} UTC.
            </p>
            {run.warnings.map((warning, i) => (
              <p key={i} class="notice">
                <code>{warning.code}</code> {warning.message}
              </p>
            ))}
            <DataTable name="patterns of the run" columns={PATTERN_COLUMNS} rows={run.patterns} />
            {run.trial && session.steers && (
              <p class="tools">
                <button type="button" class="primary" onClick={() => session.steer(publication(run, reload))}>
                  Publish this …
                </button>
              </p>
            )}
          </>
        )}
      </Loaded>
    </Panel>
  );
}

const changesText = ({ changes }: PatternRun): string =>
  changes ? `+${changes.added} −${changes.removed} ±${changes.changed}` : '–';

const PATTERN_COLUMNS: readonly Column<PatternRun>[] = [
  {
    title: 'pattern',
    text: row => row.pattern_key,
    cell: row => <a href={href('pattern', row.pattern_key)}>{row.pattern_key}</a>,
  },
  { title: 'status', text: row => row.status },
  { title: 'events', text: row => countText(row.events_read), align: 'right' },
  { title: 'lessons', text: row => countText(row.lessons), align: 'right' },
  { title: 'overrides', text: row => countText(row.overrides), align: 'right' },
  { title: 'changes', text: changesText, align: 'right' },
  { title: 'note', text: row => row.reason ?? '', wide: true },
];

/** Runs the same again with the data of the trial, and publishes it. */
function publication(run: CyclePage, done: () => void) {
  const { settings, as_of } = run;
  const total = run.patterns.reduce(
    (sum, row) => sum + (row.changes ? row.changes.added + row.changes.removed + row.changes.changed : 0),
    0,
  );
  return {
    title: 'Publish the result of this trial',
    before: 'what is in force stays',
    after: `${run.patterns.map(row => `${row.pattern_key}: ${changesText(row)}`).join('; ')} (${countText(total)} overrides change)`,
    button: 'Publish',
    run: async (reason: string) => {
      const published = await call<CyclePage>('POST', '/v1/cycles?wait=true', {
        ...settings,
        as_of,
        publish: true,
        reason,
      });
      setParams({ id: published.cycle_id });
      done();
      return `Published: ${published.status}. The next look-up answers with it.`;
    },
  };
}
