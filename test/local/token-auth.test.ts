import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { listen } from '../../local/http-server.ts';
import { isLoopback } from '../../local/loopback-guard.ts';
import { callersOf } from '../../local/token-auth.ts';
import { TokenFile } from '../../local/token-file.ts';
import { flagErrorSchema } from '../../shared/http/schemas/ofrep.ts';
import { problemSchema } from '../../shared/http/schemas/problem.ts';
import { jsonLog } from '../../shared/log.ts';
import type { Api } from '../support/api.ts';
import { openApi } from '../support/api.ts';
import { CALLS } from '../support/calls.ts';
import { S1 } from '../support/episodes.ts';
import { measurement } from '../support/measurements.ts';

const TOKENS = {
  'token-of-the-bot-1': { role: 'pm', name: 'bot 1' },
  'token-of-a-screen-1': { role: 'reader', name: 'screen' },
  'token-of-anna-12345': { role: 'operator', name: 'anna' },
};
const ROLES = ['pm', 'reader', 'operator'];
const tokenOf = (role: string): string =>
  Object.entries(TOKENS).find(([, caller]) => caller.role === role)?.[0] ?? '';

/** A harmless request for each call, and its status for roles that may make it. */
const REQUESTS: Readonly<Record<string, readonly [path: string, status: number, body?: object]>> = {
  'POST /v1/events': ['/v1/events', 200, { events: [] }],
  'POST /v1/outcomes': ['/v1/outcomes', 200, { outcomes: [] }],
  'POST /v1/overrides/lookup': ['/v1/overrides/lookup', 200, { pattern_key: S1, scope: {} }],
  'GET /v1/overrides/lookup': [`/v1/overrides/lookup?pattern_key=${S1}`, 200],
  'GET /v1/snapshots': ['/v1/snapshots', 200],
  'GET /v1/snapshots/{pattern_key}': [`/v1/snapshots/${S1}`, 200],
  'POST /ofrep/v1/evaluate/flags/{key}': [`/ofrep/v1/evaluate/flags/${S1}`, 200, {}],
  'POST /ofrep/v1/evaluate/flags': ['/ofrep/v1/evaluate/flags', 200, {}],
  'GET /v1/overrides': [`/v1/overrides?pattern_key=${S1}`, 200],
  'GET /v1/lessons': [`/v1/lessons?pattern_key=${S1}`, 200],
  'GET /v1/status': ['/v1/status', 200],
  'POST /v1/cycles': ['/v1/cycles', 202, {}],
  'GET /v1/cycles': ['/v1/cycles', 200],
  'GET /v1/cycles/{id}': ['/v1/cycles/none', 404],
  'GET /v1/events': [`/v1/events?pattern_key=${S1}`, 200],
  'GET /v1/parked': [`/v1/parked?pattern_key=${S1}`, 200],
  'GET /v1/mode': ['/v1/mode', 200],
  'PUT /v1/mode': ['/v1/mode', 200, { mode: 'live', reason: 'test' }],
  'GET /v1/writers': ['/v1/writers', 200],
  'PUT /v1/writers': ['/v1/writers', 404, { writer: 'token:x', excluded: true, reason: 'test' }],
  'GET /v1/changes': ['/v1/changes', 200],
  'GET /v1/patterns/{pattern_key}/generations': [`/v1/patterns/${S1}/generations`, 200],
  'GET /v1/patterns/{pattern_key}/evidence': [`/v1/patterns/${S1}/evidence`, 200],
  'GET /v1/patterns/{pattern_key}/doctor': [`/v1/patterns/${S1}/doctor`, 200],
  'GET /v1/patterns/{pattern_key}/guard': [`/v1/patterns/${S1}/guard`, 200],
  'GET /v1/patterns/{pattern_key}/nmin': [`/v1/patterns/${S1}/nmin`, 200],
  'POST /v1/whatif': ['/v1/whatif', 200, { pattern_key: S1, lever: 'ts_min', from: 0.8, to: 1.2 }],
  'GET /v1/whatif': [`/v1/whatif?pattern_key=${S1}&lever=ts_min&from=0.8&to=1.2`, 200],
  'PUT /v1/patterns/{pattern_key}/mode': [`/v1/patterns/${S1}/mode`, 200, { mode: 'live', reason: 'test' }],
  'PUT /v1/patterns/{pattern_key}/settings': [
    `/v1/patterns/${S1}/settings`,
    200,
    { n_min: 9, reason: 'test' },
  ],
  'GET /v1/patterns/{pattern_key}/settings': [`/v1/patterns/${S1}/settings`, 200],
  'POST /v1/patterns/{pattern_key}/rollback': [
    `/v1/patterns/${S1}/rollback`,
    404,
    { generation: 9, reason: 'test' },
  ],
  'POST /v1/patterns/{pattern_key}/rollout': [
    `/v1/patterns/${S1}/rollout`,
    409,
    { action: 'hold', reason: 'test' },
  ],
  'POST /v1/notifications/test': ['/v1/notifications/test', 404, { target: 'ops' }],
  'GET /healthz': ['/healthz', 200],
  'GET /openapi.json': ['/openapi.json', 200],
};

let api: Api;
beforeAll(async () => {
  api = await openApi({ callers: callersOf(TOKENS, 'test') });
  await api.service.runtime.heads.register([S1]);
});
afterAll(() => api.close());

async function send(method: string, path: string, authorization?: string, body?: object) {
  return api.service.app.request(`http://localhost${path}`, {
    method,
    ...(authorization !== undefined && { headers: { authorization } }),
    ...(body && { body: JSON.stringify(body) }),
  });
}

async function problemOf(response: Response) {
  expect(response.headers.get('content-type')).toBe('application/problem+json');
  return problemSchema.parse(await response.json());
}

/** Returns the code of an error: of problem details, or of the protocol of flags. */
async function codeOf(response: Response): Promise<string> {
  return response.headers.get('content-type') === 'application/json'
    ? flagErrorSchema.parse(await response.json()).errorCode
    : (await problemOf(response)).code;
}

describe('with tokens', () => {
  it.each(CALLS)(
    '[R2] [A1] the local service admits to %s exactly the roles that the deployed API admits',
    async (call, _, roles) => {
      const [path = '', expectedStatus = 0, body] = REQUESTS[call] ?? [];
      const method = call.slice(0, call.indexOf(' '));
      for (const authorization of [
        undefined,
        'Bearer not-a-known-token',
        `Basic ${tokenOf('operator')}`,
        'Bearer ',
      ]) {
        const response = await send(method, path, authorization, body);
        expect([authorization, response.status]).toEqual([authorization, roles === '' ? 200 : 401]);
        if (roles === '') continue;
        expect(response.headers.get('www-authenticate')).toBe('Bearer realm="pm-tuning"');
        expect(await codeOf(response)).toMatch(/^(unauthorized|GENERAL)$/);
      }
      for (const role of ROLES) {
        const response = await send(method, path, `Bearer ${tokenOf(role)}`, body);
        const isAllowed = roles === '' || roles.split(' ').includes(role);
        expect([role, response.status]).toEqual([role, isAllowed ? expectedStatus : 403]);
        if (!isAllowed) expect(await codeOf(response)).toBe('forbidden');
      }
    },
  );

  it('every call of the contract has a request in the test of roles', () => {
    expect(Object.keys(REQUESTS)).toEqual(CALLS.map(([call]) => call));
    measurement(
      'access',
      `${CALLS.length} routes × ${ROLES.length} roles and 4 kinds of missing tokens: the same as in the deployed API`,
    );
  });

  it.each([
    ['HEAD', '/v1/status', 'pm', 403],
    ['HEAD', '/v1/status', 'reader', 200],
    ['GET', '/v1/%73tatus', 'pm', 403],
    ['GET', '/v1/status/', 'pm', 404],
    ['GET', '//v1/status', 'pm', 404],
    ['DELETE', '/v1/status', 'operator', 405],
    ['GET', '/nothing', 'reader', 404],
    ['GET', '/nothing', undefined, 401],
    ['OPTIONS', '/v1/status', undefined, 401],
  ])('the request %s %s with the token of role %s gets status %d', async (method, path, role, status) => {
    const authorization = role === undefined ? undefined : `Bearer ${tokenOf(role)}`;
    expect((await send(method, path, authorization)).status).toBe(status);
  });

  it('the audit names the caller after the token', async () => {
    const response = await send('PUT', `/v1/patterns/${S1}/mode`, `Bearer ${tokenOf('operator')}`, {
      mode: 'off',
      reason: 'a test',
    });
    expect(await response.json()).toMatchObject({
      last_change: { who: 'token:anna', why: 'mode off: a test' },
    });
  });
});

describe('a file of tokens', () => {
  it.each([
    [{}],
    [[]],
    [null],
    [{ short: { role: 'pm', name: 'x' } }],
    [{ 'token with spaces 123': { role: 'pm', name: 'x' } }],
    [{ 'token-of-the-bot-1': { role: 'admin', name: 'x' } }],
    [{ 'token-of-the-bot-1': { role: 'pm' } }],
    [{ 'token-of-the-bot-1': { role: 'pm', name: 'x', more: 1 } }],
  ])('a token file with %j is rejected without showing a token', tokens => {
    expect(() => callersOf(tokens, 'tokens.json')).toThrow(
      /^the tokens in tokens\.json are invalid; the form is/,
    );
    expect(() => callersOf(tokens, 'tokens.json')).not.toThrow(/token-of-the-bot/);
  });

  it('reading a token file that is missing or not JSON throws an error with the cause', () => {
    const log = jsonLog('error', () => undefined, Date.now);
    expect(() => new TokenFile('/nowhere.json', log)).toThrow(
      'cannot read the tokens in /nowhere.json (ENOENT)',
    );
    expect(() => new TokenFile('README.md', log)).toThrow(
      'cannot read the tokens in README.md (it is not JSON)',
    );
  });
});

describe('npm start', () => {
  const serve = (args: readonly string[], environment: Readonly<Record<string, string>> = {}) => {
    const options = ['--memory', '--every', 'off', '--port', '0', ...args];
    const env = { ...process.env, ...environment };
    const child = spawn(process.execPath, ['local/serve.ts', ...options], { env });
    let out = '';
    let err = '';
    child.stderr.on('data', chunk => {
      err += chunk;
    });
    const url = new Promise<string>(resolve =>
      child.stdout.on('data', chunk => {
        out += chunk;
        const listeningUrl = /listens on (http:\S+)/.exec(out)?.[1];
        if (listeningUrl) resolve(listeningUrl);
      }),
    );
    return { child, url, ended: once(child, 'close').then(([code]) => ({ code, err })) };
  };

  it.each(['0.0.0.0', '::', '192.168.1.5', 'example.com', ''])(
    '[A2] npm start without tokens rejects --host %j with exit code 2',
    async host => {
      const { code, err } = await serve([`--host=${host}`]).ended;
      expect([code, err]).toEqual([2, expect.stringContaining('without tokens use --host 127.0.0.1')]);
    },
  );

  it.each([
    '0.0.0.0',
    '::',
    '0',
    '*',
    '[::]',
    '::ffff:0.0.0.0',
    '::ffff:192.168.1.5',
    '::ffff:127.0.0.1',
    '127.0.0.1.example.com',
    'localhost.example.com',
    hostname(),
  ])('[A2] listening on %s without tokens throws an error', host => {
    expect(isLoopback(host)).toBe(false);
    expect(() => listen(api.service.app, 0, { host })).toThrow('only the loopback interface');
  });

  it.each(['127.0.0.1', 'localhost'])('the service without tokens listens on %s', async host => {
    const server = await listen(api.service.app, 0, { host });
    expect((await fetch(`http://${host}:${server.port}/healthz`)).status).toBe(200);
    await server.close();
  });

  it('HOST in the environment does not change the host of a service without tokens', async () => {
    const service = serve([], { HOST: '0.0.0.0', HOSTNAME: '0.0.0.0' });
    expect(await service.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
    service.child.kill('SIGINT');
    expect(await service.ended).toMatchObject({ code: 0 });
  });

  it('the service with tokens listens on --host and admits their holders', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'pm-tuning-'));
    const file = join(folder, 'tokens.json');
    writeFileSync(file, JSON.stringify(TOKENS));
    const service = serve(['--auth', file, '--host', '127.0.0.2']);
    const url = await service.url;
    expect(url).toContain('127.0.0.2');
    expect((await fetch(`${url}/healthz`)).status).toBe(200);
    expect((await fetch(`${url}/v1/status`)).status).toBe(401);
    const headers = { authorization: `Bearer ${tokenOf('reader')}` };
    expect((await fetch(`${url}/v1/status`, { headers })).status).toBe(200);
    service.child.kill('SIGINT');
    expect(await service.ended).toMatchObject({ code: 0 });
    rmSync(folder, { recursive: true });
  });
});
