import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { openEmbeddedEngine } from '../../local/engine/embedded-dynamodb.ts';
import { CycleScheduler } from '../../local/scheduler.ts';
import { events, openApi } from '../support/api.ts';
import { hanging } from '../support/faults.ts';
import { inMs, measurement, timed } from '../support/measurements.ts';

/* The service ends after a signal, whatever hangs, and a run that it abandons is made up for. */

let folder: string;
const sockets: Socket[] = [];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'pm-tuning-stop-'));
});
afterEach(() => {
  for (const socket of sockets.splice(0)) socket.destroy();
  rmSync(folder, { recursive: true, force: true });
});

/** Starts the service by the launcher, as `npm start` does. @returns its port, and what ends it by SIGTERM */
async function start(args: readonly string[], env: Record<string, string> = {}) {
  const child = spawn(
    process.execPath,
    ['local/run.mjs', 'local/serve.ts', '--port', '0', '--every', 'off', ...args],
    { env: { ...process.env, ...env } },
  );
  let out = '';
  child.stdout.on('data', part => {
    out += part;
  });
  const ended = once(child, 'close');
  while (!out.includes('Ctrl-C')) await Promise.race([once(child.stdout, 'data'), ended]);
  const port = Number(/listens on http:\S+:(\d+)/.exec(out)?.[1]);
  const stop = async () => {
    const { value, ms } = await timed(async () => {
      child.kill('SIGTERM');
      return ended;
    });
    return { code: value[0] as number, ms };
  };
  return { port, stop };
}

async function open(port: number, request: string): Promise<void> {
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => undefined);
  sockets.push(socket);
  await once(socket, 'connect');
  socket.write(request);
}

it('[U6] Connections that are idle, have half a header or a stalled body do not hold up the end', async () => {
  const tokens = join(folder, 'tokens.json');
  writeFileSync(tokens, '{"token-of-the-bot-1": {"role": "pm", "name": "bot 1"}}', { mode: 0o600 });
  const { port, stop } = await start(['--memory', '--auth', tokens]);
  const head = 'POST /v1/events HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n';
  await open(port, '');
  await open(port, 'GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n');
  await open(port, 'GET /healthz HTTP/1.1\r\nHos');
  await open(port, `${head}\r\nx`);
  await open(port, `${head}Authorization: Bearer token-of-the-bot-1\r\n\r\nx`);
  await open(port, 'GET /healthz HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\nx');
  await new Promise(resolve => setTimeout(resolve, 100));
  const { code, ms } = await stop();
  expect(code).toBe(0);
  measurement(18, `with six connections that hang, the service ends after ${inMs(ms)}`);
});

/** Serves the embedded engine over HTTP. @param hangs returns true for the calls that are never answered */
async function serveEngine(hangs: (body: string) => boolean) {
  const engine = await openEmbeddedEngine();
  const handler = engine.settings.requestHandler as unknown as {
    handle(call: object): Promise<{ response: { statusCode: number; body: Uint8Array } }>;
  };
  const server = createServer(async (request, response) => {
    const body = await text(request);
    if (hangs(body)) return;
    const answer = (await handler.handle({ headers: request.headers, body })).response;
    response.writeHead(answer.statusCode, { 'content-type': 'application/x-amz-json-1.0' }).end(answer.body);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const close = async () => {
    server.closeAllConnections();
    server.close();
    await engine.close();
  };
  return { url: `http://127.0.0.1:${(server.address() as { port: number }).port}`, close };
}

it('[U6] A store that stops answering does not hold up the end, while a run waits for it', async () => {
  let isHanging = false;
  const store = await serveEngine(() => isHanging);
  const { port, stop } = await start([], { DYNAMODB_ENDPOINT: store.url });
  const post = (path: string, body: object) =>
    fetch(`http://127.0.0.1:${port}${path}`, { method: 'POST', body: JSON.stringify(body) });
  await (await post('/v1/events', { events: events(40, 'e') })).text();
  isHanging = true;
  const waiting = post('/v1/cycles?wait=true', {}).catch(() => undefined);
  await new Promise(resolve => setTimeout(resolve, 200));
  const { code, ms } = await stop();
  await waiting;
  await store.close();
  expect(code).toBe(0);
  measurement(18, `with a store that stopped answering, the service ends after ${inMs(ms)}`);
});

it('[U6] A run that the end interrupts is recorded as failed, and the next start makes up for it', async () => {
  const store = hanging((operation, body) => operation === 'Query' && body.includes('S1.entry#'));
  const first = await openApi({ data: folder, changeClientSettings: store.settings });
  await first.postEvents(events(40, 'e', { timestamp: new Date().toISOString() }));
  store.hang();
  const started = (await (await first.send('POST', '/v1/cycles', {})).json()) as { cycle_id: string };
  await first.service.close(50);
  store.release();

  const second = await openApi({ data: folder });
  const record = await (await second.send('GET', `/v1/cycles/${started.cycle_id}`)).json();
  expect(record).toMatchObject({
    status: 'failed',
    failure_code: 'interrupted',
    failure: 'failed: interrupted',
  });
  const { runtime, stateMachine } = second.service;
  const scheduler = new CycleScheduler(runtime, stateMachine, 3_600_000);
  expect(await scheduler.start()).toBe(0);
  while ((await second.status()).last_cycle?.status !== 'succeeded')
    await new Promise(resolve => setTimeout(resolve, 20));
  scheduler.stop();
  expect(await second.lookup({ pattern_key: 'pm.uptrend.S1.entry', scope: {} })).toMatchObject({
    generation: 1,
  });
  expect((await second.status()).healthy).toBe(true);
  await second.close();
});
