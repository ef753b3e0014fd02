import type { IncomingMessage, RequestOptions } from 'node:http';
import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { TargetRequest } from '../notification/render.ts';
import type { CheckedAddress, Resolve } from './public-address.ts';
import { checkAddress, systemResolve } from './public-address.ts';

/** Milliseconds within which the name of a target must resolve and the target must answer. */
const TIMEOUT_MS = 10_000;

export interface SendOptions {
  /** Allows http to this machine, for a target beside the local service. */
  readonly loopbackHttp: boolean;
  readonly resolve?: Resolve;
  readonly timeoutMs?: number;
}

/** Status and pause of an answer. Its body is not read. */
interface TargetAnswer {
  readonly status: number;
  readonly retryAfter: string | undefined;
}

/**
 * Posts a request to the checked address of its URL. Redirects are not followed.
 * @throws AddressRefused, and the errors of the network
 */
export async function sendRequest(
  { url, headers, body }: TargetRequest,
  { loopbackHttp, resolve = systemResolve, timeoutMs = TIMEOUT_MS }: SendOptions,
): Promise<TargetAnswer> {
  const target = new URL(url);
  const signal = AbortSignal.timeout(timeoutMs);
  // A resolver cannot be aborted, so its answer is not awaited any longer.
  const address = await Promise.race([checkAddress(target, loopbackHttp, resolve), failAtAbort(signal)]);
  return new Promise((settle, fail) => {
    const options: RequestOptions = {
      method: 'POST',
      headers: { ...headers, 'content-length': Buffer.byteLength(body) },
      // A connection of its own: one that is kept could be to another address.
      agent: false,
      lookup: pinned(address),
      signal,
    };
    const onAnswer = (answer: IncomingMessage): void => {
      answer.on('error', () => undefined);
      settle({ status: answer.statusCode ?? 0, retryAfter: answer.headers['retry-after'] });
      answer.destroy();
    };
    const send = target.protocol === 'https:' ? httpsRequest : httpRequest;
    const sent = send(target, options, onAnswer);
    sent.on('error', fail);
    sent.end(body);
  });
}

function failAtAbort(signal: AbortSignal): Promise<never> {
  return new Promise((_, fail) =>
    signal.addEventListener('abort', () => fail(signal.reason as Error), { once: true }),
  );
}

/** Returns a resolver that returns one address. Node calls it for names only; an address in a URL was checked as it is. */
function pinned({ address, family }: CheckedAddress): NonNullable<RequestOptions['lookup']> {
  return (_, options, done) => {
    if (options.all) done(null, [{ address, family }]);
    else done(null, address, family);
  };
}
