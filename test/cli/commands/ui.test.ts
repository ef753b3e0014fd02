import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { AWS_SECRET, stubAwsAccess } from '../../support/aws-access.ts';
import { rawStatus } from '../../support/raw-status.ts';
import { checkSignature } from '../../support/signature-v4.ts';
import { STATUS } from '../support/answers.ts';
import { type FakeService, fakeService, type ReceivedRequest } from '../support/fake-service.ts';
import { cli } from '../support/run-cli.ts';

const MODE = `/v1/patterns/${encodeURIComponent('pm.uptrend.S1.entry')}/mode`;
const LOOKUP = '/v1/overrides/lookup?pattern_key=pm.uptrend.S1.entry&scope.chain=a+b&scope.x=%C3%A9*(1)!%27~';

const folder = mkdtempSync(join(tmpdir(), 'pm-tuning-ui-'));
let service: FakeService;
let stop: () => void;
let ended: ReturnType<typeof cli>;
let url: string;

/** Starts the command and waits for the address that it prints. */
beforeAll(async () => {
  stubAwsAccess(folder);
  service = await fakeService(({ path }) =>
    path === '/v1/parked'
      ? { status: 403, body: { message: 'Forbidden' }, headers: { 'content-type': 'application/json' } }
      : path === '/v1/mode'
        ? 'break'
        : { status: 200, body: STATUS },
  );
  const out: string[] = [];
  await new Promise<void>((resolve, reject) => {
    const argv = ['ui', '--sigv4', '--url', service.url, '--listen', '127.0.0.1:0'];
    ended = cli(argv, { interrupt: press => (stop = press), print: text => out.push(text) && resolve() });
    void ended.then(({ err }) => reject(new Error(err)));
  });
  url = /http:\S+(?=\/ui)/.exec(out.join(''))?.[0] ?? '';
});
afterAll(async () => {
  stop();
  expect(await ended).toMatchObject({ exit: 0, out: expect.stringContaining('The page has stopped.') });
  await service.close();
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true });
});

/** Returns what arrived at the service while a function ran. */
async function arrived(run: () => Promise<unknown>): Promise<readonly ReceivedRequest[]> {
  const before = service.received.length;
  await run();
  return service.received.slice(before);
}

describe('pm-tuning ui --sigv4', () => {
  it('The page comes from loopback with its policy, and its files by their names', async () => {
    const answer = await fetch(`${url}/ui`);
    expect(answer.headers.get('content-security-policy')).toContain("default-src 'none'");
    const files = [...(await answer.text()).matchAll(/"(\/ui\/(?:script|style)\/[^"]+)"/g)];
    expect(files).toHaveLength(2);
    for (const [, path] of files) expect((await fetch(`${url}${path}`)).status).toBe(200);
  });

  it.each([
    ['GET', '/v1/status', undefined],
    ['GET', LOOKUP, undefined],
    ['PUT', MODE, '{"mode":"off","reason":"Verluste über Mittag"}'],
    ['POST', '/v1/cycles?wait=true', '{}'],
  ])('%s %s arrives with a valid signature, and nothing of the browser', async (method, path, body) => {
    const headers = {
      'content-type': 'application/json',
      cookie: 'a=1',
      authorization: 'Bearer x',
      origin: url,
      'sec-fetch-site': 'same-origin',
    };
    const [entry, ...more] = await arrived(async () => {
      const answer = await fetch(`${url}${path}`, { method, headers, ...(body && { body }) });
      expect([answer.status, await answer.json()]).toEqual([200, STATUS]);
    });
    if (!entry) throw new Error('nothing arrived');
    expect(more).toEqual([]);
    const signed = { method: entry.method, target: entry.target, headers: entry.headers, body: entry.text };
    expect(checkSignature(signed, AWS_SECRET)).toMatchObject({ valid: true, accessKeyId: 'AKIDEXAMPLE' });
    expect(entry.text).toBe(body ?? '');
    expect(entry.headers).not.toHaveProperty('cookie');
    expect(entry.headers).not.toHaveProperty('origin');
    expect(entry.headers.authorization).not.toContain('Bearer');
  });

  it.each([
    ['a page of another origin', { origin: 'http://127.0.0.1:9', 'sec-fetch-site': 'same-site' }],
    ['a page without an origin', { origin: 'null' }],
    ['an image of another page', { 'sec-fetch-site': 'cross-site' }],
    ['another host name', { host: 'rebound.example' }],
  ])('[A3] A request of %s gets 403, and nothing arrives', async (_, headers) => {
    const found = await arrived(async () =>
      expect(await rawStatus(url, '/v1/status', { headers })).toBe(403),
    );
    expect(found).toEqual([]);
  });

  it.each(['/healthz', '/metrics', '/v1/', '/v1/secrets', '/v1/status/..%2fx', '//example.com/v1/status'])(
    '%s is no route of the API, and nothing arrives',
    async path => {
      const found = await arrived(async () => expect(await rawStatus(url, path)).toBe(404));
      expect(found).toEqual([]);
    },
  );

  it('A service that does not answer, and a gateway that refuses the signature, are 502 with what to do', async () => {
    const problems = await Promise.all(
      ['/v1/mode', '/v1/parked'].map(async path => (await fetch(`${url}${path}`)).json()),
    );
    expect(problems).toMatchObject([
      { status: 502, code: 'service_unreachable', detail: expect.stringContaining('try again') },
      { status: 502, code: 'signature_refused', detail: expect.stringContaining('a role that may call') },
    ]);
  });
});

describe('pm-tuning ui, started otherwise', () => {
  it('Without a signature it names the page of the service', async () => {
    const result = await cli(['ui', '--url', 'http://127.0.0.1:8787']);
    expect(result).toMatchObject({ exit: 2, err: expect.stringContaining('http://127.0.0.1:8787/ui is') });
  });

  it('[A2] It does not listen on an address that other machines reach', async () => {
    const result = await cli(['ui', '--sigv4', '--url', service.url, '--listen', '0.0.0.0:0']);
    expect(result).toMatchObject({ exit: 2, err: expect.stringContaining('a loopback address only') });
  });
});
