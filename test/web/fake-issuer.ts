import { createHash, randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** An issuer of tokens with the code flow and PKCE (RFC 7636), which signs everyone in at once. */
export interface FakeIssuer {
  readonly url: string;
  /** The requests that the page sent to the endpoint of tokens. */
  readonly exchanges: URLSearchParams[];
  /** Changes the query with which the issuer leads back. */
  tamper: (query: URLSearchParams) => void;
  close(): void;
}

export const CLIENT = 'page-1';
export const ACCESS_TOKEN = 'token-that-the-issuer-gave';

/** Starts an issuer on loopback. It checks client, challenge and verifier, and each code holds once. */
export async function startIssuer(): Promise<FakeIssuer> {
  const challenges = new Map<string, string>();
  const server = createServer(async (request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? '/', issuer.url);
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const json = (status: number, body: object): void => {
      response.writeHead(status, {
        'content-type': 'application/json',
        'access-control-allow-origin': request.headers.origin ?? '',
      });
      response.end(JSON.stringify(body));
    };
    if (pathname === '/.well-known/openid-configuration')
      return json(200, {
        authorization_endpoint: `${issuer.url}/authorize`,
        token_endpoint: `${issuer.url}/token`,
      });
    if (pathname === '/authorize') {
      const code = randomUUID();
      challenges.set(code, searchParams.get('code_challenge') ?? '');
      const isValid =
        searchParams.get('client_id') === CLIENT &&
        searchParams.get('response_type') === 'code' &&
        searchParams.get('code_challenge_method') === 'S256';
      const query = new URLSearchParams({
        ...(isValid ? { code } : { error: 'invalid_request' }),
        state: searchParams.get('state') ?? '',
      });
      issuer.tamper(query);
      response.writeHead(302, { location: `${searchParams.get('redirect_uri')}?${query}` });
      return response.end();
    }
    const sent = new URLSearchParams(Buffer.concat(chunks).toString());
    issuer.exchanges.push(sent);
    const challenge = challenges.get(sent.get('code') ?? '');
    challenges.delete(sent.get('code') ?? '');
    const made = createHash('sha256')
      .update(sent.get('code_verifier') ?? '')
      .digest('base64url');
    const isValid = challenge === made && sent.get('client_id') === CLIENT;
    return isValid ? json(200, { access_token: ACCESS_TOKEN }) : json(400, { error: 'invalid_grant' });
  });
  await new Promise<void>(listening => server.listen(0, '127.0.0.1', listening));
  const issuer: FakeIssuer = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    exchanges: [],
    tamper: () => undefined,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
  return issuer;
}
