import { once } from 'node:events';
import { connect } from 'node:net';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it, vi } from 'vitest';
import { listen } from '../../local/http-server.ts';
import { jsonLog } from '../../shared/log.ts';
import { type Api, events, openApi } from '../support/api.ts';
import { hanging } from '../support/faults.ts';

/* A client that hangs up is no error of the service: it leaves no line above info, and nothing on the console. */

const lines: string[] = [];
const engine = hanging(operation => operation === 'Query');
let api: Api;
let server: Awaited<ReturnType<typeof listen>>;
beforeAll(async () => {
  const log = jsonLog('debug', line => lines.push(line), Date.now);
  api = await openApi({ log, changeClientSettings: engine.settings });
  server = await listen(api.service.app, 0);
  await api.postEvents(events(40, 'e'));
});
afterAll(async () => {
  await server.close();
  await api.close();
});

const consoleLines = vi.fn();
beforeEach(() => {
  lines.length = 0;
  consoleLines.mockClear();
  for (const level of ['error', 'warn', 'info'] as const)
    vi.spyOn(console, level).mockImplementation(consoleLines);
});
afterEach(() => vi.restoreAllMocks());

/** Sends bytes, waits until `reached` resolves, and breaks the connection off with a reset. */
async function sendAndHangUp(head: string, body: string, reached: () => Promise<unknown>): Promise<void> {
  const socket = connect(server.port, '127.0.0.1');
  socket.on('error', () => undefined);
  await once(socket, 'connect');
  socket.write(`${head}\r\nHost: 127.0.0.1:${server.port}\r\n\r\n${body}`);
  await reached();
  socket.resetAndDestroy();
  await once(socket, 'close');
}

/** Waits until no run is under way, and gives the handlers of closed connections a moment to end. */
async function settled(): Promise<void> {
  await api.service.stateMachine.idle();
  await new Promise(resolve => setTimeout(resolve, 150));
}

function expectNothingLogged(): void {
  const louder = lines
    .map(line => JSON.parse(line))
    .filter(({ level }) => !['debug', 'info'].includes(level));
  expect(louder).toEqual([]);
  expect(lines.filter(line => line.includes('stack'))).toEqual([]);
  expect(consoleLines.mock.calls).toEqual([]);
}

const moment = () => new Promise(resolve => setTimeout(resolve, 100));

it.each([
  ['5 of 100 bytes', 'POST /v1/events HTTP/1.1\r\nContent-Length: 100', '{"a":'],
  ['one of two chunks', 'POST /v1/events HTTP/1.1\r\nTransfer-Encoding: chunked', '5\r\n{"a":\r\n'],
  ['an invalid chunk', 'POST /v1/events HTTP/1.1\r\nTransfer-Encoding: chunked', 'zz\r\n'],
  ['a body to a path without a route', 'POST /v1/nothing HTTP/1.1\r\nContent-Length: 100', '{"a":'],
  ['a body that is too large', 'POST /v1/events HTTP/1.1\r\nContent-Length: 99999999', '{"a":'],
  ['a body of a foreign page', 'POST /v1/events HTTP/1.1\r\nContent-Length: 100\r\nOrigin: null', '{"a":'],
  ['half of the headers', 'POST /v1/events HTTP/1.1\r\nContent-Len', ''],
])('[M4] A client that hangs up after %s leaves no error in the log', async (_, head, body) => {
  await sendAndHangUp(head, body, moment);
  await settled();
  expectNothingLogged();
  expect((await fetch(`http://127.0.0.1:${server.port}/healthz`)).status).toBe(200);
});

it('[M4] A client that hangs up while its answer is sent leaves no error in the log', async () => {
  const head = `GET /openapi.json HTTP/1.1\r\nHost: 127.0.0.1:${server.port}\r\n\r\n`.repeat(60);
  await sendAndHangUp(`${head}GET /openapi.json HTTP/1.1`, '', () => new Promise(setImmediate));
  await settled();
  expectNothingLogged();
});

it('[M4] A client that hangs up while it waits for a run leaves no error in the log, and the run finishes', async () => {
  engine.hang();
  const head = 'POST /v1/cycles?wait=true HTTP/1.1\r\nContent-Length: 2';
  const started = async () => {
    await moment();
    await moment();
  };
  await sendAndHangUp(head, '{}', started);
  engine.release();
  await settled();
  expectNothingLogged();
  const { last_cycle } = await api.status();
  expect(last_cycle).toMatchObject({ status: 'succeeded' });
});

it('A client that stops in the middle of a rejected body holds up no other request', async () => {
  const stalled = connect(server.port, '127.0.0.1');
  await once(stalled, 'connect');
  stalled.write(
    `POST /v1/nothing HTTP/1.1\r\nHost: 127.0.0.1:${server.port}\r\nContent-Length: 100\r\n\r\n{"a":`,
  );
  expect((await fetch(`http://127.0.0.1:${server.port}/healthz`)).status).toBe(200);
  // The rest of the body is awaited for five seconds; then the answer comes and the connection ends.
  const [answer] = await once(stalled, 'data');
  expect(String(answer)).toContain('404');
  await once(stalled, 'close');
}, 20_000);
