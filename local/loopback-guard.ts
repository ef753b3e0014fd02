import { Fault } from '../shared/errors.ts';
import { answerProblem } from '../shared/http/app.ts';

const LOOPBACK = new Set(['localhost', '127.0.0.1', '[::1]']);

/** Whether a host to listen on is reached from this machine only. */
export const isLoopback = (host: string): boolean => LOOPBACK.has(host.includes(':') ? `[${host}]` : host);

/**
 * Refuses what a web page in the operator's browser could send to a service on loopback: a request whose Host is
 * another name (DNS rebinding), or that comes from another site's page.
 */
export function refuseForeign(request: Request): Response | undefined {
  const hosts = [request.url, request.headers.get('origin')].flatMap(url =>
    url === null ? [] : [hostOf(url)],
  );
  if (hosts.every(host => LOOPBACK.has(host))) return undefined;
  return answerProblem(new Fault('forbidden', 'this service answers this machine only, and no web page'));
}

function hostOf(url: string): string {
  return URL.canParse(url) ? new URL(url).hostname : '';
}
