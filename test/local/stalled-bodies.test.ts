import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { type Listening, listen } from '../../local/http-server.ts';
import { callersOf } from '../../local/token-auth.ts';
import { type Api, openApi } from '../support/api.ts';
import { measurement, timed, whole } from '../support/measurements.ts';
import { bytesInUse, MIB } from '../support/memory.ts';

/* Callers that send a body slowly, without a token, or with a long address hold neither memory nor a connection. */

const CALLERS = 200;
/** Sixteen of these make 1 MiB, which is the limit of a body. */
const CHUNK = `10000\r\n${'x'.repeat(65_536)}\r\n`;
const TOKEN = 'Authorization: Bearer token-of-the-bot-1\r\n';

let api: Api;
let server: Listening;
const sockets: Socket[] = [];
beforeAll(async () => {
  const tokens = { 'token-of-the-bot-1': { role: 'pm', name: 'bot 1' } };
  api = await openApi({ callers: callersOf(tokens, 'test') });
  server = await listen(api.service.app, 0, { tokens: true });
});
afterEach(() => {
  for (const socket of sockets.splice(0)) socket.destroy();
});
afterAll(async () => {
  await server.close();
  await api.close();
});

/** Sends the beginning of a request and returns the connection. */
async function begin(request: string): Promise<Socket> {
  const socket = connect(server.port, '127.0.0.1');
  socket.on('error', () => undefined);
  sockets.push(socket);
  await once(socket, 'connect');
  socket.write(request);
  return socket;
}

/** Returns all that comes until the connection ends. */
async function answerOf(socket: Socket): Promise<string> {
  let text = '';
  socket.on('data', part => {
    text += part;
  });
  await once(socket, 'close');
  return text;
}

const post = (path: string, headers: string) => `POST ${path} HTTP/1.1\r\nHost: a\r\n${headers}\r\n`;

it('[V13] Bodies of callers without a token are not kept in memory', async () => {
  const before = bytesInUse();
  const head = post('/v1/events', 'Transfer-Encoding: chunked\r\n');
  for (let i = 0; i < CALLERS; i++) await begin(head + CHUNK.repeat(15));
  await new Promise(resolve => setTimeout(resolve, 300));
  const grownMib = (bytesInUse() - before) / MIB;
  const sentMib = (CALLERS * 15 * CHUNK.length) / MIB;
  expect(grownMib).toBeLessThan(sentMib / 4);
  measurement(
    17,
    `${whole(CALLERS)} callers without a token sent ${whole(Math.round(sentMib))} MiB: ${grownMib.toFixed(1)} MiB in use meanwhile`,
  );
});

/** Requests whose body stalls after one byte: a name, the path, headers, and the status of the answer. */
const STALLING: readonly (readonly [string, string, string, number])[] = [
  ['without a token', '/v1/events', '', 401],
  ['with an unknown token', '/v1/events', 'Authorization: Bearer token-of-nobody-9\r\n', 401],
  ['without a right to the route', '/v1/cycles', TOKEN, 403],
  ['to a path without a route', '/v1/nothing', TOKEN, 404],
  ['that is too large', '/v1/events', `${TOKEN}Content-Length: 99999999\r\n`, 413],
  ['with a token', '/v1/events', TOKEN, 408],
  ['in chunks, with a token', '/v1/events', `${TOKEN}Transfer-Encoding: chunked\r\n`, 408],
  ['of a look-up', '/v1/overrides/lookup', TOKEN, 408],
];

it('[V13] A body that stalls is answered, and its connection ends', async () => {
  // All stall at once, because some answers come after ten seconds only.
  const answers = STALLING.map(async ([name, path, headers, status]) => {
    const framed = /Content-Length|Transfer-Encoding/.test(headers)
      ? headers
      : `${headers}Content-Length: 1000\r\n`;
    const socket = await begin(`${post(path, framed)}1\r\nx\r\n`);
    const { value: answer, ms } = await timed(() => answerOf(socket));
    return { name, status, answer, ms };
  });
  for (const { name, status, answer, ms } of await Promise.all(answers)) {
    expect(answer, name).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
    expect(answer, name).toMatch(/content-type: application\/problem\+json/i);
    expect(answer, name).toMatch(/connection: close/i);
    measurement(17, `a stalled body ${name}: ${status} after ${(ms / 1000).toFixed(1)} s`);
  }
});

it('A body that comes slowly but in time is read', async () => {
  const body = '{"events":[]}';
  const socket = await begin(
    post('/v1/events', `${TOKEN}Content-Length: ${body.length}\r\nConnection: close\r\n`),
  );
  const answer = answerOf(socket);
  for (const character of body) {
    socket.write(character);
    await new Promise(resolve => setTimeout(resolve, 20));
  }
  expect(await answer).toMatch(/^HTTP\/1.1 200 .*"accepted":0/s);
});

it('An address of 60,000 bytes is answered with what is wrong with it', async () => {
  const address = `/v1/overrides/lookup?pattern_key=pm.a.S1.b&scope.x=${'x'.repeat(60_000)}`;
  const headers = { authorization: 'Bearer token-of-the-bot-1' };
  const response = await fetch(`http://127.0.0.1:${server.port}${address}`, { headers });
  expect([response.status, await response.json()]).toEqual([
    400,
    expect.objectContaining({ code: 'invalid_scope' }),
  ]);
});
