import { useState } from 'preact/hooks';
import { useToken } from '../service.ts';
import { type Login, startLogin } from '../sign-in-flow.ts';

interface SignInProps {
  readonly login: Login | undefined;
  readonly refused: boolean;
  readonly done: () => void;
}

/** Asks for a token, or leads to the issuer. */
export function SignIn({ login, refused, done }: SignInProps) {
  const [token, setToken] = useState('');
  const [keep, setKeep] = useState(false);
  const submit = (event: Event): void => {
    event.preventDefault();
    useToken(token.trim(), keep);
    done();
  };
  return (
    <main class="sign-in" id="main">
      <h1>PM Tuning</h1>
      {login ? (
        <button type="button" class="primary" onClick={() => void startLogin(login)}>
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
          {refused && (
            <p class="notice bad" role="alert">
              The service does not accept this token, or the token may not read.
            </p>
          )}
          <button type="submit" class="primary" disabled={token.trim() === ''}>
            Enter
          </button>
        </form>
      )}
    </main>
  );
}
