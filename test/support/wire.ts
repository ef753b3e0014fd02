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
export class Wire {
  /** Operations in the order of their requests, since `start`. */
  readonly seen: string[] = [];
  around: Around = (_, forward) => forward();

  /** Forgets what passed. */
  start(): void {
    this.seen.length = 0;
  }

  /** Requests that change something, since `start`. */
  writes(): string[] {
    return this.seen.filter(operation => /^(Put|Update|Delete|BatchWrite|BatchExecute)/.test(operation));
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
