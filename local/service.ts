import { join } from 'node:path';
import type { DynamoDBClientConfig } from '@aws-sdk/client-dynamodb';
import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import type { Hono } from 'hono';
import type { Config } from '../shared/config.ts';
import { readConfig } from '../shared/config.ts';
import { documentClient } from '../shared/dynamodb/client.ts';
import { createApp } from '../shared/http/app.ts';
import { MONITOR_ENDPOINTS } from '../shared/http/endpoints.ts';
import { type PageFiles, pageRoutes } from '../shared/http/page.ts';
import { adminRoutes } from '../shared/http/routes/admin.ts';
import { ingestRoutes } from '../shared/http/routes/ingest.ts';
import { addLookupRoutes, respondToLookup } from '../shared/http/routes/lookup.ts';
import { ofrepRoutesOfService } from '../shared/http/routes/ofrep.ts';
import { snapshotRoutes } from '../shared/http/routes/snapshots.ts';
import type { Log } from '../shared/log.ts';
import { QueriedDimensionReporter, type QueriedDimensions } from '../shared/lookup/queried-dimensions.ts';
import type { PatternKey } from '../shared/pattern/pattern-key.ts';
import type { Runtime } from '../shared/runtime.ts';
import { createRuntime } from '../shared/runtime.ts';
import { DegradedLookupMemory } from '../shared/warning/degraded-lookups.ts';
import { Computing, type StoreHandler } from './computing/computing.ts';
import type { StoreResponse } from './computing/messages.ts';
import { openEmbeddedEngine } from './engine/embedded-dynamodb.ts';
import { endpointSettings } from './engine/endpoint-settings.ts';
import { ensureTables } from './engine/tables.ts';
import { serviceMetrics } from './metrics.ts';
import { NotificationSpool } from './notification/notification-spool.ts';
import { Notifier } from './notification/notifier.ts';
import { NotifyFile } from './notification/notify-file.ts';
import type { InterpreterOptions } from './state-machine.ts';
import { LocalStateMachine } from './state-machine.ts';
import { type Callers, requireTokens } from './token-auth.ts';

type Environment = Readonly<Record<string, string | undefined>>;

export interface ServiceOptions {
  /** Folder of the embedded engine; undefined keeps the data in memory. Unused with `endpoint`. */
  readonly data?: string | undefined;
  /** A DynamoDB-compatible endpoint to use instead of the embedded engine. */
  readonly endpoint?: string | undefined;
  readonly environment?: Environment;
  /** Changes the settings of the AWS SDK's client; tests inject faults with it. */
  readonly changeClientSettings?: (settings: DynamoDBClientConfig) => DynamoDBClientConfig;
  readonly log?: Log;
  readonly now?: () => number;
  /** Callers by their tokens, or what returns those of the moment; undefined grants every right to every caller. */
  readonly callers?: Callers | (() => Callers) | undefined;
  /** The page to serve at `/ui`; undefined serves none. */
  readonly page?: PageFiles | undefined;
  /** True: runs, what-ifs and studies compute in threads of their own, with the clock of the system. */
  readonly inThreads?: boolean;
  /** Pauses and timeouts of a run; undefined uses those of the definition. */
  readonly interpreter?: InterpreterOptions;
  /** The file of targets of notifications, and the folder of the spool; undefined sends none. */
  readonly notifications?: { readonly file: string; readonly folder: string | undefined } | undefined;
}

/** The product in one process: the code of the deployed functions on one storage engine. */
export interface Service {
  readonly runtime: Runtime;
  readonly app: Hono;
  readonly stateMachine: LocalStateMachine;
  /** Names of the tables that were missing and have been created. */
  readonly createdTables: readonly string[];
  /** Finds events and tells targets of them; undefined without targets. `start` begins it. */
  readonly notifier: Notifier | undefined;
  /**
   * Waits for running cycles, then closes the engine.
   * @param graceMs milliseconds after which a running cycle is abandoned; by default never
   */
  close(graceMs?: number): Promise<void>;
}

const TABLE_NAMES = {
  EVENTS_TABLE: 'pm-tuning-events',
  LESSONS_TABLE: 'pm-tuning-lessons',
  OVERRIDES_TABLE: 'pm-tuning-overrides',
  CONTROL_TABLE: 'pm-tuning-control',
};

/**
 * Opens the engine, creates missing tables, checks the version of the stored data and wires the app.
 * @throws DataFolderError, TableMismatchError, Fault `newer_data`, Error of the endpoint
 */
export async function openService(options: ServiceOptions): Promise<Service> {
  const config = readConfig({ ...TABLE_NAMES, ...options.environment });
  const engine = options.endpoint === undefined ? await openEmbeddedEngine(options.data) : undefined;
  const base = engine?.settings ?? endpointSettings(options.endpoint, options.environment ?? {});
  const client = documentClient(options.changeClientSettings?.(base) ?? base);
  const closeStorage = async (): Promise<void> => {
    client.destroy();
    await engine?.close();
  };
  try {
    return await assemble(options, config, client, { settings: base, close: closeStorage });
  } catch (error) {
    await closeStorage();
    throw error;
  }
}

/** The storage engine: the settings of its client, and its end. */
interface Storage {
  readonly settings: DynamoDBClientConfig;
  readonly close: () => Promise<void>;
}

function openComputing({ endpoint, environment = {} }: ServiceOptions, { settings }: Storage): Computing {
  const handler = settings.requestHandler as {
    handle(request: object): Promise<{ response: StoreResponse }>;
  };
  const store: StoreHandler = async request => (await handler.handle(request)).response;
  return new Computing({ environment: { ...TABLE_NAMES, ...environment }, endpoint }, store);
}

async function assemble(
  options: ServiceOptions,
  config: Config,
  client: DynamoDBDocumentClient,
  storage: Storage,
): Promise<Service> {
  const createdTables = await ensureTables(client, config.tables);
  const stores = createRuntime(config, client, options.now, options.log);
  if (options.endpoint !== undefined && !(await stores.probeInserts()))
    stores.log.warn('this endpoint does not insert batches by PartiQL: events are put one by one');
  // This process serves every look-up, so it counts degraded ones in memory, even while the store fails.
  const degradedLookups = new DegradedLookupMemory(stores.now);
  const runtime: Runtime = { ...stores, degradedLookups };
  await runtime.storedFormat.open();
  const computing = options.inThreads ? openComputing(options, storage) : undefined;
  const stateMachine = await LocalStateMachine.load(runtime, options.interpreter, computing?.mine);
  const { callers } = options;
  const callersNow = typeof callers === 'function' ? callers : () => callers ?? [];
  const app = createApp(runtime.log, config.origins, {
    authenticate: callers && requireTokens(callersNow),
  });
  const metrics = serviceMetrics(runtime);
  app.get(MONITOR_ENDPOINTS.getMetrics.path, async c => {
    const { body, type } = await metrics.text();
    return c.body(body, 200, { 'content-type': type, 'cache-control': 'no-store' });
  });
  ingestRoutes(app, { ...runtime, episodes: metrics.counted(runtime.episodes) });
  const recorder = dimensionRecorder(runtime);
  const lookups = {
    ...runtime,
    queriedDimensions: recorder.reporter,
    onDegradedLookup: (pattern: PatternKey) => void degradedLookups.add([{ pattern, count: 1 }]),
  };
  addLookupRoutes(app, (request, bot) => metrics.lookedUp(() => respondToLookup(lookups, request, bot)));
  ofrepRoutesOfService(app, lookups);
  snapshotRoutes(app, { ...runtime, queriedDimensions: recorder.reporter });
  computing?.forwardStudies(app);
  const notifier = openNotifier(options, runtime);
  adminRoutes(app, {
    ...runtime,
    starter: stateMachine,
    notificationTester: notifier,
    access: options.callers ? 'tokens' : 'open',
  });
  if (options.page) {
    pageRoutes(app, options.page);
    app.get('/', c => c.redirect('/ui'));
  }
  return {
    runtime,
    app,
    stateMachine,
    createdTables,
    notifier,
    close: async graceMs => {
      notifier?.stop();
      await (graceMs === undefined ? stateMachine.idle() : stateMachine.stop(graceMs));
      await computing?.stop();
      await recorder.written();
      await storage.close();
    },
  };
}

/** @throws NotifyFileError */
function openNotifier({ notifications }: ServiceOptions, runtime: Runtime): Notifier | undefined {
  if (!notifications) return undefined;
  const file = new NotifyFile(notifications.file, runtime.log);
  const { folder } = notifications;
  const path = folder === undefined ? undefined : join(folder, 'notifications.json');
  const spool = new NotificationSpool(path, runtime.log);
  const configuration = () => file.configuration();
  return new Notifier({ ...runtime, spool, configuration, isOutdated: () => file.isInvalid });
}

/** Records the dimensions of look-ups after their responses, as a subscription to the look-up's log does in AWS. */
function dimensionRecorder({ dimensions, log, now }: Runtime) {
  let lastWrite = Promise.resolve();
  const record = ({ pattern, names, caller }: QueriedDimensions): void => {
    lastWrite = lastWrite
      .then(() => dimensions.recordQueried(pattern, names, caller))
      .catch(error => log.error('dimensions of look-ups not recorded', error, { pattern }));
  };
  return { reporter: new QueriedDimensionReporter(record, now), written: () => lastWrite };
}
