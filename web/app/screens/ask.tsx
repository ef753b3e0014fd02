import { useState } from 'preact/hooks';
import type { LookupAnswer } from '../../../shared/http/schemas/lookup-answer.ts';
import { type WaterfallStep, waterfallShapes } from '../../../shared/plot/waterfall.ts';
import { type Params, pairsOf, setParams } from '../address.ts';
import { plain } from '../figures.ts';
import { Field } from '../parts/field.tsx';
import { Effect, Loaded, ModeBadge, Panel, ScopeText } from '../parts/panel.tsx';
import { Picture } from '../parts/picture.tsx';
import { type Column, DataTable } from '../parts/table.tsx';
import { CopyAs } from '../parts/take-away.tsx';
import { path } from '../service.ts';
import { useAnswer } from '../use-answer.ts';
import { waterfallSteps } from './ask-steps.ts';

interface AskProps {
  readonly pattern: string;
  readonly params: Params;
}

/** Ask as the bot: a scope and thresholds in, the answer and why out. */
export function Ask({ pattern, params }: AskProps) {
  const [scope, setScope] = useState(params.scope ?? '');
  const [thresholds, setThresholds] = useState(params.thresholds ?? 'ts_min=0.6, halo_max=1');
  const asked = params.thresholds !== undefined;
  const query = asked ? queryOf(pattern, params) : undefined;
  const answer = useAnswer<LookupAnswer>(query);
  const submit = (event: Event): void => {
    event.preventDefault();
    setParams({ scope, thresholds: thresholds || 'ts_min=0.6' });
  };
  return (
    <Panel
      title="Ask as the bot"
      aside={query && <CopyAs path={query} command={commandOf(pattern, params)} />}
    >
      <form class="row" onSubmit={submit}>
        <Field
          label="Scope"
          value={scope}
          onInput={setScope}
          placeholder="chain=solana, timeframe=15m"
          size={34}
        />
        <Field
          label="Thresholds"
          value={thresholds}
          onInput={setThresholds}
          placeholder="ts_min=0.6"
          size={24}
        />
        <button type="submit" class="primary">
          Ask
        </button>
      </form>
      {asked && (
        <Loaded answer={answer}>
          {data => <AskAnswer answer={data} asked={pairsOf(params.thresholds ?? '')} />}
        </Loaded>
      )}
    </Panel>
  );
}

function queryOf(pattern: string, params: Params): string {
  const prefixed = (prefix: string, pairs: Params): [string, string][] =>
    Object.entries(pairs).map(([name, value]) => [`${prefix}.${name}`, value]);
  return path('/v1/overrides/lookup', {
    pattern_key: pattern,
    explain: 'true',
    ...Object.fromEntries(prefixed('scope', pairsOf(params.scope ?? ''))),
    ...Object.fromEntries(prefixed('thresholds', pairsOf(params.thresholds ?? ''))),
  });
}

function commandOf(pattern: string, params: Params): string {
  const list = (text: string | undefined): string =>
    Object.entries(pairsOf(text ?? ''))
      .map(([name, value]) => `${name}=${value}`)
      .join();
  const scope = list(params.scope) === '' ? '' : ` --scope '${list(params.scope)}'`;
  const thresholds = list(params.thresholds)
    .split(',')
    .map(pair => ` --threshold ${pair}`);
  return `lookup ${pattern}${scope}${thresholds.join('')} --explain`;
}

const STEP_COLUMNS: readonly Column<WaterfallStep>[] = [
  { title: 'step', text: step => step.name, wide: true },
  { title: 'effect', text: step => step.figure, align: 'right' },
  { title: 'from', text: step => (step.from === undefined ? '' : plain(step.from)), align: 'right' },
  { title: 'to', text: step => plain(step.to), align: 'right' },
];

function AskAnswer({ answer, asked }: { readonly answer: LookupAnswer; readonly asked: Params }) {
  const moved = Object.entries(answer.thresholds);
  return (
    <>
      <p class="sentence">
        <ModeBadge mode={answer.mode} /> generation {answer.generation}, policy {answer.policy}, resolution{' '}
        {answer.resolution}. Entries are <strong>{answer.entries}</strong>
        {answer.entries_reason ? `: ${answer.entries_reason}` : ''}.
      </p>
      <Remarks answer={answer} />
      {moved.map(([name, value]) => {
        const base = Number(asked[name] ?? value);
        const steps = waterfallSteps(answer, name, base);
        const sentence =
          base === value
            ? `${name} stays ${plain(base)}: no override in force moves it here.`
            : `${name} ${plain(base)} → ${plain(value)}`;
        return (
          <div key={name} class="threshold">
            <h3>{sentence}</h3>
            {steps.length > 2 && (
              <Picture
                name={`${answer.pattern_key} ${name}`}
                draw={width => waterfallShapes({ title: sentence, axis: name, steps }, width)}
                columns={STEP_COLUMNS}
                rows={steps}
              >
                Each bar is one override; its scope contains the asked one. ▲ raises, ▼ lowers.
              </Picture>
            )}
          </div>
        );
      })}
      {answer.explain && answer.explain.length > 0 && (
        <DataTable name="overrides that match" columns={EXPLAIN_COLUMNS} rows={answer.explain} />
      )}
      <details>
        <summary>What the bot logs as factors.applied</summary>
        <pre>{JSON.stringify(answer.applied, null, 1)}</pre>
      </details>
    </>
  );
}

const EXPLAIN_COLUMNS: readonly Column<NonNullable<LookupAnswer['explain']>[number]>[] = [
  { title: 'lever', text: row => row.action_category },
  {
    title: 'effect',
    text: row => String(row.multiplier ?? row.delta ?? ''),
    cell: row => <Effect {...row} />,
    align: 'right',
  },
  {
    title: 'scope',
    text: row => JSON.stringify(row.scope_subset),
    cell: row => <ScopeText scope={row.scope_subset} />,
  },
  { title: 'n', text: row => String(row.n), align: 'right' },
  { title: 'weight', text: row => plain(row.weight), align: 'right' },
  { title: 'why', text: row => row.reason, wide: true },
];

function Remarks({ answer }: { readonly answer: LookupAnswer }) {
  const near = (suggestion: string | undefined): string =>
    suggestion ? `; did you mean ${suggestion}?` : '';
  const remarks = [
    ...(answer.pattern_known === false
      ? [`no event named this pattern yet${near(answer.pattern_suggestion)}`]
      : []),
    ...(answer.unknown_thresholds ?? []).map(
      ({ name, suggestion }) => `no lever takes ${name}${near(suggestion)}`,
    ),
    ...(answer.unknown_values ?? []).map(
      ({ name, value, suggestion }) => `no event of the last run had ${name}=${value}${near(suggestion)}`,
    ),
    ...(answer.degraded ? [answer.degraded.detail] : []),
  ];
  return remarks.map(remark => (
    <p key={remark} class="notice">
      {remark}
    </p>
  ));
}
