import { Fault } from '../shared/errors.ts';
import { answerProblem } from '../shared/http/app.ts';

const LOOPBACK = new Set(['localhost', '127.0.0.1', '[::1]']);

/** Returns true when a service that listens on the host can be reached from this machine only. */
export const isLoopback = (host: string): boolean => LOOPBACK.has(host.includes(':') ? `[${host}]` : host);

/**
 * Rejects requests to another host name than loopback or that of an own origin. A web page sends them when its name
 * resolves to this machine (DNS rebinding); its origin would then look like the service's.
 * @param origins own origins, such as that of a proxy
 * @returns undefined for a request to accept
 */
export function refuseForeignHost(request: Request, origins: readonly string[]): Response | undefined {
  const host = new URL(request.url).hostname;
  if (LOOPBACK.has(host) || origins.some(origin => new URL(origin).hostname === host)) return undefined;
  return answerProblem(
    new Fault(
      'forbidden',
      'this service answers to localhost only: use 127.0.0.1, name a proxy with --origin, or start with --auth',
    ),
  );
}
