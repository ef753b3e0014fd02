import { Fault } from '../shared/errors.ts';
import { answerProblem } from '../shared/http/app.ts';

const LOOPBACK = new Set(['localhost', '127.0.0.1', '[::1]']);

/** Returns true when a service that listens on the host can be reached from this machine only. */
export const isLoopback = (host: string): boolean => LOOPBACK.has(host.includes(':') ? `[${host}]` : host);

/**
 * Rejects requests that a web page in the operator's browser could send to a service on loopback. They have another
 * host name (DNS rebinding) or come from the page of another site.
 * @returns undefined for a request to accept
 */
export function refuseForeign(request: Request): Response | undefined {
  const hosts = [request.url, request.headers.get('origin')].flatMap(url =>
    url === null ? [] : [hostOf(url)],
  );
  if (hosts.every(host => LOOPBACK.has(host))) return undefined;
  return answerProblem(
    new Fault(
      'forbidden',
      'only programs on this machine may call this service, not web pages; to allow other callers, start with --auth',
    ),
  );
}

function hostOf(url: string): string {
  return URL.canParse(url) ? new URL(url).hostname : '';
}
