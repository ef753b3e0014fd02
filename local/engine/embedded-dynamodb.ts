import { createRequire } from 'node:module';
import type { DynamoDBClientConfig } from '@aws-sdk/client-dynamodb';
import { checkFolder } from './data-folder.ts';
import type { DynaliteDb } from './dynamodb-limits.ts';
import { countInBytes, requestRefusal } from './dynamodb-limits.ts';
import type { EngineResponse, InsertBatch } from './partiql-insert.ts';
import { insertBatch } from './partiql-insert.ts';
import { type Operation, RecoveringWrites, TEST_BYTES } from './recovering-writes.ts';
import { probeWrite } from './write-probe.ts';

/*
 * This embedded DynamoDB engine calls the operations of dynalite in this process instead of through its server:
 *
 * - It opens no port.
 * - It turns a storage error into a response; dynalite's server would end the process.
 * - It recovers from writes that the disk refused (recovering-writes.ts).
 * - It adds the batched PartiQL INSERT that dynalite lacks.
 * - It refuses what exceeds a limit of DynamoDB (dynamodb-limits.ts).
 */

export interface EmbeddedEngine {
  /** Settings for the AWS SDK's client. */
  readonly settings: DynamoDBClientConfig;
  /** Waits for the calls under way; later ones fail. */
  close(): Promise<void>;
}

/** The part of an SDK request that the engine reads. */
interface EngineRequest {
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

interface LevelIterator {
  close(): Promise<void>;
  return?: () => Promise<void>;
}
type Done = (error?: unknown) => void;
/** The database as dynalite wraps it: a method without a callback returns a promise. */
interface DynaliteStore {
  readonly db: {
    put(key: string, value: unknown, done: Done): void;
    del(key: string, done: Done): void;
    batch(operations: readonly Operation[], done?: Done): Promise<void> | undefined;
    open(): Promise<void>;
    readonly close: {
      (done: Done): void;
      /** Closes the database so that it can be opened again. */
      _original(): Promise<void>;
    };
    values(options?: object): LevelIterator;
    keys(options?: object): LevelIterator;
  };
}
type Action = (store: DynaliteStore, data: object, done: (error: unknown, body?: object) => void) => void;
interface Validation {
  readonly types: object;
  readonly custom?: unknown;
}

const UTF8 = new TextDecoder();
const require = createRequire(import.meta.url);
const dynaliteDb: DynaliteDb & { create(options: object): DynaliteStore } = require('dynalite/db');
countInBytes(dynaliteDb);
const {
  checkTypes,
  checkValidations,
}: {
  checkTypes(data: object, types: object): object;
  checkValidations(data: object, types: object, custom: unknown, store: DynaliteStore): void;
} = require('dynalite/validations');

const OPERATIONS = [
  'batchGetItem',
  'batchWriteItem',
  'createTable',
  'deleteItem',
  'describeTable',
  'getItem',
  'listTables',
  'putItem',
  'query',
  'scan',
  'updateItem',
] as const;
const ACTIONS = new Map<string, { run: Action; validation: Validation }>(
  OPERATIONS.map(name => [
    name,
    { run: require(`dynalite/actions/${name}`), validation: require(`dynalite/validations/${name}`) },
  ]),
);

/**
 * Opens the engine.
 * @param path folder for the data, created when missing; undefined keeps the data in memory
 * @throws DataFolderError when the folder cannot be written, is in use, or holds damaged data
 */
export async function openEmbeddedEngine(path?: string): Promise<EmbeddedEngine> {
  if (path !== undefined) await checkFolder(path);
  const store = dynaliteDb.create({
    createTableMs: 0,
    deleteTableMs: 0,
    ...(path !== undefined && { path }),
  });
  closeIterators(store);
  const writes = path === undefined ? undefined : recoverWrites(store, path);
  const active = new Set<Promise<EngineResponse>>();
  let isClosed = false;
  const handle = async (request: EngineRequest): Promise<EngineResponse> => {
    // A step of an abandoned run may still call.
    if (isClosed) throw new Error('the engine is closed');
    const run = () => respond(store, request);
    const response = writes ? writes.run(run).catch(errorResponse) : run();
    active.add(response);
    return response.finally(() => active.delete(response));
  };
  return {
    settings: {
      region: 'local',
      endpoint: 'http://embedded.invalid',
      credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
      // The engine checks no signatures, and signing would take a third of a request's time.
      signer: { sign: async request => request },
      requestHandler: {
        handle: async (request: EngineRequest) => ({ response: toHttp(await handle(request)) }),
      },
    },
    close: async () => {
      isClosed = true;
      await Promise.allSettled(active);
      await new Promise<void>((resolve, reject) =>
        store.db.close(error => (error ? reject(error) : resolve())),
      );
    },
  };
}

/**
 * Makes every query close its iterator of the database. dynalite ends an iterator with `return`, a method that the
 * iterators of the current database lack. An iterator that is not closed stays in memory with the rows it has read ahead.
 */
function closeIterators({ db }: DynaliteStore): void {
  for (const name of ['values', 'keys'] as const) {
    const open = db[name].bind(db);
    db[name] = options => {
      const iterator = open(options);
      iterator.return = () => iterator.close();
      return iterator;
    };
  }
}

/** Makes the writes of dynalite pass one queue, which recovers from a disk that refused one. */
function recoverWrites({ db }: DynaliteStore, path: string): RecoveringWrites {
  const batch = db.batch.bind(db);
  const database = {
    batch: async (operations: readonly Operation[]) => batch(operations),
    close: () => db.close._original(),
    open: () => db.open(),
  };
  const writes = new RecoveringWrites(database, () => probeWrite(path, TEST_BYTES));
  const write = (operations: readonly Operation[], done: Done): void => {
    writes.write(operations).then(
      () => setImmediate(done, null),
      error => setImmediate(done, error),
    );
  };
  db.put = (key, value, done) => write([{ type: 'put', key, value }], done);
  db.del = (key, done) => write([{ type: 'del', key }], done);
  db.batch = (operations, done = () => undefined) => {
    write(operations, done);
    return undefined;
  };
  return writes;
}

async function respond(store: DynaliteStore, request: EngineRequest): Promise<EngineResponse> {
  const operation = (request.headers['x-amz-target'] ?? '').split('.').at(-1) ?? '';
  const { body = '{}' } = request;
  const text = body instanceof Uint8Array ? UTF8.decode(body) : String(body);
  const data: InsertBatch & Record<string, unknown> = JSON.parse(text);
  const refusal = requestRefusal(operation, data, Buffer.byteLength(text));
  if (refusal) return refusal;
  if (operation === 'BatchExecuteStatement')
    return insertBatch(store, data, (put, parsed) => runAction(store, 'putItem', put, parsed));
  return runAction(store, operation.charAt(0).toLowerCase() + operation.slice(1), data);
}

function toHttp({ statusCode, body }: EngineResponse) {
  return {
    statusCode,
    headers: { 'content-type': 'application/x-amz-json-1.0' },
    body: Buffer.from(JSON.stringify(body)),
  };
}

/**
 * Runs one operation. An error that dynalite would throw past the caller becomes an internal error of the store.
 * @param parsed members that dynalite's validation of the request would have added
 */
function runAction(
  store: DynaliteStore,
  name: string,
  data: object,
  parsed?: object,
): Promise<EngineResponse> {
  const action = ACTIONS.get(name);
  if (!action)
    return Promise.resolve({
      statusCode: 400,
      body: { __type: 'com.amazon.coral.service#UnknownOperationException' },
    });
  return new Promise(resolve => {
    const fail = (error: unknown) => resolve(errorResponse(error));
    try {
      const { types, custom } = action.validation;
      const checked = checkTypes(data, types);
      checkValidations(checked, types, custom, store);
      action.run(store, Object.assign(checked, parsed), (error, body = {}) =>
        error ? fail(error) : resolve({ statusCode: 200, body }),
      );
    } catch (error) {
      fail(error);
    }
  });
}

function errorResponse(error: unknown): EngineResponse {
  const { statusCode, body } = error as { statusCode?: number; body?: object };
  if (statusCode !== undefined && body !== undefined) return { statusCode, body };
  return {
    statusCode: 500,
    body: { __type: 'com.amazonaws.dynamodb.v20120810#InternalServerError', message: String(error) },
  };
}
