import { useState } from 'preact/hooks';
import type { SettingsAnswer } from '../../../shared/http/schemas/patterns.ts';
import { minute } from '../figures.ts';
import { Field } from '../parts/field.tsx';
import { Loaded, ModeBadge, Panel } from '../parts/panel.tsx';
import { type Column, DataTable } from '../parts/table.tsx';
import { CopyAs } from '../parts/take-away.tsx';
import { ofPattern } from '../service.ts';
import { useSession } from '../session.ts';
import { changeSettings, MODES, switchMode } from '../steering.ts';
import { useAnswer } from '../use-answer.ts';

/** The settings in the order of the contract, with what each takes. */
const SETTINGS = {
  policy: 'drift, replay or model',
  challengers: 'policies to compare, such as ["drift","model"]',
  n_min: 'events that a lesson needs, 1 to 10,000',
  lookback_days: 'days of events, 1 to 366',
  payoff: '{"win":2,"loss":1}, in R',
  base_thresholds: 'thresholds where events log none, such as {"ts_min":0.6}',
  halt: 'advise, apply or off',
  score: 'off or advise',
  jump: 'largest factor by which a run moves an override',
  on_jump: 'warn or hold',
  max_overrides: 'most overrides of the pattern',
  guard: 'protect, notify or off',
  rollout: 'immediate or guarded',
} as const;
type Name = keyof typeof SETTINGS;

interface Row {
  readonly name: Name;
  readonly value: string;
  readonly source: string;
}

/** Screen 9: mode and settings of one pattern, each with its source. */
export function Settings({ pattern }: { readonly pattern: string }) {
  const answer = useAnswer<SettingsAnswer>(ofPattern(pattern, 'settings'));
  return (
    <>
      <Modes pattern={pattern} />
      <Panel
        title="Settings"
        aside={<CopyAs path={ofPattern(pattern, 'settings')} command={`settings ${pattern}`} />}
      >
        <Loaded answer={answer}>
          {data => (
            <>
              {data.warning && <p class="notice">{data.warning}</p>}
              <SettingsTable pattern={pattern} answer={data} reload={answer.reload} />
              {data.last_change && (
                <p class="muted">
                  Last change of the pattern {minute(data.last_change.at)} UTC by {data.last_change.who}:{' '}
                  {data.last_change.why}
                </p>
              )}
            </>
          )}
        </Loaded>
      </Panel>
    </>
  );
}

function Modes({ pattern }: { readonly pattern: string }) {
  const session = useSession();
  const row = session.status.data?.patterns.find(each => each.pattern_key === pattern);
  if (!row) return null;
  return (
    <Panel title="Mode">
      <p class="tools">
        <ModeBadge mode={row.mode} />
        {session.steers &&
          MODES.filter(mode => mode !== row.mode).map(mode => (
            <button
              key={mode}
              type="button"
              onClick={() => session.steer(switchMode(session, pattern, row.mode, mode))}
            >
              Set {mode} …
            </button>
          ))}
      </p>
    </Panel>
  );
}

interface SettingsTableProps {
  readonly pattern: string;
  readonly answer: SettingsAnswer;
  readonly reload: () => void;
}

function SettingsTable({ pattern, answer, reload }: SettingsTableProps) {
  const session = useSession();
  const rows = (Object.keys(SETTINGS) as Name[]).map(
    (name): Row => ({ name, value: textOf(answer[name]), source: answer.sources[name] ?? '' }),
  );
  const change = (row: Row, value: unknown): void =>
    session.steer(
      changeSettings(
        session,
        pattern,
        { [row.name]: value },
        [
          `${row.name} ${row.value}`,
          value === null ? `${row.name} of the stage` : `${row.name} ${textOf(value)}`,
        ],
        reload,
      ),
    );
  const columns: Column<Row>[] = [
    { title: 'setting', text: row => row.name },
    { title: 'value', text: row => row.value },
    { title: 'from', text: row => row.source },
    { title: 'takes', text: row => SETTINGS[row.name], wide: true },
    ...(session.steers
      ? [
          {
            title: 'change',
            text: () => '',
            cell: (row: Row) => <Editor key={row.name} row={row} change={change} />,
          },
        ]
      : []),
  ];
  return <DataTable name="settings" columns={columns} rows={rows} />;
}

function Editor({ row, change }: { readonly row: Row; readonly change: (row: Row, value: unknown) => void }) {
  const [open, setOpen] = useState(false);
  const [text, setText] = useState(row.value);
  if (!open)
    return (
      <span class="tools">
        <button type="button" class="quiet" onClick={() => setOpen(true)}>
          Change …<span class="hidden"> {row.name}</span>
        </button>
        {row.source === 'pattern' && (
          <button type="button" class="quiet" onClick={() => change(row, null)}>
            Back to the stage …<span class="hidden"> {row.name}</span>
          </button>
        )}
      </span>
    );
  return (
    <form
      class="row tight"
      onSubmit={event => {
        event.preventDefault();
        setOpen(false);
        change(row, parsedValue(text));
      }}
    >
      <Field label={row.name} value={text} onInput={setText} size={16} />
      <button type="submit">Next …</button>
    </form>
  );
}

const textOf = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value));

/** Reads a value as JSON where it is JSON, and as text otherwise. */
function parsedValue(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text.trim();
  }
}
