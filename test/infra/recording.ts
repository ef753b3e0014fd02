import { readFileSync } from 'node:fs';
import type { DynamoDBClientConfig } from '@aws-sdk/client-dynamodb';
import type { FunctionName } from '../../infra/function-settings.ts';
import { openEmbeddedEngine } from '../../local/engine/embedded-dynamodb.ts';
import { ensureTables } from '../../local/engine/tables.ts';
import { readConfig } from '../../shared/config.ts';
import { documentClient } from '../../shared/dynamodb/client.ts';
import { jsonLog } from '../../shared/log.ts';
import { createRuntime, type Runtime } from '../../shared/runtime.ts';

/** One request of a function to DynamoDB. */
export interface Call {
  readonly by: FunctionName;
  /** Action in the naming of IAM, without its `dynamodb:` prefix. */
  readonly action: string;
  /** The table or the index. */
  readonly on: string;
  /** Partition keys in the request. */
  readonly partitions: readonly string[];
  /** Attributes in an update, keys included. */
  readonly attributes: readonly string[];
}

const config = readConfig({
  EVENTS_TABLE: 'events',
  LESSONS_TABLE: 'lessons',
  OVERRIDES_TABLE: 'overrides',
  CONTROL_TABLE: 'control',
  // Drift publishes overrides for the events of these tests; replay would find none.
  POLICY: 'drift',
});

/** Opens the embedded engine. Each function gets a runtime that records its requests in `calls`. */
export async function openRecorded(now: () => number) {
  const engine = await openEmbeddedEngine();
  const calls: Call[] = [];
  const client = documentClient(engine.settings);
  await ensureTables(client, config.tables);
  const runtimeOf = (by: FunctionName): Runtime => {
    const settings = recorded(engine.settings, (operation, body) =>
      calls.push(...callsOf(by, operation, body)),
    );
    return createRuntime(
      config,
      documentClient(settings),
      now,
      jsonLog('error', () => undefined, now),
    );
  };
  return { calls, runtimeOf, close: () => engine.close() };
}

interface EngineRequest {
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: unknown;
}
interface EngineHandler {
  handle(request: EngineRequest): Promise<{ response: never }>;
}
type RecordCall = (operation: string, body: string) => void;

function recorded(settings: DynamoDBClientConfig, record: RecordCall): DynamoDBClientConfig {
  const handler = settings.requestHandler as unknown as EngineHandler;
  return {
    ...settings,
    requestHandler: {
      handle: (request: EngineRequest) => {
        const { body: raw } = request;
        const body = raw instanceof Uint8Array ? new TextDecoder().decode(raw) : String(raw);
        record(String(request.headers['x-amz-target']).replace(/^.*\./, ''), body);
        return handler.handle(request);
      },
    },
  };
}

interface Keyed {
  readonly pk?: { readonly S?: string };
}
interface Request {
  readonly TableName?: string;
  readonly IndexName?: string;
  readonly Key?: Keyed;
  readonly Item?: Keyed;
  readonly UpdateExpression?: string;
  readonly ConditionExpression?: string;
  readonly RequestItems?: Readonly<Record<string, unknown>>;
  readonly Statements?: readonly { readonly Statement: string }[];
}

const EXPRESSION_KEYWORDS = new Set([
  ...['SET', 'ADD', 'REMOVE', 'AND', 'OR'],
  ...['attribute_exists', 'attribute_not_exists', 'if_not_exists'],
]);

function callsOf(by: FunctionName, operation: string, body: string): Call[] {
  const request: Request = JSON.parse(body);
  const call = (on: string, action: string, partitions: readonly string[] = []): Call => ({
    by,
    action,
    on,
    partitions,
    attributes: attributesOf(request),
  });
  if (request.Statements)
    return request.Statements.map(({ Statement }) =>
      call(/"([\w-]+)"/.exec(Statement)?.[1] ?? '', 'PartiQLInsert'),
    );
  if (request.RequestItems)
    return Object.entries(request.RequestItems).map(([table, items]) =>
      call(
        table,
        operation,
        [...JSON.stringify(items).matchAll(/"pk":\{"S":"([^"]+)"/g)].map(m => m[1] ?? ''),
      ),
    );
  const key = (request.Key ?? request.Item)?.pk?.S;
  return [call(request.IndexName ?? request.TableName ?? '', operation, key === undefined ? [] : [key])];
}

function attributesOf({ UpdateExpression = '', ConditionExpression = '' }: Request): string[] {
  if (UpdateExpression === '') return [];
  const words = `${UpdateExpression} ${ConditionExpression}`.match(/(?<![:#\w])[A-Za-z_]\w*/g) ?? [];
  return [...new Set(['pk', 'sk', ...words.filter(word => !EXPRESSION_KEYWORDS.has(word))])];
}

/** Returns the sample event of `test/events/` with this name. */
export function sample(name: string): Record<string, unknown> {
  return JSON.parse(readFileSync(new URL(`../events/${name}.json`, import.meta.url), 'utf8'));
}
