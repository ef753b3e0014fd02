import { once } from 'node:events';
import { Agent, request } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createHandler as admin } from '../../functions/admin.ts';
import { listen } from '../../local/http-server.ts';
import { parseOrigin } from '../../shared/config.ts';
import { openRecorded, sample } from '../infra/recording.ts';
import { type Api, openApi } from '../support/api.ts';

/*
 * The tables cross headers of browsers with routes that read and routes that steer. Each cell states the right answer
 * by hand; the code under test compares texts instead.
 */

const PROXY = 'https://tuning.example.com';
let api: Api;
let server: Awaited<ReturnType<typeof listen>>;
beforeAll(async () => {
  api = await openApi({ environment: { ORIGINS: PROXY } });
  server = await listen(api.service.app, 0, { origins: api.service.runtime.config.origins });
});
afterAll(async () => {
  agent.destroy();
  await server.close();
  await api.close();
});

const agent = new Agent({ keepAlive: true, maxSockets: 8 });

/** Sends a request with exactly these headers. */
async function send(
  method: string,
  path: string,
  headers: readonly (readonly [string, string])[],
  body = '',
) {
  const sent = request({ port: server.port, host: '127.0.0.1', method, path, setHost: false, agent });
  const names = new Set(headers.map(([name]) => name));
  for (const name of names)
    sent.setHeader(
      name,
      headers.filter(header => header[0] === name).map(([, value]) => value),
    );
  sent.end(body);
  const [response] = await once(sent, 'response');
  let text = '';
  for await (const chunk of response) text += chunk;
  return { status: response.statusCode as number, headers: response.headers, text };
}

/** Routes, with a body and the status that each answers to a caller that it admits. */
const ROUTES = [
  { method: 'GET', path: '/v1/status', body: '', admitted: 200 },
  { method: 'POST', path: '/v1/cycles', body: '{"n_min":0}', admitted: 400 },
  { method: 'POST', path: '/v1/patterns/pm.uptrend.S1.entry/rollback', body: '{}', admitted: 400 },
] as const;

/** `Host` headers by the origin that the address is; `:PORT` stands for the port in use. */
const HOSTS: readonly (readonly [string, 'admitted' | 'rejected'])[] = [
  ['127.0.0.1:PORT', 'admitted'],
  ['localhost:PORT', 'admitted'],
  ['[::1]:PORT', 'admitted'],
  ['tuning.example.com', 'admitted'],
  ['localhost', 'admitted'],
  ['LOCALHOST:PORT', 'admitted'],
  ['localhost.:PORT', 'rejected'],
  ['rebound.example:PORT', 'rejected'],
  ['127.0.0.1.example.com:PORT', 'rejected'],
  ['192.168.1.5:PORT', 'rejected'],
  ['localhost@rebound.example', 'rejected'],
];

/** `Origin` headers, and the hosts for which each is the service's own. */
const ORIGINS: readonly (readonly [string | undefined, readonly string[] | 'none sent' | 'every host'])[] = [
  [undefined, 'none sent'],
  ['http://127.0.0.1:PORT', ['127.0.0.1:PORT']],
  ['http://localhost:PORT', ['localhost:PORT', 'LOCALHOST:PORT']],
  ['http://[::1]:PORT', ['[::1]:PORT']],
  ['http://localhost', ['localhost']],
  [PROXY, 'every host'],
  ['http://tuning.example.com', ['tuning.example.com']],
  ['https://tuning.example.com:443', []],
  ['https://tuning.example.com.', []],
  ['https://127.0.0.1:PORT', []],
  ['http://127.0.0.1:9', []],
  ['http://localhost:80', []],
  ['HTTP://LOCALHOST:PORT', []],
  ['http://localhost.:PORT', []],
  ['http://localhost:PORT/', []],
  ['http://user@localhost:PORT', []],
  ['http://[0:0:0:0:0:0:0:1]:PORT', []],
  ['http://rebound.example:PORT', []],
  ['null', []],
  ['', []],
];

const SITES = [
  [undefined, true],
  ['same-origin', true],
  ['none', true],
  ['same-site', false],
  ['cross-site', false],
  ['', false],
] as const;

const TYPES = [
  [undefined, false],
  ['application/json', true],
  ['Application/JSON; charset=utf-8', true],
  ['text/plain', false],
] as const;

type Cell = readonly [
  (typeof ORIGINS)[number],
  (typeof SITES)[number],
  (typeof TYPES)[number],
  (typeof ROUTES)[number],
];

const withPort = (text: string): string => text.replace('PORT', String(server.port));

/** Returns the right status, by the contract's sentences in their order. */
function expected(
  host: (typeof HOSTS)[number],
  [origin, ownFor]: (typeof ORIGINS)[number],
  [site, siteIsOwn]: (typeof SITES)[number],
  [, isJson]: (typeof TYPES)[number],
  route: (typeof ROUTES)[number],
): number {
  const originIsOwn = ownFor === 'none sent' || ownFor === 'every host' || ownFor.includes(host[0]);
  if (host[1] === 'rejected' || !originIsOwn || !siteIsOwn) return 403;
  const isPage = origin !== undefined || site !== undefined;
  return isPage && route.body !== '' && !isJson ? 415 : route.admitted;
}

const header = (name: string, value: string | undefined): (readonly [string, string])[] =>
  value === undefined ? [] : [[name, withPort(value)]];

describe('pages of other origins', () => {
  it.each(HOSTS)('[A3] At Host %s every origin, site and content type gets its status', async (...host) => {
    const wrong: string[] = [];
    const check = async ([origin, site, type, route]: Cell): Promise<void> => {
      const headers = [
        ...header('host', host[0]),
        ...header('origin', origin[0]),
        ...header('sec-fetch-site', site[0]),
        ...header('content-type', type[0]),
      ];
      const { status, headers: answered } = await send(route.method, route.path, headers, route.body);
      // The HTTP server itself rejects a host with a user name, as a request that cannot be read.
      const right = host[0].includes('@') ? 400 : expected(host, origin, site, type, route);
      if (status !== right) wrong.push(`${route.path} ${JSON.stringify(headers)}: ${status}, not ${right}`);
      if (Object.keys(answered).some(name => name.startsWith('access-control')))
        wrong.push(`${route.path}: a CORS header`);
    };
    // A read has no body, so its content type makes no difference.
    const cells = ORIGINS.flatMap(origin =>
      SITES.flatMap(site =>
        TYPES.flatMap((type, i) =>
          ROUTES.filter(({ body }) => body !== '' || i === 0).map(
            (route): Cell => [origin, site, type, route],
          ),
        ),
      ),
    );
    for (let i = 0; i < cells.length; i += 8) await Promise.all(cells.slice(i, i + 8).map(check));
    expect(wrong).toEqual([]);
    expect(cells.length).toBe(ORIGINS.length * SITES.length * (1 + TYPES.length * (ROUTES.length - 1)));
  });

  it.each([
    ['origin', 'http://127.0.0.1:PORT', 403],
    ['sec-fetch-site', 'same-origin', 403],
    ['content-type', 'application/json', 415],
  ])('[A3] The header %s that is sent twice is not read as one value', async (name, value, status) => {
    const headers = new Map([
      ['host', ['127.0.0.1:PORT']],
      ['origin', ['http://127.0.0.1:PORT']],
      ['sec-fetch-site', ['same-origin']],
      ['content-type', ['application/json']],
      [name, [value, value]],
    ]);
    const pairs = [...headers].flatMap(([key, values]) => values.map(text => [key, withPort(text)] as const));
    expect((await send('POST', '/v1/cycles', pairs, '{"n_min":0}')).status).toBe(status);
  });

  it.each([
    'application/x-www-form-urlencoded',
    'multipart/form-data; boundary=x',
    'text/plain; application/json',
    'application/jsonp',
    'application/problem+json',
    'json',
    '',
  ])('[A3] A body of an own page as %j gets 415, and one of a caller that is no page is read', async type => {
    const own = [['host', `127.0.0.1:${server.port}`] as const, ['content-type', type] as const];
    const page = [...own, ['sec-fetch-site', 'same-origin'] as const];
    const statuses = [
      (await send('POST', '/v1/cycles', page, '{"n_min":0}')).status,
      (await send('POST', '/v1/cycles', own, '{"n_min":0}')).status,
      (await send('POST', '/v1/cycles', page)).status,
    ];
    // Without a body no content type is required, and a run starts.
    expect(statuses).toEqual([415, 400, 202]);
  });

  it('[A3] A page on another port that posts text/plain starts no run and rolls nothing back', async () => {
    await api.service.stateMachine.idle();
    const page = [
      ['host', `127.0.0.1:${server.port}`],
      ['content-type', 'text/plain'],
    ] as const;
    const foreign = [...page, ['origin', 'http://127.0.0.1:9'] as const];
    const own = [...page, ['origin', `http://127.0.0.1:${server.port}`] as const];
    const rollback = '/v1/patterns/pm.uptrend.S1.entry/rollback';
    const before = await (await api.send('GET', '/v1/cycles')).json();
    const answers = [
      await send('POST', '/v1/cycles', foreign, '{}'),
      await send('POST', rollback, foreign, '{"generation":1,"reason":"x"}'),
      await send('POST', '/v1/cycles', own, '{}'),
      await send('POST', rollback, own, '{"generation":1,"reason":"x"}'),
    ];
    expect(answers.map(({ status, text }) => [status, JSON.parse(text).code])).toEqual([
      [403, 'forbidden'],
      [403, 'forbidden'],
      [415, 'unsupported_media_type'],
      [415, 'unsupported_media_type'],
    ]);
    expect(await (await api.send('GET', '/v1/cycles')).json()).toEqual(before);
  });

  it('[A3] A preflight of another origin gets 403 and no permission', async () => {
    const { status, headers } = await send('OPTIONS', '/v1/cycles', [
      ['host', `127.0.0.1:${server.port}`],
      ['origin', 'http://127.0.0.1:9'],
      ['access-control-request-method', 'POST'],
    ]);
    expect([status, Object.keys(headers).filter(name => name.startsWith('access-control'))]).toEqual([
      403,
      [],
    ]);
  });

  it.each([
    ['https://abcdef1234.execute-api.eu-central-1.amazonaws.com', 'application/json', 400],
    ['https://abcdef1234.execute-api.eu-central-1.amazonaws.com', 'text/plain', 415],
    ['http://abcdef1234.execute-api.eu-central-1.amazonaws.com', 'application/json', 403],
    ['https://other.execute-api.eu-central-1.amazonaws.com', 'application/json', 403],
    ['http://127.0.0.1:8787', 'application/json', 403],
    [undefined, 'text/plain', 400],
  ])('[A3] In AWS a rollback from the page of %s as %s gets %i', async (origin, contentType, status) => {
    const { runtimeOf, close } = await openRecorded(() => Date.now());
    const event = sample('post-rollback') as { headers: object };
    const headers = { ...event.headers, 'content-type': contentType, ...(origin && { origin }) };
    const answer = await admin(runtimeOf('admin'))({ ...event, headers, body: '{}' } as never);
    expect(answer).toMatchObject({ statusCode: status });
    await close();
  });
});

describe('an own origin', () => {
  it.each([
    ['https://tuning.example.com', 'https://tuning.example.com'],
    ['HTTPS://Tuning.Example.com:443/', 'https://tuning.example.com'],
    ['http://[0:0::1]:8080', 'http://[::1]:8080'],
  ])('The origin %s is read as %s', (text, origin) => {
    expect(parseOrigin(text)).toBe(origin);
  });

  it.each([
    'tuning.example.com',
    'https://x.example/path',
    'https://u@x.example',
    'https://x.example/?',
    'null',
    '',
    '*',
  ])('The text %j is no origin, and the error shows the form', text => {
    expect(() => parseOrigin(text)).toThrow('is no origin; write scheme, host and port, such as https://');
  });
});
