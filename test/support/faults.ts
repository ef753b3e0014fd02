import type { DynamoDBClientConfig } from '@aws-sdk/client-dynamodb';

interface EngineRequest {
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: unknown;
}
interface EngineHandler {
  handle(request: EngineRequest): Promise<unknown>;
}

/** Makes the calls for which `hangs` returns true wait after `hang()` until `release()`. */
export function hanging(hangs: (operation: string, body: string) => boolean) {
  let gate = Promise.withResolvers<void>();
  gate.resolve();
  const settings = beforeEachCall(async (operation, body) => {
    if (hangs(operation, body)) await gate.promise;
  });
  return {
    settings,
    hang: () => {
      gate = Promise.withResolvers<void>();
    },
    release: () => gate.resolve(),
  };
}

/**
 * Makes calls fail before they reach the engine.
 * @param fails receives the operation's name and the request's body; true makes the call fail
 */
export function failing(fails: (operation: string, body: string) => boolean) {
  return beforeEachCall(async (operation, body) => {
    if (fails(operation, body)) throw Object.assign(new Error('connection cut'), { name: 'TimeoutError' });
  });
}

/** Runs a function before each call reaches the engine. Its error reaches the SDK, which does not retry here. */
function beforeEachCall(before: (operation: string, body: string) => Promise<void>) {
  return (settings: DynamoDBClientConfig): DynamoDBClientConfig => {
    const engine = settings.requestHandler as unknown as EngineHandler;
    const handle = async (request: EngineRequest): Promise<unknown> => {
      const operation = request.headers['x-amz-target']?.split('.').at(-1) ?? '';
      const body =
        request.body instanceof Uint8Array ? new TextDecoder().decode(request.body) : String(request.body);
      await before(operation, body);
      return engine.handle(request);
    };
    return { ...settings, maxAttempts: 1, requestHandler: { handle } };
  };
}
