import { Readable } from 'node:stream';
import type { DynamoDBClientConfig } from '@aws-sdk/client-dynamodb';

interface ProxyRequest {
  /** For example `PutItem`. */
  readonly operation: string;
  readonly body: Record<string, unknown>;
}
export interface ProxyResponse {
  readonly statusCode: number;
  readonly body: Record<string, unknown>;
}
type Forward = (body?: object) => Promise<ProxyResponse>;
/** Handles a request between the AWS SDK and the engine: forwards it (changed or not), responds itself, or throws. */
type Around = (request: ProxyRequest, forward: Forward) => Promise<ProxyResponse>;

interface EngineRequest {
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: unknown;
}
interface EngineHandler {
  handle(request: EngineRequest): Promise<{ response: { statusCode: number; body: Uint8Array } }>;
}

/** A proxy between the AWS SDK and the engine. It records operations, and a test may replace `around` at any time. */
export class DynamoDbProxy {
  /** Operations since `start`, in the order of their requests. */
  readonly operations: string[] = [];
  around: Around = (_, forward) => forward();

  /** Clears the record. */
  start(): void {
    this.operations.length = 0;
  }

  /** Returns the write operations since `start`. */
  writes(): string[] {
    return this.operations.filter(isWrite);
  }

  readonly settings = (settings: DynamoDBClientConfig): DynamoDBClientConfig => {
    const engine = settings.requestHandler as unknown as EngineHandler;
    const handle = async (request: EngineRequest) => {
      const operation = request.headers['x-amz-target']?.split('.').at(-1) ?? '';
      this.operations.push(operation);
      const text =
        request.body instanceof Uint8Array ? new TextDecoder().decode(request.body) : String(request.body);
      const body = JSON.parse(text) as Record<string, unknown>;
      const forward: Forward = async changed => {
        const sent = changed ? { ...request, body: JSON.stringify(changed) } : request;
        const { response } = await engine.handle(sent);
        const text = new TextDecoder().decode(response.body);
        return { statusCode: response.statusCode, body: JSON.parse(text) };
      };
      const answer = await this.around({ operation, body }, forward);
      const headers = { 'content-type': 'application/x-amz-json-1.0' };
      const bytes = Buffer.from(JSON.stringify(answer.body));
      return { response: { statusCode: answer.statusCode, headers, body: Readable.from([bytes]) } };
    };
    return { ...settings, requestHandler: { handle } } as DynamoDBClientConfig;
  };
}

const isWrite = (operation: string): boolean =>
  /^(Put|Update|Delete|BatchWrite|BatchExecute)/.test(operation);

/** Returns an error response of DynamoDB. */
export function errorAnswer(name: string, statusCode = 400): ProxyResponse {
  return {
    statusCode,
    body: { __type: `com.amazonaws.dynamodb.v20120810#${name}`, message: `${name} of table-xyz` },
  };
}

/** Returns the error of a connection that ends before the response. */
export function connectionCut(): Error {
  return Object.assign(new Error('connection cut'), { name: 'TimeoutError' });
}

/** Moment of a crash at a write: before it is applied, after half of a batch, or after it but before the response. */
export type CrashPoint = 'before' | 'half' | 'after';

/** Simulates a process that crashes at its k-th write, counted from 1. None of its later requests reaches the engine. */
export function crashAt(
  k: number,
  point: CrashPoint,
): { readonly around: Around; readonly crashed: () => boolean } {
  let writes = 0;
  let crashed = false;
  const around: Around = async (request, forward) => {
    if (crashed) throw connectionCut();
    if (!isWrite(request.operation) || ++writes < k) return forward();
    crashed = true;
    if (point === 'half') await forward(halved(request).sent);
    if (point === 'after') await forward();
    throw connectionCut();
  };
  return { around, crashed: () => crashed };
}

/** Probabilities of faults, each from 0 to 1. */
interface FaultRates {
  /** Calls that are rejected before they are applied. */
  readonly throttled?: number;
  /** Batches of which only the first half is processed. */
  readonly unprocessed?: number;
  /** Connections that end after the call was applied and before its response. */
  readonly cut?: number;
}

/** Simulates a store with random faults. @param random returns numbers in [0, 1) */
export function randomFaults(
  { throttled = 0, unprocessed = 0, cut = 0 }: FaultRates,
  random: () => number,
): Around {
  return async (request, forward) => {
    if (random() < throttled) return errorAnswer('ProvisionedThroughputExceededException');
    const half =
      request.operation.startsWith('Batch') && random() < unprocessed ? halved(request) : undefined;
    const answer = await forward(half?.sent);
    const partial = half && answer.statusCode === 200 ? half.withRest(answer) : answer;
    if (random() < cut) throw connectionCut();
    return partial;
  };
}

/** Retries throttled requests at once, as the SDK does after its pauses. */
export function retryThrottled(around: Around): Around {
  return async (request, forward) => {
    for (;;) {
      const answer = await around(request, forward);
      if (!String(answer.body.__type).endsWith('ThroughputExceededException')) return answer;
    }
  };
}

interface Halved {
  readonly sent: object;
  /** Adds the other half to the response of the sent half, as unprocessed. */
  readonly withRest: (answer: ProxyResponse) => ProxyResponse;
}

type PerTable<T> = Record<string, T>;

/** Splits off the first half of a batch on one table; any other request stays whole. */
function halved({ operation, body }: ProxyRequest): Halved {
  if (operation === 'BatchExecuteStatement') {
    const { Statements } = body as { Statements: object[] };
    const half = Math.ceil(Statements.length / 2);
    const rest = Statements.slice(half).map(() => ({ Error: { Code: 'ThrottlingError', Message: 'slow' } }));
    return {
      sent: { ...body, Statements: Statements.slice(0, half) },
      withRest: answer => ({
        ...answer,
        body: { Responses: [...((answer.body.Responses as object[]) ?? []), ...rest] },
      }),
    };
  }
  if (operation === 'BatchWriteItem') {
    const [[table, requests]] = Object.entries(body.RequestItems as PerTable<object[]>) as [
      [string, object[]],
    ];
    const half = Math.ceil(requests.length / 2);
    const rest = requests.slice(half);
    return {
      sent: { RequestItems: { [table]: requests.slice(0, half) } },
      withRest: answer => ({
        ...answer,
        body: { UnprocessedItems: rest.length > 0 ? { [table]: rest } : {} },
      }),
    };
  }
  if (operation === 'BatchGetItem') {
    const [[table, batch]] = Object.entries(body.RequestItems as PerTable<{ Keys: object[] }>) as [
      [string, { Keys: object[] }],
    ];
    const half = Math.ceil(batch.Keys.length / 2);
    const rest = batch.Keys.slice(half);
    const UnprocessedKeys = rest.length > 0 ? { [table]: { ...batch, Keys: rest } } : {};
    return {
      sent: { RequestItems: { [table]: { ...batch, Keys: batch.Keys.slice(0, half) } } },
      withRest: answer => ({ ...answer, body: { ...answer.body, UnprocessedKeys } }),
    };
  }
  return { sent: body, withRest: answer => answer };
}
