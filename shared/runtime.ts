import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import type { Config } from './config.ts';
import { readConfig } from './config.ts';
import type { CycleDeps } from './cycle/dependencies.ts';
import { Dynamo, documentClient } from './dynamodb/client.ts';
import { ControlTable } from './dynamodb/control-table.ts';
import { DynamoCycleStore } from './dynamodb/cycle-store.ts';
import { DynamoDimensionStore } from './dynamodb/dimension-store.ts';
import { DynamoEpisodeStore } from './dynamodb/episode-store.ts';
import { DynamoHeadStore } from './dynamodb/head-store.ts';
import { DynamoRowSetStore } from './dynamodb/row-set-store.ts';
import { StoredFormat } from './dynamodb/stored-format.ts';
import type { Lesson } from './lesson/lesson.ts';
import type { Log } from './log.ts';
import { jsonLog } from './log.ts';
import { GenerationCache } from './lookup/generation-cache.ts';
import { QUERIED_DIMENSIONS_MESSAGE, QueriedDimensionReporter } from './lookup/queried-dimensions.ts';
import type { Override } from './override/override.ts';
import { sourceStack } from './source-mapped-stack.ts';

/** Everything a function needs, built once per container. */
export interface Runtime extends CycleDeps {
  readonly config: Config;
  readonly log: Log;
  readonly generations: GenerationCache;
  readonly queriedDimensions: QueriedDimensionReporter;
  readonly storedFormat: StoredFormat;
}

const writeStdout = (line: string): boolean => process.stdout.write(`${line}\n`);

/**
 * The composition root.
 * @param now milliseconds since 1970
 * @param metricLog takes the lines that a program reads, which no log level may leave out
 */
export function createRuntime(
  config: Config,
  client: DynamoDBDocumentClient,
  now: () => number = Date.now,
  log: Log = jsonLog(config.logLevel, writeStdout, now, sourceStack),
  metricLog: Log = log,
): Runtime {
  const db = new Dynamo(client);
  const { tables } = config;
  const control = new ControlTable(db, tables.control, now);
  const heads = new DynamoHeadStore(control);
  const overrides = new DynamoRowSetStore<Override>(db, tables.overrides);
  return {
    config,
    log,
    now,
    defaults: config.defaults,
    heads,
    overrides,
    lessons: new DynamoRowSetStore<Lesson>(db, tables.lessons),
    cycles: new DynamoCycleStore(control),
    dimensions: new DynamoDimensionStore(control),
    queriedDimensions: new QueriedDimensionReporter(
      ({ pattern, names }) =>
        metricLog.info(QUERIED_DIMENSIONS_MESSAGE, { pattern, dimensions: names.join() }),
      now,
    ),
    storedFormat: new StoredFormat(control),
    generations: new GenerationCache((pattern, set) => overrides.read(pattern, set)),
    episodes: new DynamoEpisodeStore(db, heads, {
      eventsTable: tables.events,
      controlTable: tables.control,
      retentionDays: config.eventRetentionDays,
      now,
      log,
    }),
  };
}

let container: Runtime | undefined;

/** The runtime of this Lambda container, from its environment. @throws Error naming every missing setting */
function containerRuntime(): Runtime {
  if (!container) {
    const config = readConfig(process.env);
    const endpoint = config.dynamodbEndpoint;
    const client = documentClient(endpoint === undefined ? {} : { endpoint });
    container = createRuntime(config, client, Date.now, undefined, jsonLog('info', writeStdout, Date.now));
  }
  return container;
}

/**
 * A Lambda entry from what makes a handler. In Lambda it is built while the container starts, where a missing setting
 * stops it; elsewhere the file can be imported for `createHandler` alone.
 */
export function lambdaEntry<A extends readonly unknown[], R>(
  createHandler: (runtime: Runtime) => (...args: A) => R,
): (...args: A) => R {
  let handler = process.env.AWS_LAMBDA_FUNCTION_NAME ? createHandler(containerRuntime()) : undefined;
  return (...args) => {
    handler ??= createHandler(containerRuntime());
    return handler(...args);
  };
}
