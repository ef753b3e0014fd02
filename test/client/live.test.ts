import { execFile } from 'node:child_process';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { open } from '../../client/src/open.ts';
import type { Client } from '../../client/src/types.ts';
import { openApi } from '../support/api.ts';
import { S1, S2 } from '../support/episodes.ts';
import { override } from '../support/overrides.ts';
import { putInForce } from '../support/put-in-force.ts';

/* The client on the real service, over HTTP, with the `fetch`, clock and digest of this runtime. */

const POLL_MS = 100;
const BASE = { ts_min: 0.5 };

let api: Awaited<ReturnType<typeof openApi>>;
/** Answers in place of the service; false lets the service answer. */
let instead: (request: IncomingMessage, response: ServerResponse) => boolean = () => false;
const server = createServer(async (request, response) => {
  if (instead(request, response)) return;
  const headers = Object.entries(request.headers).map(([name, value]): [string, string] => [
    name,
    String(value),
  ]);
  const answer = await api.service.app.request(`http://localhost${request.url}`, { headers });
  response.writeHead(answer.status, Object.fromEntries(answer.headers));
  response.end(Buffer.from(await answer.arrayBuffer()));
});
let url = '';
const clients: Client[] = [];

function openClient(): Client {
  const client = open({ url, pollMs: POLL_MS, warn: () => undefined });
  clients.push(client);
  return client;
}

/** Waits until a condition holds, for at most ten seconds. */
async function until(holds: () => boolean): Promise<void> {
  for (let i = 0; i < 500 && !holds(); i++) await new Promise(resolve => setTimeout(resolve, 20));
  expect(holds()).toBe(true);
}

beforeAll(async () => {
  api = await openApi();
  await putInForce(api.service.runtime, S1, [
    override('tuning_ts_min', {}, 0.9),
    override('tuning_ts_min', { chain: 'solana' }, 0.8),
  ]);
  // Large enough to be gzipped.
  const many = Array.from({ length: 500 }, (_, i) => override('tuning_s2_ts_min', { book: i }, 0.9));
  await putInForce(api.service.runtime, S2, many);
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterEach(() => {
  instead = () => false;
  for (const client of clients.splice(0)) client.close();
});
afterAll(async () => {
  server.closeAllConnections();
  server.close();
  await api.close();
});

describe('the client on the service', () => {
  it('Its answers are those of a look-up of the service, also from a gzipped snapshot', async () => {
    const client = openClient();
    expect(await client.ready()).toBe(true);
    await client.refresh();
    for (const [pattern, scope] of [
      [S1, { chain: 'solana' }],
      [S1, {}],
      [S2, { book: 7 }],
      [S2, { book: 'x' }],
    ] as const) {
      const expected = await api.lookup({ pattern_key: pattern, scope, thresholds: BASE });
      const { thresholds, applied, generation } = client.thresholds(pattern, scope, BASE);
      expect({ thresholds, applied, generation }).toEqual({
        thresholds: expected.thresholds,
        applied: expected.applied,
        generation: expected.generation,
      });
    }
  });

  it('[K29] A mode of a pattern and a new generation are in force in the client with its next poll', async () => {
    const client = openClient();
    await client.ready();
    const mode = (name: string) =>
      api.send('PUT', `/v1/patterns/${S1}/mode`, { mode: name, reason: 'a test' });
    await mode('off');
    await until(() => client.thresholds(S1, {}, BASE).reason === 'OFF');
    await mode('live');
    await until(() => client.thresholds(S1, {}, BASE).reason === 'MATCH');
    await putInForce(api.service.runtime, S1, [override('tuning_ts_min', {}, 0.7)]);
    await until(() => client.thresholds(S1, {}, BASE).thresholds.ts_min === 0.5 * 0.7);
  });

  it.each<[string, (request: IncomingMessage, response: ServerResponse) => void]>([
    ['a reset', request => request.socket.destroy()],
    ['a redirect', (_, response) => response.writeHead(302, { location: 'http://127.0.0.1:1/' }).end()],
    ['an HTML page', (_, response) => response.writeHead(200, { etag: '"x"' }).end('<p>Sign in</p>')],
    [
      'a body that ends early',
      (_, response) => {
        response.writeHead(200, { etag: '"x"', 'content-length': '1000' }).write('{"schema":1');
        setTimeout(() => response.destroy(), 20);
      },
    ],
    [
      'a gzipped body that is cut',
      (_, response) =>
        response
          .writeHead(200, { etag: '"x"', 'content-encoding': 'gzip' })
          .end(gzipSync('{"schema":1,"patterns":[]}').subarray(0, 20)),
    ],
  ])('After %s the client serves what it knows, and recovers', async (_, bad) => {
    const client = openClient();
    await client.ready();
    const { thresholds } = client.thresholds(S1, {}, BASE);
    instead = (request, response) => {
      bad(request, response);
      return true;
    };
    await client.refresh();
    expect(client.state().last_error).toBeDefined();
    expect(client.thresholds(S1, {}, BASE)).toMatchObject({ thresholds, reason: 'MATCH' });
    instead = () => false;
    await client.refresh();
    expect(client.state().last_error).toBeUndefined();
  });

  it('[K25] A process that opens a client ends by itself', async () => {
    const source = new URL('../../client/src/open.ts', import.meta.url).href;
    const script = `
      const { open } = await import('${source}');
      const client = open({ url: '${url}' });
      console.log(await client.ready(), client.thresholds('${S1}', {}, { ts_min: 1 }).reason);`;
    const { stdout } = await new Promise<{ stdout: string }>((resolve, reject) =>
      execFile(process.execPath, ['--input-type=module', '-e', script], (error, stdout, stderr) =>
        error ? reject(new Error(stderr, { cause: error })) : resolve({ stdout }),
      ),
    );
    expect(stdout).toBe('true MATCH\n');
  });
});
