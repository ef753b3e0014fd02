import { Readable } from 'node:stream';
import type { DynamoDBClientConfig } from '@aws-sdk/client-dynamodb';

export interface WireRequest {
  /** For example `PutItem`. */
  readonly operation: string;
  readonly body: Record<string, unknown>;
}
export interface WireAnswer {
  readonly statusCode: number;
  readonly body: Record<string, unknown>;
}
type Forward = (body?: object) => Promise<WireAnswer>;
/** Stands between the AWS SDK and the engine: hands a request on (changed or not), or answers by itself, or throws. */
export type Around = (request: WireRequest, forward: Forward) => Promise<WireAnswer>;

interface EngineRequest {
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: unknown;
}
interface EngineHandler {
  handle(request: EngineRequest): Promise<{ response: { statusCode: number; body: Uint8Array } }>;
}

/** A wire that counts what passes and can be tapped at any moment. */
export class DynamoDbProxy {
  /** Operations in the order of their requests, since `start`. */
  readonly seen: string[] = [];
  around: Around = (_, forward) => forward();

  /** Forgets what passed. */
  start(): void {
    this.seen.length = 0;
  }

  /** Requests that change something, since `start`. */
  writes(): string[] {
    return this.seen.filter(isWrite);
  }

  readonly settings = (settings: DynamoDBClientConfig): DynamoDBClientConfig => {
    const engine = settings.requestHandler as unknown as EngineHandler;
    const handle = async (request: EngineRequest) => {
      const operation = request.headers['x-amz-target']?.split('.').at(-1) ?? '';
      this.seen.push(operation);
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

/** What DynamoDB answers when something is wrong. */
export function errorAnswer(name: string, statusCode = 400): WireAnswer {
  return {
    statusCode,
    body: { __type: `com.amazonaws.dynamodb.v20120810#${name}`, message: `${name} of table-xyz` },
  };
}

/** The end of a connection before an answer. */
export function connectionCut(): Error {
  return Object.assign(new Error('connection cut'), { name: 'TimeoutError' });
}

/** The end of the process that asked: before its write is applied, when half of a batch is, or before the answer. */
export type Death = 'before' | 'half' | 'after';

/** A process that dies at its k-th write, counted from 1; what it asks from then on never gets out. */
export function dyingAt(k: number, death: Death): { readonly around: Around; readonly died: () => boolean } {
  let writes = 0;
  let dead = false;
  const around: Around = async (request, forward) => {
    if (dead) throw connectionCut();
    if (!isWrite(request.operation) || ++writes < k) return forward();
    dead = true;
    if (death === 'half') await forward(halved(request).sent);
    if (death === 'after') await forward();
    throw connectionCut();
  };
  return { around, died: () => dead };
}

/** How much of what is asked fails, each as a share from 0 to 1. */
export interface Weather {
  /** Calls refused before they are applied. */
  readonly throttled?: number;
  /** Batches of which only the first half is done. */
  readonly unprocessed?: number;
  /** Connections that end after the call was applied, before its answer. */
  readonly cut?: number;
}

/** A store in bad weather. @param random from 0 up to 1 */
export function weather({ throttled = 0, unprocessed = 0, cut = 0 }: Weather, random: () => number): Around {
  return async (request, forward) => {
    if (random() < throttled) return errorAnswer('ProvisionedThroughputExceededException');
    const half =
      request.operation.startsWith('Batch') && random() < unprocessed ? halved(request) : undefined;
    const answer = await forward(half?.sent);
    const said = half && answer.statusCode === 200 ? half.left(answer) : answer;
    if (random() < cut) throw connectionCut();
    return said;
  };
}

/** Asks again at once what was throttled, as the SDK does after its pauses. */
export function untilThrough(around: Around): Around {
  return async (request, forward) => {
    for (;;) {
      const answer = await around(request, forward);
      if (!String(answer.body.__type).endsWith('ThroughputExceededException')) return answer;
    }
  };
}

interface Halved {
  readonly sent: object;
  /** The answer of the sent half with the other one named as left. */
  readonly left: (answer: WireAnswer) => WireAnswer;
}

type PerTable<T> = Record<string, T>;

/** The first half of a batch of one table; what is no batch stays whole. */
function halved({ operation, body }: WireRequest): Halved {
  if (operation === 'BatchExecuteStatement') {
    const { Statements } = body as { Statements: object[] };
    const half = Math.ceil(Statements.length / 2);
    const rest = Statements.slice(half).map(() => ({ Error: { Code: 'ThrottlingError', Message: 'slow' } }));
    return {
      sent: { ...body, Statements: Statements.slice(0, half) },
      left: answer => ({
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
      left: answer => ({ ...answer, body: { UnprocessedItems: rest.length > 0 ? { [table]: rest } : {} } }),
    };
  }
  if (operation === 'BatchGetItem') {
    const [[table, asked]] = Object.entries(body.RequestItems as PerTable<{ Keys: object[] }>) as [
      [string, { Keys: object[] }],
    ];
    const half = Math.ceil(asked.Keys.length / 2);
    const rest = asked.Keys.slice(half);
    const UnprocessedKeys = rest.length > 0 ? { [table]: { ...asked, Keys: rest } } : {};
    return {
      sent: { RequestItems: { [table]: { ...asked, Keys: asked.Keys.slice(0, half) } } },
      left: answer => ({ ...answer, body: { ...answer.body, UnprocessedKeys } }),
    };
  }
  return { sent: body, left: answer => answer };
}
