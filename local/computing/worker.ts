import { parentPort, workerData } from 'node:worker_threads';
import type { DynamoDBClientConfig } from '@aws-sdk/client-dynamodb';
import { createHandler } from '../../functions/mine.ts';
import { readConfig } from '../../shared/config.ts';
import { documentClient } from '../../shared/dynamodb/client.ts';
import { createApp } from '../../shared/http/app.ts';
import { nMinRoutes } from '../../shared/http/routes/n-min.ts';
import { whatIfRoutes } from '../../shared/http/routes/what-if.ts';
import { jsonLog } from '../../shared/log.ts';
import { maskPasswords } from '../../shared/mask-passwords.ts';
import { createRuntime } from '../../shared/runtime.ts';
import { endpointSettings } from '../engine/endpoint-settings.ts';
import type {
  ForwardedRequest,
  ForwardedResponse,
  FromWorker,
  StoreRequest,
  StoreResponse,
  ToWorker,
  WorkerSettings,
} from './messages.ts';

/*
 * This worker computes what takes long: it mines the patterns of runs, and answers what-ifs and studies. It has stores of
 * its own, whose requests the main thread passes on to the storage engine. So the main thread stays free for look-ups.
 */

const { environment, endpoint } = workerData as WorkerSettings;
/** Requests to the store that the main thread has not answered. */
const waiting = new Map<
  number,
  { readonly resolve: (r: StoreResponse) => void; readonly reject: (e: Error) => void }
>();
let lastId = 0;

const send = (message: FromWorker): void => parentPort?.postMessage(message);

function callStore({ headers, body }: StoreRequest): Promise<StoreResponse> {
  const id = ++lastId;
  return new Promise((resolve, reject) => {
    waiting.set(id, { resolve, reject });
    send({ kind: 'store', id, request: { headers: { ...headers }, body } });
  });
}

const embedded: DynamoDBClientConfig = {
  region: 'local',
  endpoint: 'http://embedded.invalid',
  credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
  signer: { sign: async request => request },
  requestHandler: { handle: async (request: StoreRequest) => ({ response: await callStore(request) }) },
};

const log = jsonLog('info', line => process.stderr.write(`${maskPasswords(line)}\n`), Date.now);
const config = readConfig(environment);
const settings = endpoint === undefined ? embedded : endpointSettings(endpoint, environment);
const runtime = createRuntime(config, documentClient(settings), Date.now, log);
const mine = createHandler(runtime);
const app = createApp(log, config.origins);
whatIfRoutes(app, runtime);
nMinRoutes(app, runtime);

async function answer({ url, method, headers, body }: ForwardedRequest): Promise<ForwardedResponse> {
  const request = { method, headers: headers.map(([name, value]): [string, string] => [name, value]) };
  const response = await app.request(url, { ...request, ...(body && { body: Uint8Array.from(body) }) });
  return {
    status: response.status,
    headers: [...response.headers],
    body: new Uint8Array(await response.arrayBuffer()),
  };
}

async function work(message: ToWorker & { kind: 'mine' | 'request' }): Promise<void> {
  try {
    const value = await (message.kind === 'mine' ? mine(message.payload) : answer(message.request));
    send({ kind: 'done', id: message.id, value });
  } catch (error) {
    const { name, message: text } = error instanceof Error ? error : new Error(String(error));
    send({ kind: 'failed', id: message.id, name, message: text });
  }
}

parentPort?.on('message', (message: ToWorker) => {
  if (message.kind === 'mine' || message.kind === 'request') return void work(message);
  const call = waiting.get(message.id);
  waiting.delete(message.id);
  if (message.kind === 'stored')
    call?.resolve({ ...message.response, body: Buffer.from(message.response.body) });
  else call?.reject(new Error(message.message));
});
