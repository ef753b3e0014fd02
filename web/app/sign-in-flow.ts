import { useToken } from './service.ts';

/* The authorization code flow with PKCE (RFC 7636), as a public client. The token is in no address and no storage. */

export interface Login {
  readonly issuer: string;
  readonly clientId: string;
}

const VERIFIER = 'pm-tuning-verifier';

/** Reads how people sign in; undefined where tokens are typed in, or nobody has to sign in. */
export function readLogin(): Login | undefined {
  const content = document.querySelector('meta[name=login]')?.getAttribute('content');
  return content ? (JSON.parse(content) as Login) : undefined;
}

interface Provider {
  readonly authorization_endpoint: string;
  readonly token_endpoint: string;
}

async function providerOf({ issuer }: Login): Promise<Provider> {
  return (
    await fetch(`${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`)
  ).json() as Promise<Provider>;
}

const redirectUri = (): string => `${location.origin}/ui`;

/** Leads to the issuer, which comes back with a code. */
export async function startLogin(login: Login): Promise<void> {
  const verifier = base64Url(crypto.getRandomValues(new Uint8Array(32)));
  const state = base64Url(crypto.getRandomValues(new Uint8Array(16)));
  sessionStorage.setItem(VERIFIER, JSON.stringify({ verifier, state, fragment: location.hash }));
  const challenge = new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(verifier)));
  const query = new URLSearchParams({
    response_type: 'code',
    client_id: login.clientId,
    redirect_uri: redirectUri(),
    scope: 'openid pm-tuning/operator pm-tuning/reader',
    state,
    code_challenge: base64Url(challenge),
    code_challenge_method: 'S256',
  });
  location.assign(`${(await providerOf(login)).authorization_endpoint}?${query}`);
}

/** True when the issuer has led back here. */
export const isBackFromIssuer = (): boolean => /[?&](code|error)=/.test(location.search);

/**
 * Exchanges the code that the issuer sent for a token. The address loses the code at once.
 * @returns why there is no token, if there is none
 */
export async function finishLogin(login: Login): Promise<string | undefined> {
  const query = new URLSearchParams(location.search);
  const stored = JSON.parse(sessionStorage.getItem(VERIFIER) ?? '{}') as Record<string, string | undefined>;
  sessionStorage.removeItem(VERIFIER);
  history.replaceState(null, '', `/ui${stored.fragment ?? ''}`);
  const refusal = query.get('error');
  if (refusal !== null) return `The issuer did not sign you in (${refusal}). Try again.`;
  if (stored.state === undefined || query.get('state') !== stored.state)
    return 'This sign-in did not begin in this tab. Sign in here.';
  const token = await exchange(login, query.get('code') ?? '', stored.verifier ?? '').catch(() => undefined);
  if (token === undefined) return 'The issuer gave no token. Try again.';
  useToken(token);
  return undefined;
}

async function exchange(login: Login, code: string, verifier: string): Promise<string | undefined> {
  const response = await fetch((await providerOf(login)).token_endpoint, {
    method: 'POST',
    body: new URLSearchParams({
      grant_type: 'authorization_code',
      client_id: login.clientId,
      code,
      redirect_uri: redirectUri(),
      code_verifier: verifier,
    }),
  });
  return ((await response.json()) as { readonly access_token?: string }).access_token;
}

function base64Url(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replaceAll('=', '');
}
