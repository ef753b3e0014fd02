import type { ComponentChildren } from 'preact';
import { ago } from '../figures.ts';
import type { Answer } from '../use-answer.ts';

interface PanelProps {
  readonly title: string;
  readonly aside?: ComponentChildren;
  readonly children: ComponentChildren;
}

export function Panel({ title, aside, children }: PanelProps) {
  return (
    <section class="panel" aria-label={title}>
      <header>
        <h2>{title}</h2>
        {aside}
      </header>
      {children}
    </section>
  );
}

interface LoadedProps<T> {
  readonly answer: Answer<T>;
  readonly children: (data: T) => ComponentChildren;
}

/**
 * Shows an answer. Before it is there, that it is awaited; while the next one takes long, that it is read; after a
 * failure, the last one and what went wrong.
 */
export function Loaded<T>({ answer, children }: LoadedProps<T>) {
  const { data, error, at, loading, reload } = answer;
  return (
    <>
      {data !== undefined && loading && (
        <span class="late" role="status">
          Reading …
        </span>
      )}
      {error && (
        <p class="notice bad" role="alert">
          <strong>{error.status === 0 ? 'The service does not answer.' : `Error ${error.status}.`}</strong>{' '}
          {error.status !== 0 && error.sentence}
          {data !== undefined && ` What you see is from ${ago(at)}.`}{' '}
          <button type="button" class="quiet" onClick={reload}>
            Try again
          </button>
        </p>
      )}
      {data !== undefined ? children(data) : !error && <p class="empty">Loading …</p>}
    </>
  );
}

/** A figure with its name and unit. */
export function Figure({
  name,
  children,
  note,
}: {
  readonly name: string;
  readonly children: ComponentChildren;
  readonly note?: string;
}) {
  return (
    <div class="figure">
      <dt>{name}</dt>
      <dd>
        <strong>{children}</strong>
        {note && <span class="muted">{note}</span>}
      </dd>
    </div>
  );
}

const MODE_SIGNS: Readonly<Record<string, string>> = {
  live: '●',
  shadow: '◐',
  frozen: '■',
  off: '○',
  retired: '–',
};

/** The mode of a pattern; its sign differs, not its colour alone. */
export function ModeBadge({ mode }: { readonly mode: string }) {
  return (
    <span class={`mode mode-${mode}`}>
      <span aria-hidden="true">{MODE_SIGNS[mode] ?? '?'}</span> {mode}
    </span>
  );
}

/** A scope as pairs that do not break. */
export function ScopeText({ scope }: { readonly scope: Readonly<Record<string, string>> }) {
  const pairs = Object.entries(scope);
  if (pairs.length === 0) return <span class="everything">everything</span>;
  return (
    <span class="scope">
      {pairs.map(([name, value]) => (
        <span key={name} class="pair">
          <span class="muted">{name}=</span>
          {value}
        </span>
      ))}
    </span>
  );
}

/** A multiplier or delta with a sign of its direction that needs no colour. */
export function Effect({
  multiplier,
  delta,
}: {
  readonly multiplier?: number | undefined;
  readonly delta?: number | undefined;
}) {
  const moved = multiplier === undefined ? (delta ?? 0) : multiplier - 1;
  const text =
    multiplier === undefined ? String(Number((delta ?? 0).toPrecision(6))) : `× ${multiplier.toFixed(4)}`;
  return (
    <span class={moved > 0 ? 'up' : moved < 0 ? 'down' : ''}>
      <span aria-hidden="true">{moved > 0 ? '▲' : moved < 0 ? '▼' : '·'}</span> {text}
    </span>
  );
}
