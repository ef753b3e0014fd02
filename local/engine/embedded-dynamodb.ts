import { existsSync } from 'node:fs';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import type { DynamoDBClientConfig } from '@aws-sdk/client-dynamodb';
import { ClassicLevel } from 'classic-level';

/*
 * An embedded DynamoDB engine: the actions of dynalite, called in this process. Nothing listens on the machine, a
 * storage error is an answer instead of the end of the process, and the batched PartiQL INSERT that events are stored
 * with is there, which dynalite's own server lacks.
 */

export interface EmbeddedEngine {
  /** Settings for the AWS SDK's client. */
  readonly settings: DynamoDBClientConfig;
  close(): Promise<void>;
}

/** What a request of the SDK is to us. */
interface EngineRequest {
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

interface Answer {
  readonly statusCode: number;
  readonly body: object;
}

interface LevelIterator {
  close(): Promise<void>;
  return?: () => Promise<void>;
}
interface DynaliteStore {
  readonly db: {
    close(done: (error?: Error | null) => void): void;
    values(options?: object): LevelIterator;
    keys(options?: object): LevelIterator;
  };
}
type Action = (store: DynaliteStore, data: object, done: (error: unknown, answer?: object) => void) => void;
interface Validation {
  readonly types: object;
  readonly custom?: unknown;
}

const UTF8 = new TextDecoder();
const require = createRequire(import.meta.url);
const { create }: { create(options: object): DynaliteStore } = require('dynalite/db');
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

/** What dynalite knows of a put; `_condition` is what its check makes of the expression. */
interface PutInput {
  readonly Item: object;
  readonly ConditionExpression: string;
  readonly ExpressionAttributeNames: object;
  _condition?: object;
}
const { custom: checkPut }: { custom(put: PutInput, store: DynaliteStore): string | undefined } =
  require('dynalite/validations/putItem');

const UNKNOWN_STATEMENT: Answer = {
  statusCode: 400,
  body: { __type: 'com.amazon.coral.validate#ValidationException', message: 'unknown statement' },
};

/** A folder that cannot be used; the message is one line for the user. */
export class DataFolderError extends Error {}

/**
 * Opens the engine.
 * @param path folder for the data, made when missing; undefined keeps it in memory
 * @throws DataFolderError when the folder cannot be written, is in use, or holds damaged data
 */
export async function openEmbeddedEngine(path?: string): Promise<EmbeddedEngine> {
  if (path !== undefined) await checkFolder(path);
  const store = create({ createTableMs: 0, deleteTableMs: 0, ...(path !== undefined && { path }) });
  closeIterators(store);
  return {
    settings: {
      region: 'local',
      endpoint: 'http://embedded.invalid',
      credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
      // Nobody checks signatures here, and signing would be a third of a request's time.
      signer: { sign: async request => request },
      requestHandler: {
        handle: async (request: EngineRequest) => ({ response: toResponse(await answer(store, request)) }),
      },
    },
    close: () =>
      new Promise((resolve, reject) => store.db.close(error => (error ? reject(error) : resolve()))),
  };
}

/**
 * Has every query close its iterator of the database. dynalite ends one with `return`, which its database's iterators no
 * longer have, so each would stay for good with everything it has read ahead: some megabyte a cycle.
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

async function answer(store: DynaliteStore, request: EngineRequest): Promise<Answer> {
  const operation = (request.headers['x-amz-target'] ?? '').split('.').at(-1) ?? '';
  const { body = '{}' } = request;
  const text = body instanceof Uint8Array ? UTF8.decode(body) : String(body);
  const data = JSON.parse(text) as object;
  if (operation === 'BatchExecuteStatement') return insertBatch(store, data as InsertBatch);
  return act(store, operation.charAt(0).toLowerCase() + operation.slice(1), data);
}

function toResponse({ statusCode, body }: Answer) {
  return {
    statusCode,
    headers: { 'content-type': 'application/x-amz-json-1.0' },
    body: Buffer.from(JSON.stringify(body)),
  };
}

/**
 * Runs one operation. What dynalite would throw across the process becomes an internal error of the store.
 * @param prepared what checking the request would have added to it
 */
function act(store: DynaliteStore, name: string, data: object, prepared?: object): Promise<Answer> {
  const action = ACTIONS.get(name);
  if (!action)
    return Promise.resolve({
      statusCode: 400,
      body: { __type: 'com.amazon.coral.service#UnknownOperationException' },
    });
  return new Promise(resolve => {
    const fail = (error: unknown) => resolve(toError(error));
    try {
      const { types, custom } = action.validation;
      const checked = checkTypes(data, types);
      checkValidations(checked, types, custom, store);
      action.run(store, Object.assign(checked, prepared), (error, body = {}) =>
        error ? fail(error) : resolve({ statusCode: 200, body }),
      );
    } catch (error) {
      fail(error);
    }
  });
}

function toError(error: unknown): Answer {
  const { statusCode, body } = error as { statusCode?: number; body?: object };
  if (statusCode !== undefined && body !== undefined) return { statusCode, body };
  return {
    statusCode: 500,
    body: { __type: 'com.amazonaws.dynamodb.v20120810#InternalServerError', message: String(error) },
  };
}

interface InsertBatch {
  readonly Statements: readonly { readonly Statement: string; readonly Parameters: readonly unknown[] }[];
}

const INSERT = /^INSERT INTO "([\w.-]+)" VALUE \{((?:'\w+': \?(?:, )?)+)\}$/;

/** `INSERT INTO "table" VALUE {'name': ?, …}`, each by itself: a put under the condition that its key is free. */
async function insertBatch(store: DynaliteStore, { Statements }: InsertBatch): Promise<Answer> {
  const answers: Promise<object>[] = [];
  for (const { Statement, Parameters } of Statements) {
    const insert = inserts.get(Statement) ?? readInsert(Statement, store);
    if (!insert) return UNKNOWN_STATEMENT;
    inserts.set(Statement, insert);
    answers.push(insertOne(store, insert, Parameters));
  }
  return { statusCode: 200, body: { Responses: await Promise.all(answers) } };
}

/** A statement, understood once for all items that it is sent with. */
interface Insert {
  readonly TableName: string;
  readonly names: readonly string[];
  readonly keyIsFree: object;
}

/** By statement; the product has a few, one per set of attributes. */
const inserts = new Map<string, Insert>();

/** Undefined for a statement that is none of ours. */
function readInsert(statement: string, store: DynaliteStore): Insert | undefined {
  const [, TableName, fields = ''] = INSERT.exec(statement) ?? [];
  const names = [...fields.matchAll(/'(\w+)'/g)].map(match => match[1] ?? '');
  const put: PutInput = {
    Item: {},
    // The writer names the partition key first.
    ConditionExpression: 'attribute_not_exists(#p)',
    ExpressionAttributeNames: { '#p': names[0] ?? '' },
  };
  checkPut(put, store);
  if (TableName === undefined || !put._condition) return undefined;
  return { TableName, names, keyIsFree: { _condition: put._condition } };
}

async function insertOne(
  store: DynaliteStore,
  { TableName, names, keyIsFree }: Insert,
  parameters: readonly unknown[],
): Promise<object> {
  const Item = Object.fromEntries(names.map((name, i) => [name, parameters[i]]));
  const { statusCode, body } = await act(store, 'putItem', { TableName, Item }, keyIsFree);
  if (statusCode === 200) return { TableName };
  const { __type = '', message = '' } = body as { __type?: string; message?: string };
  const code = __type.split('#').at(-1) ?? '';
  return {
    Error: { Code: code === 'ConditionalCheckFailedException' ? 'DuplicateItem' : code, Message: message },
  };
}

/** Left in a folder whose records were lost, so that no later start takes it for sound. */
const MARKER = 'DAMAGED';
/** Most time spent on reading a folder for damage when it is opened. */
const SCAN_MS = 2000;

/** Proves that the folder can be written and that what is in it can be read, before the engine works on it. */
async function checkFolder(path: string): Promise<void> {
  try {
    await makeFolder(resolve(path));
    const probe = join(path, '.writable');
    await writeFile(probe, '');
    await rm(probe);
  } catch (cause) {
    throw new DataFolderError(`cannot write to the data folder ${path} (${codeOf(cause)})`, { cause });
  }
  if (existsSync(join(path, MARKER)))
    throw damaged(path, 'records were lost', `; to go on without them, remove ${MARKER} there`);
  const level = new ClassicLevel<Buffer, Buffer>(path, { keyEncoding: 'buffer', valueEncoding: 'buffer' });
  try {
    await level.open();
    const until = performance.now() + SCAN_MS;
    for await (const _ of level.iterator({ fillCache: false })) if (performance.now() > until) break;
    await level.close();
  } catch (cause) {
    await level.close().catch(() => undefined);
    throw folderProblem(path, cause);
  }
  // LevelDB drops records that it cannot read and only says so in its own log, once: the next opening looks clean.
  const log = await readFile(join(path, 'LOG'), 'utf8');
  if (!/corruption/i.test(log)) return;
  await writeFile(join(path, MARKER), log);
  throw damaged(path, 'records were lost', `; to go on without them, remove ${MARKER} there`);
}

/** Like a recursive mkdir, which in some Node versions never ends where nothing can be made (under /proc). */
async function makeFolder(path: string): Promise<void> {
  if (existsSync(path)) return;
  if (!existsSync(dirname(path))) await makeFolder(dirname(path));
  await mkdir(path);
}

function folderProblem(path: string, cause: unknown): DataFolderError {
  const inner = cause instanceof Error && cause.cause !== undefined ? cause.cause : cause;
  if (codeOf(inner) === 'LEVEL_LOCKED')
    return new DataFolderError(`the data folder ${path} is in use by another process`, { cause });
  return damaged(path, codeOf(inner), '', cause);
}

function damaged(path: string, what: string, more = '', cause?: unknown): DataFolderError {
  const advice = 'restore it from a backup, or start with another folder (--data)';
  return new DataFolderError(`the data folder ${path} is damaged (${what}); ${advice}${more}`, { cause });
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : String(error);
}
