import { useState } from 'preact/hooks';
import { useToken } from '../service.ts';
import { type Login, startLogin } from '../sign-in-flow.ts';

interface SignInProps {
  readonly login: Login | undefined;
  /** Why there is no token that the service accepts, if that is known. */
  readonly problem: string | undefined;
  readonly done: () => void;
}

/** Asks for a token, or leads to the issuer. */
export function SignIn({ login, problem, done }: SignInProps) {
  const [token, setToken] = useState('');
  const [keep, setKeep] = useState(false);
  const [unreachable, setUnreachable] = useState('');
  const start = (issuer: Login): Promise<void> =>
    startLogin(issuer).catch(() => setUnreachable(`${issuer.issuer} does not answer. Try again.`));
  const shown = unreachable || problem;
  const submit = (event: Event): void => {
    event.preventDefault();
    useToken(token.trim(), keep);
    done();
  };
  return (
    <main class="sign-in" id="main">
      <h1>PM Tuning</h1>
      {shown && (
        <p class="notice bad" role="alert">
          {shown}
        </p>
      )}
      {login ? (
        <button type="button" class="primary" onClick={() => void start(login)}>
          Sign in at {new URL(login.issuer).host}
        </button>
      ) : (
        <form onSubmit={submit}>
          <p>This service asks for a token. It stays in the memory of this page.</p>
          <label class="field">
            Token
            <input
              type="password"
              value={token}
              autocomplete="off"
              onInput={event => setToken(event.currentTarget.value)}
            />
          </label>
          <label class="check">
            <input type="checkbox" checked={keep} onChange={event => setKeep(event.currentTarget.checked)} />
            Keep it until this tab is closed
          </label>
          <button type="submit" class="primary" disabled={token.trim() === ''}>
            Enter
          </button>
        </form>
      )}
    </main>
  );
}
