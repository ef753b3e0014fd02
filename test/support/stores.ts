import type { DynamoDBClientConfig } from '@aws-sdk/client-dynamodb';
import { openEmbeddedEngine } from '../../local/engine/embedded-dynamodb.ts';
import { ensureTables } from '../../local/engine/tables.ts';
import { readConfig } from '../../shared/config.ts';
import { Dynamo, documentClient } from '../../shared/dynamodb/client.ts';
import type { LogFields } from '../../shared/log.ts';
import { createRuntime } from '../../shared/runtime.ts';
import { DynamoDbProxy } from './dynamodb-proxy.ts';
import { NOW } from './episodes.ts';

/** Opens the stores on an engine in memory, with `n_min` 10, a settable clock, a proxy for faults, and access to raw items. */
export async function openStores(options: { readonly maxAttempts?: number } = {}) {
  const engine = await openEmbeddedEngine();
  const proxy = new DynamoDbProxy();
  const clock = { now: NOW };
  const logged: { message: string; fields: LogFields | undefined }[] = [];
  const config = readConfig({
    EVENTS_TABLE: 'events',
    LESSONS_TABLE: 'lessons',
    OVERRIDES_TABLE: 'overrides',
    CONTROL_TABLE: 'control',
    N_MIN: '10',
    // Tests of runs count the overrides of drift; tests of replay name it.
    POLICY: 'drift',
  });
  const client = documentClient({ ...proxy.settings(engine.settings), ...options });
  await ensureTables(client, config.tables);
  const log = {
    debug: () => undefined,
    info: () => undefined,
    warn: () => undefined,
    error: (message: string, _: unknown, fields?: LogFields) => void logged.push({ message, fields }),
  };
  proxy.start();
  return {
    runtime: createRuntime(config, client, () => clock.now, log),
    db: new Dynamo(client),
    newDb: () => new Dynamo(client),
    /** Simulates another process on the same tables, with its own caches, connection and proxy. */
    another: (clientSettings: DynamoDBClientConfig = {}) => {
      const ownProxy = new DynamoDbProxy();
      const ownClient = documentClient({ ...ownProxy.settings(engine.settings), ...clientSettings });
      return {
        proxy: ownProxy,
        runtime: createRuntime(config, ownClient, () => clock.now, log),
        client: ownClient,
      };
    },
    proxy,
    clock,
    logged,
    close: async () => {
      client.destroy();
      await engine.close();
    },
  };
}
export type Stores = Awaited<ReturnType<typeof openStores>>;
