import { countText, span } from '../../../shared/format.ts';
import type { Status } from '../../../shared/http/schemas/status.ts';
import { href, setParams } from '../address.ts';
import { ago } from '../figures.ts';
import { Field } from '../parts/field.tsx';
import { Figure, Loaded, ModeBadge, Panel } from '../parts/panel.tsx';
import { type Column, DataTable } from '../parts/table.tsx';
import { CopyAs } from '../parts/take-away.tsx';
import { type Session, useSession } from '../session.ts';
import { switchMode } from '../steering.ts';

type PatternRow = Status['patterns'][number];

/** Screen 1: whether all is well, and what each pattern does. */
export function Overview({ params }: { readonly params: Readonly<Record<string, string>> }) {
  const session = useSession();
  return (
    <Loaded answer={session.status}>
      {status => (
        <>
          <Health status={status} />
          <Patterns status={status} session={session} filter={params.filter ?? ''} />
          <Panel title="To look at">
            <Warnings status={status} />
          </Panel>
        </>
      )}
    </Loaded>
  );
}

function Health({ status }: { readonly status: Status }) {
  const { last_cycle, events, parked_outcomes, conflicts } = status;
  return (
    <Panel
      title={status.healthy ? 'Healthy' : 'Not healthy'}
      aside={<CopyAs path="/v1/status" command="status" />}
    >
      {status.reasons.map(({ code, detail }) => (
        <p key={code} class="notice bad">
          {detail}
        </p>
      ))}
      <dl class="figures">
        <Figure name="Last run" note={last_cycle ? (last_cycle.trial ? 'trial' : last_cycle.status) : ''}>
          {last_cycle ? `${span(last_cycle.age_seconds)} ago` : 'none yet'}
        </Figure>
        <Figure name="Events">{countText(events.total)}</Figure>
        <Figure name="With outcome">{countText(events.with_outcome)}</Figure>
        <Figure name="Pending">{countText(events.pending)}</Figure>
        <Figure name="Parked outcomes">{countText(parked_outcomes)}</Figure>
        <Figure name="Rejected as conflict">{countText(conflicts.events + conflicts.outcomes)}</Figure>
      </dl>
    </Panel>
  );
}

interface PatternsProps {
  readonly status: Status;
  readonly session: Session;
  readonly filter: string;
}

function Patterns({ status, session, filter }: PatternsProps) {
  const rows = status.patterns.filter(row => row.pattern_key.includes(filter.trim()));
  const search = status.patterns.length > 8 && (
    <Field label="Filter" value={filter} onInput={text => setParams({ filter: text })} />
  );
  return (
    <Panel title="Patterns" aside={search}>
      <DataTable
        name="patterns"
        columns={columnsOf(session)}
        rows={rows}
        empty={
          <>
            No event yet. <a href={href('connect')}>Connect a bot</a>, or import past events.
          </>
        }
      />
      {status.next && <p class="muted">The first {countText(status.patterns.length)} patterns are shown.</p>}
    </Panel>
  );
}

function columnsOf(session: Session): Column<PatternRow>[] {
  const number = (title: string, value: (row: PatternRow) => number): Column<PatternRow> => ({
    title,
    text: row => countText(value(row)),
    sort: value,
    align: 'right',
  });
  return [
    {
      title: 'pattern',
      text: row => row.pattern_key,
      sort: row => row.pattern_key,
      cell: row => <a href={href('pattern', row.pattern_key)}>{row.pattern_key}</a>,
    },
    {
      title: 'mode',
      text: row => row.mode,
      sort: row => row.mode,
      cell: row => <ModeBadge mode={row.mode} />,
    },
    {
      title: 'policy',
      text: row => (row.next_policy ? `${row.policy}, next ${row.next_policy}` : row.policy),
    },
    number('generation', row => row.generation),
    guardColumn(session.status.data),
    number('overrides', row => row.overrides),
    {
      title: 'data',
      text: row => (row.as_of ? ago(row.as_of, nowOf(session)) : '–'),
      sort: row => row.as_of ?? '',
      align: 'right',
    },
    number('events', row => row.events.total),
    number('outcomes', row => row.events.with_outcome),
    {
      title: 'bot asked',
      text: row => askedText(row, nowOf(session)),
      sort: row => row.asked?.[0]?.at ?? '',
    },
    ...(session.steers ? [actions(session)] : []),
  ];
}

const GUARD_WORDS: Readonly<Record<string, string>> = { guard_harmful: 'harm', guard_blind: 'blind' };

/** Returns a column with the findings of the guard in the last run. The guard's screen has the state of its tests. */
function guardColumn(status: Status | undefined): Column<PatternRow> {
  const found = new Map(
    (status?.warnings ?? []).flatMap(({ code, pattern_key }) =>
      pattern_key !== undefined && GUARD_WORDS[code] ? [[pattern_key, GUARD_WORDS[code]]] : [],
    ),
  );
  const text = ({ pattern_key, mode, generation, rollout }: PatternRow): string => {
    const state =
      found.get(pattern_key) ??
      (generation > 0 && (mode === 'live' || mode === 'frozen') ? 'no alarm' : 'not running');
    if (!rollout) return state;
    const held = rollout.held === undefined ? '' : ', held';
    return `${state}; tries ${rollout.generation} on ${rollout.share * 100} %${held}`;
  };
  return {
    title: 'guard',
    text,
    sort: text,
    cell: row => (
      <a href={href('guard', row.pattern_key)} class={found.has(row.pattern_key) ? 'attention' : ''}>
        {found.has(row.pattern_key) && <span aria-hidden="true">▲ </span>}
        {text(row)}
        <span class="hidden"> for {row.pattern_key}</span>
      </a>
    ),
  };
}

/** The time of the service, milliseconds since 1970: the clock of this machine may differ. */
const nowOf = ({ status }: Session): number => Date.parse(status.data?.now ?? '');

function askedText({ asked }: PatternRow, now: number): string {
  const [latest, ...others] = asked ?? [];
  if (!latest) return '–';
  return `${latest.who}, ${ago(latest.at, now)}${others.length > 0 ? ` (+${others.length})` : ''}`;
}

function actions(session: Session): Column<PatternRow> {
  return {
    title: 'steer',
    text: () => '',
    cell: row => (
      <button
        type="button"
        class="quiet"
        onClick={() =>
          session.steer(switchMode(session, row.pattern_key, row.mode, row.mode === 'off' ? 'live' : 'off'))
        }
      >
        {row.mode === 'off' ? 'Switch on …' : 'Switch off …'}
        <span class="hidden"> {row.pattern_key}</span>
      </button>
    ),
  };
}

function Warnings({ status }: { readonly status: Status }) {
  if (status.warnings.length === 0) return <p class="empty">No warning.</p>;
  return (
    <ul class="warnings">
      {status.warnings.map((warning, i) => (
        <li key={i}>
          <code>{warning.code}</code> {warning.pattern_key && <strong>{warning.pattern_key}: </strong>}
          {warning.message}
        </li>
      ))}
    </ul>
  );
}
