import type { Server } from 'node:http';
import type { DynamoDBClientConfig } from '@aws-sdk/client-dynamodb';
import { serve } from '@hono/node-server';
import type { Hono } from 'hono';
import { readConfig } from '../shared/config.ts';
import { documentClient } from '../shared/dynamodb/client.ts';
import { createApp } from '../shared/http/app.ts';
import { adminRoutes } from '../shared/http/routes/admin.ts';
import { ingestRoutes } from '../shared/http/routes/ingest.ts';
import { lookupRoutes } from '../shared/http/routes/lookup.ts';
import type { Log } from '../shared/log.ts';
import { QueriedDimensionReporter, type QueriedDimensions } from '../shared/lookup/queried-dimensions.ts';
import type { Runtime } from '../shared/runtime.ts';
import { createRuntime } from '../shared/runtime.ts';
import { drained } from './drain-body.ts';
import { openEmbeddedEngine } from './engine/embedded-dynamodb.ts';
import { ensureTables } from './engine/tables.ts';
import { isLoopback, refuseForeign } from './loopback-guard.ts';
import type { InterpreterOptions } from './state-machine.ts';
import { LocalStateMachine } from './state-machine.ts';
import { type Callers, requireTokens } from './token-auth.ts';

export interface ServiceOptions {
  /** Folder of the embedded engine; undefined keeps everything in memory. Unused with `endpoint`. */
  readonly data?: string | undefined;
  /** Another DynamoDB-compatible endpoint instead of the embedded engine. */
  readonly endpoint?: string | undefined;
  readonly environment?: Readonly<Record<string, string | undefined>>;
  /** What stands between the AWS SDK and the engine in tests of faults. */
  readonly settings?: (settings: DynamoDBClientConfig) => DynamoDBClientConfig;
  readonly log?: Log;
  readonly now?: () => number;
  /** Who may call, by their tokens; undefined lets everybody who can reach the service do everything. */
  readonly callers?: Callers | undefined;
  /** Pauses and timeouts of a run, instead of the definition's. */
  readonly tuning?: InterpreterOptions;
}

/** The whole product in one process: the functions' own code on one engine. */
export interface Service {
  readonly runtime: Runtime;
  readonly app: Hono;
  readonly stateMachine: LocalStateMachine;
  /** Names of tables that had to be created. */
  readonly createdTables: readonly string[];
  /** Waits for runs under way, then closes the engine. */
  close(): Promise<void>;
}

const TABLE_NAMES = {
  EVENTS_TABLE: 'pm-tuning-events',
  LESSONS_TABLE: 'pm-tuning-lessons',
  OVERRIDES_TABLE: 'pm-tuning-overrides',
  CONTROL_TABLE: 'pm-tuning-control',
};

/** Opens the engine, creates missing tables and wires the apps. @throws DataFolderError, Error of the endpoint */
export async function openService(options: ServiceOptions): Promise<Service> {
  const config = readConfig({ ...TABLE_NAMES, ...options.environment });
  const engine = options.endpoint === undefined ? await openEmbeddedEngine(options.data) : undefined;
  const base = engine?.settings ?? endpointSettings(options.endpoint, options.environment ?? {});
  const client = documentClient(options.settings?.(base) ?? base);
  const createdTables = await ensureTables(client, config.tables);
  const runtime = createRuntime(config, client, options.now, options.log);
  const stateMachine = await LocalStateMachine.load(runtime, options.tuning);
  const app = createApp(runtime.log);
  if (options.callers) requireTokens(app, options.callers);
  ingestRoutes(app, runtime);
  const notes = dimensionRecorder(runtime);
  lookupRoutes(app, { ...runtime, queriedDimensions: notes.asked });
  adminRoutes(app, { ...runtime, cycleMaxAgeMinutes: config.cycleMaxAgeMinutes, starter: stateMachine });
  return {
    runtime,
    app,
    stateMachine,
    createdTables,
    close: async () => {
      await stateMachine.idle();
      await notes.written();
      client.destroy();
      await engine?.close();
    },
  };
}

/** What a subscription to the look-up's log does in AWS: what look-ups ask with is kept, after they have answered. */
function dimensionRecorder({ dimensions, log, now }: Runtime) {
  let last = Promise.resolve();
  const keep = ({ pattern, names }: QueriedDimensions): void => {
    last = last
      .then(() => dimensions.recordQueried(pattern, names))
      .catch(error => log.error('what look-ups asked with is not kept', error, { pattern }));
  };
  return { asked: new QueriedDimensionReporter(keep, now), written: () => last };
}

/** Credentials come from the usual AWS variables; local engines take any. */
function endpointSettings(
  endpoint: string | undefined,
  environment: Readonly<Record<string, string | undefined>>,
): DynamoDBClientConfig {
  return {
    ...(endpoint !== undefined && { endpoint }),
    region: environment.AWS_REGION ?? 'us-east-1',
    credentials: {
      accessKeyId: environment.AWS_ACCESS_KEY_ID ?? 'local',
      secretAccessKey: environment.AWS_SECRET_ACCESS_KEY ?? 'local',
      ...(environment.AWS_SESSION_TOKEN && { sessionToken: environment.AWS_SESSION_TOKEN }),
    },
  };
}

export interface Listening {
  readonly port: number;
  close(): Promise<void>;
}

/**
 * Serves an app: on the loopback interface, to no web page; or, where it asks for tokens, on any interface.
 * @param port 0 takes a free one
 * @throws Error with `code` EADDRINUSE
 */
export function listen(
  app: Hono,
  port: number,
  { host = '127.0.0.1', tokens = false }: { readonly host?: string; readonly tokens?: boolean } = {},
): Promise<Listening> {
  if (!tokens && !isLoopback(host)) throw new Error('without tokens nothing but loopback is served');
  return new Promise((resolve, reject) => {
    const fetch = async (request: Request) => {
      const response = (tokens ? undefined : refuseForeign(request)) ?? (await app.fetch(request));
      if (response.status >= 400 && !(await drained(request, response.status === 413)))
        response.headers.set('connection', 'close');
      return response;
    };
    const server = serve({ fetch, port, hostname: host }, info => {
      const close = (): Promise<void> =>
        new Promise(done => {
          server.close(() => done());
          // Keep-alive connections would hold the process.
          (server as Server).closeIdleConnections();
        });
      // A name is what the machine says it is: what counts is where it led to.
      if (tokens || isLoopback(info.address)) resolve({ port: info.port, close });
      else void close().then(() => reject(new Error(`${host} is not loopback: ${info.address}`)));
    });
    server.once('error', reject);
  });
}
