import { countText, effect } from '../../../shared/format.ts';
import type { OverridesPage } from '../../../shared/http/schemas/overrides.ts';
import { describeScope } from '../../../shared/pattern/describe-scope.ts';
import { href, type Params, setParams } from '../address.ts';
import { minute, plain } from '../figures.ts';
import { Choice, Field } from '../parts/field.tsx';
import { Effect, Figure, Loaded, ModeBadge, Panel, ScopeText } from '../parts/panel.tsx';
import { type Column, DataTable } from '../parts/table.tsx';
import { CopyAs } from '../parts/take-away.tsx';
import { path } from '../service.ts';
import { useSession } from '../session.ts';
import { MODES, switchMode } from '../steering.ts';
import { usePages } from '../use-pages.ts';
import { Ask } from './ask.tsx';

interface ScreenProps {
  readonly pattern: string;
  readonly params: Params;
}

/** Screen 2: what is in force, and the answer that a bot would get. */
export function Pattern({ pattern, params }: ScreenProps) {
  return (
    <>
      <Head pattern={pattern} />
      <Ask key={`${params.scope} ${params.thresholds}`} pattern={pattern} params={params} />
      <Overrides pattern={pattern} params={params} />
    </>
  );
}

function Head({ pattern }: { readonly pattern: string }) {
  const session = useSession();
  const row = session.status.data?.patterns.find(each => each.pattern_key === pattern);
  if (!row) return null;
  const steer = session.steers && (
    <span class="tools">
      {MODES.filter(mode => mode !== row.mode).map(mode => (
        <button
          key={mode}
          type="button"
          class={mode === 'off' ? 'stop' : 'quiet'}
          onClick={() => session.steer(switchMode(session, pattern, row.mode, mode))}
        >
          {mode === 'off' ? 'Switch off …' : `${mode} …`}
        </button>
      ))}
    </span>
  );
  return (
    <Panel title="In force" aside={steer}>
      <dl class="figures">
        <Figure name="Mode">
          <ModeBadge mode={row.mode} />
        </Figure>
        <Figure name="Policy" note={row.next_policy ? `next ${row.next_policy}` : ''}>
          {row.policy}
        </Figure>
        <Figure name="Generation">{row.generation || 'none'}</Figure>
        <Figure name="Overrides">{countText(row.overrides)}</Figure>
        <Figure name="Lessons">{countText(row.lessons)}</Figure>
        <Figure name="Data until, UTC">{minute(row.as_of)}</Figure>
      </dl>
      <p class="muted">
        Whether it keeps paying: <a href={href('guard', pattern)}>Guard</a>. What other policies would have
        brought: <a href={href('evidence', pattern)}>Evidence</a>.
      </p>
    </Panel>
  );
}

const SORTS = ['scope', 'n', '-n', 'effect', '-effect', 'confidence', '-confidence'];

function Overrides({ pattern, params }: ScreenProps) {
  const { contains = '', sort = 'scope' } = params;
  const list = path('/v1/overrides', {
    pattern_key: pattern,
    limit: 200,
    contains: contains.trim(),
    sort: sort === 'scope' ? undefined : sort,
  });
  const pages = usePages<OverridesPage, OverridesPage['overrides'][number]>(list, page => page.overrides);
  const tools = <CopyAs path={list} command={`overrides ${pattern}`} />;
  return (
    <Panel title="Overrides in force" aside={tools}>
      <div class="row">
        <Field
          label="Contains"
          value={contains}
          onInput={text => setParams({ contains: text })}
          placeholder="solana, ts_min …"
        />
        <Choice
          label="Sort by"
          value={sort}
          options={SORTS}
          onChange={choice => setParams({ sort: choice })}
        />
      </div>
      <Loaded answer={pages}>
        {rows => (
          <>
            <DataTable
              name="overrides"
              columns={OVERRIDE_COLUMNS}
              rows={rows}
              onEnd={pages.more}
              empty={
                contains
                  ? 'No override contains this.'
                  : 'No override in force: look-ups answer what the bot sends.'
              }
            />
            <p class="muted" role="status">
              {countText(rows.length)} rows{pages.hasMore ? ', more come as you scroll' : ''}
              {pages.hasMore && (
                <button type="button" class="quiet" onClick={pages.more}>
                  More
                </button>
              )}
            </p>
          </>
        )}
      </Loaded>
    </Panel>
  );
}

const OVERRIDE_COLUMNS: readonly Column<OverridesPage['overrides'][number]>[] = [
  { title: 'lever', text: row => row.action_category },
  { title: 'effect', text: row => effect(row), cell: row => <Effect {...row} />, align: 'right' },
  {
    title: 'scope',
    text: row => describeScope(row.scope_subset),
    cell: row => <ScopeText scope={row.scope_subset} />,
  },
  { title: 'n', text: row => countText(row.n), align: 'right' },
  { title: 'confidence', text: row => plain(row.confidence), align: 'right' },
  { title: 'why', text: row => row.reason, wide: true },
];
