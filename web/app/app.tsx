import { useEffect, useRef, useState } from 'preact/hooks';
import { span } from '../../shared/format.ts';
import type { Status } from '../../shared/http/schemas/status.ts';
import { type Address, href, OF_PATTERN, SCREENS, type Screen, useAddress } from './address.ts';
import { Commands } from './parts/commands.tsx';
import { SignIn } from './parts/sign-in.tsx';
import { SteerDialog } from './parts/steer.tsx';
import { Connect } from './screens/connect.tsx';
import { Evidence } from './screens/evidence.tsx';
import { Guard } from './screens/guard.tsx';
import { History } from './screens/history.tsx';
import { Lessons } from './screens/lessons.tsx';
import { Overview } from './screens/overview.tsx';
import { Pattern } from './screens/pattern.tsx';
import { Runs } from './screens/runs.tsx';
import { Settings } from './screens/settings.tsx';
import { WhatIf } from './screens/what-if.tsx';
import { hasToken, useToken } from './service.ts';
import { busiest, type Session, SessionContext, type Steering } from './session.ts';
import type { Login } from './sign-in-flow.ts';
import { switchEverything } from './steering.ts';
import { NO_ANSWER, useAnswer } from './use-answer.ts';

/** Milliseconds between two readings of the status. */
const POLL_MS = 15_000;

const REFUSED = 'The service does not accept this token, or the token may not read.';

interface AppProps {
  readonly login: Login | undefined;
  /** Why the last sign-in gave no token, if it did not. */
  readonly signInProblem: string | undefined;
}

export function App({ login, signInProblem }: AppProps) {
  const address = useAddress();
  const status = useAnswer<Status>('/v1/status', POLL_MS);
  useEffect(() => {
    // The health in the head of the page does not outlive a call without an answer.
    const check = (): void => {
      if (status.error?.status !== 0) status.reload();
    };
    addEventListener(NO_ANSWER, check);
    return () => removeEventListener(NO_ANSWER, check);
  }, [status.error, status.reload]);
  const [said, say] = useState('');
  const [change, steer] = useState<Steering>();
  const denied = status.error?.status === 401 || status.error?.status === 403;
  if (denied) {
    const problem = hasToken() ? REFUSED : signInProblem;
    return <SignIn login={login} problem={problem} done={status.reload} />;
  }
  // A signature does not tell its role: controls are shown, and the service refuses what its policies do not allow.
  const steers = status.data !== undefined && (status.data.caller.role ?? 'operator') === 'operator';
  const session: Session = { status, steers, say, steer };
  const close = (sentence?: string): void => {
    steer(undefined);
    if (sentence !== undefined) say(sentence);
  };
  return (
    <SessionContext.Provider value={session}>
      <button type="button" class="skip" onClick={() => document.getElementById('main')?.focus()}>
        To the content
      </button>
      <Top session={session} address={address} />
      <Navigation address={address} session={session} />
      <main id="main" tabIndex={-1}>
        <Title address={address} />
        {said && (
          <p class="notice good" role="status">
            {said}{' '}
            <button type="button" class="quiet" onClick={() => say('')}>
              Close
            </button>
          </p>
        )}
        <Content address={address} session={session} />
      </main>
      {change && <SteerDialog change={change} close={close} />}
    </SessionContext.Provider>
  );
}

function Title({ address }: { readonly address: Address }) {
  const title = address.pattern ? `${SCREENS[address.screen]} · ${address.pattern}` : SCREENS[address.screen];
  useEffect(() => {
    document.title = `${title} · PM Tuning`;
  }, [title]);
  return <h1>{title}</h1>;
}

function Top({ session, address }: { readonly session: Session; readonly address: Address }) {
  const { data, error, at } = session.status;
  const off = data?.mode === 'off';
  const health =
    error?.status === 0
      ? 'no answer'
      : !data
        ? '…'
        : off
          ? 'everything is off'
          : data.healthy
            ? 'healthy'
            : 'not healthy';
  const good = data?.healthy && !off && error === undefined;
  return (
    <header class="top">
      <a class="brand" href={href('overview')}>
        PM Tuning
      </a>
      <span class={`health ${good ? 'ok' : 'attention'}`}>
        <span aria-hidden="true">{good ? '●' : '▲'}</span> {health}
      </span>
      <Commands pattern={address.pattern} />
      <span class="muted who">
        {data && (
          <span class="name">
            {data.caller.name}
            {data.caller.role && `, ${data.caller.role}`}
          </span>
        )}
        {at > 0 && <Age at={at} />}
        {hasToken() && (
          <button
            type="button"
            class="quiet"
            onClick={() => {
              useToken(undefined);
              location.reload();
            }}
          >
            Leave
          </button>
        )}
      </span>
      {session.steers && data?.mode !== undefined && (
        <button
          type="button"
          class="stop"
          onClick={() => session.steer(switchEverything(session, off ? 'off' : 'live', off ? 'live' : 'off'))}
        >
          {off ? 'Switch on …' : 'Everything off …'}
        </button>
      )}
    </header>
  );
}

function Age({ at }: { readonly at: number }) {
  const [now, setNow] = useState(Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 5000);
    return () => clearInterval(timer);
  }, []);
  return <span class="age"> · read {span(Math.max(0, now - at) / 1000)} ago</span>;
}

function Navigation({ address, session }: { readonly address: Address; readonly session: Session }) {
  const patterns = session.status.data?.patterns ?? [];
  const pattern = address.pattern ?? busiest(session.status);
  const link = (screen: Screen, of?: string) => (
    <a
      key={screen}
      href={href(screen, of)}
      {...(address.screen === screen && { 'aria-current': 'page' as const })}
    >
      {SCREENS[screen]}
    </a>
  );
  const known = patterns.map(row => row.pattern_key);
  const options = pattern && !known.includes(pattern) ? [pattern, ...known] : known;
  const bar = useRef<HTMLElement>(null);
  useEffect(() => {
    // On a narrow screen the links are one line that scrolls; the current one is brought to its middle.
    const current = bar.current?.querySelector<HTMLElement>('[aria-current]');
    if (bar.current && current)
      bar.current.scrollLeft = current.offsetLeft - (bar.current.clientWidth - current.offsetWidth) / 2;
  }, [address.screen, pattern]);
  return (
    <nav aria-label="Screens" ref={bar}>
      {link('overview')}
      {pattern && (
        <>
          <label class="field picker">
            <span class="hidden">Pattern</span>
            <select
              value={pattern}
              onChange={event => {
                const screen = OF_PATTERN.includes(address.screen) ? address.screen : 'pattern';
                location.hash = href(screen, event.currentTarget.value);
              }}
            >
              {options.map(key => (
                <option key={key} value={key}>
                  {key}
                </option>
              ))}
            </select>
          </label>
          {OF_PATTERN.map(screen => link(screen, pattern))}
        </>
      )}
      <span class="rule" />
      {link('runs')}
      {link('connect')}
    </nav>
  );
}

function Content({ address, session }: { readonly address: Address; readonly session: Session }) {
  const { screen, params } = address;
  if (screen === 'runs') return <Runs params={params} />;
  if (screen === 'connect') return <Connect />;
  const pattern = address.pattern ?? busiest(session.status);
  if (screen === 'overview' || pattern === undefined) return <Overview params={params} />;
  switch (screen) {
    case 'pattern':
      return <Pattern key={pattern} pattern={pattern} params={params} />;
    case 'lessons':
      return <Lessons key={pattern} pattern={pattern} params={params} />;
    case 'whatif':
      return <WhatIf key={`${pattern} ${params.scope}`} pattern={pattern} params={params} />;
    case 'evidence':
      return <Evidence key={pattern} pattern={pattern} />;
    case 'history':
      return <History key={pattern} pattern={pattern} params={params} />;
    case 'guard':
      return <Guard key={pattern} pattern={pattern} />;
    case 'settings':
      return <Settings key={pattern} pattern={pattern} />;
  }
}
