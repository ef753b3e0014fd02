import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import type { Config } from './config.ts';
import { readConfig } from './config.ts';
import type { CycleDeps } from './cycle/dependencies.ts';
import type { StoreWrites } from './cycle/health-facts.ts';
import { DynamoChangeStore } from './dynamodb/change-store.ts';
import { Dynamo, documentClient } from './dynamodb/client.ts';
import { ControlTable } from './dynamodb/control-table.ts';
import { DynamoCountSampleStore } from './dynamodb/count-sample-store.ts';
import { DynamoCycleStore } from './dynamodb/cycle-store.ts';
import { DynamoDegradedLookups } from './dynamodb/degraded-lookup-store.ts';
import { DynamoDimensionStore } from './dynamodb/dimension-store.ts';
import { DynamoEpisodeStore } from './dynamodb/episode-store.ts';
import { DynamoEventReader } from './dynamodb/event-reader.ts';
import { DynamoFits } from './dynamodb/fit-store.ts';
import { DynamoGuardStore } from './dynamodb/guard-store.ts';
import { DynamoHeadStore } from './dynamodb/head-store.ts';
import { PROBE_KEY } from './dynamodb/keys.ts';
import { DynamoNotificationStore } from './dynamodb/notification-store.ts';
import { PatternFounder } from './dynamodb/pattern-founder.ts';
import { DynamoRowSetStore } from './dynamodb/row-set-store.ts';
import { DayMarks, DynamoSealedDays } from './dynamodb/sealed-day-store.ts';
import { DynamoSeenValuesStore } from './dynamodb/seen-values-store.ts';
import { StoredFormat } from './dynamodb/stored-format.ts';
import { DynamoWriterStore } from './dynamodb/writer-store.ts';
import type { EventReader } from './episode/event-reader.ts';
import type { WriterStore } from './episode/writer.ts';
import type { Lesson, NearLesson } from './lesson/lesson.ts';
import type { Log } from './log.ts';
import { jsonLog } from './log.ts';
import { QUERIED_DIMENSIONS_MESSAGE } from './log-messages.ts';
import { GenerationCache } from './lookup/generation-cache.ts';
import { PatternDirectory } from './lookup/pattern-directory.ts';
import { QueriedDimensionReporter } from './lookup/queried-dimensions.ts';
import { SeenValuesCache } from './lookup/seen-values-cache.ts';
import { SnapshotList } from './lookup/snapshot-list.ts';
import type { NotificationStore } from './notification/notification-state.ts';
import { FoldMemory } from './override/evaluation/fold-memory.ts';
import type { Override } from './override/override.ts';
import { sourceStack } from './source-mapped-stack.ts';
import { MisspeltFactorRecorder } from './warning/misspelt-factor-recorder.ts';

/** The stores, the settings, the log and the clock of a function. Built once per container. */
export interface Runtime extends CycleDeps {
  readonly config: Config;
  readonly log: Log;
  readonly writers: WriterStore;
  readonly generations: GenerationCache;
  readonly patternDirectory: PatternDirectory;
  readonly seenValuesCache: SeenValuesCache;
  readonly snapshotList: SnapshotList;
  readonly queriedDimensions: QueriedDimensionReporter;
  readonly misspeltFactors: MisspeltFactorRecorder;
  readonly storedFormat: StoredFormat;
  readonly eventReader: EventReader;
  readonly writes: StoreWrites;
  readonly notifications: NotificationStore;
  readonly cycleMaxAgeMinutes: number;
  /** Checks that the engine inserts batches; else events are put one by one. @returns whether batches work */
  readonly probeInserts: () => Promise<boolean>;
}

const writeStdout = (line: string): boolean => process.stdout.write(`${line}\n`);

/**
 * Puts stores, settings, log and clock together (the composition root).
 * @param now milliseconds since 1970
 * @param metricLog receives the lines that a log subscription reads; it must not drop them by level
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
  const heads = new DynamoHeadStore(control, new DynamoRowSetStore<NearLesson>(db, tables.lessons));
  const writers = new DynamoWriterStore(control);
  const founder = new PatternFounder(control, heads, config.maxPatternsPerWriter);
  const seenValues = new DynamoSeenValuesStore(control);
  const dimensions = new DynamoDimensionStore(control);
  const overrides = new DynamoRowSetStore<Override>(db, tables.overrides);
  return {
    config,
    log,
    now,
    defaults: config.defaults,
    heads,
    overrides,
    lessons: new DynamoRowSetStore<Lesson>(db, tables.lessons),
    changes: new DynamoChangeStore(control),
    cycles: new DynamoCycleStore(control),
    dimensions,
    seenValues,
    countSamples: new DynamoCountSampleStore(control),
    guards: new DynamoGuardStore(control),
    folds: new FoldMemory(),
    fits: new DynamoFits(control),
    degradedLookups: new DynamoDegradedLookups(control),
    misspeltFactors: new MisspeltFactorRecorder({ dimensions, now, log }),
    queriedDimensions: new QueriedDimensionReporter(
      ({ pattern, names, caller }) =>
        metricLog.info(QUERIED_DIMENSIONS_MESSAGE, {
          pattern,
          dimensions: names.join(),
          ...(caller !== undefined && { caller }),
        }),
      now,
    ),
    storedFormat: new StoredFormat(control),
    notifications: new DynamoNotificationStore(control),
    cycleMaxAgeMinutes: config.cycleMaxAgeMinutes,
    writes: db,
    probeInserts: () => db.probeInserts(tables.control, PROBE_KEY),
    patternDirectory: new PatternDirectory(heads, now),
    seenValuesCache: new SeenValuesCache(pattern => seenValues.seen(pattern), now),
    snapshotList: new SnapshotList(heads, config.defaults.policy, now),
    generations: new GenerationCache((pattern, set) => overrides.read(pattern, set)),
    writers,
    eventReader: new DynamoEventReader(db, {
      eventsTable: tables.events,
      controlTable: tables.control,
      now,
    }),
    sealedDays: new DynamoSealedDays(control),
    eventRetentionDays: config.eventRetentionDays,
    episodes: new DynamoEpisodeStore(db, founder, writers, new DayMarks(control), {
      eventsTable: tables.events,
      controlTable: tables.control,
      retentionDays: config.eventRetentionDays,
      now,
      log,
    }),
  };
}

let cached: Runtime | undefined;

/** Returns the runtime of this Lambda container. @throws Error that names every missing or invalid setting */
function containerRuntime(): Runtime {
  if (!cached) {
    const config = readConfig(process.env);
    const endpoint = config.dynamodbEndpoint;
    const client = documentClient(endpoint === undefined ? {} : { endpoint });
    cached = createRuntime(config, client, Date.now, undefined, jsonLog('info', writeStdout, Date.now));
  }
  return cached;
}

/**
 * Returns the handler that a Lambda function exports. In Lambda the handler is built while the container starts, so that
 * a missing setting fails the start. Elsewhere it is built at the first call, so that tests can import `createHandler`
 * without an environment.
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
