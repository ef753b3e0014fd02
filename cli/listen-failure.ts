import { errorCode, errorMessage } from './errors.ts';
import { EXIT, Failure } from './exit-codes.ts';

/** An address to listen on. */
export interface ListenAddress {
  readonly host: string;
  readonly port: number;
}

/** Returns the failure of a process that could not start to listen. @param what name of the process, `the edge` */
export function listenFailure(what: string, { host, port }: ListenAddress, error: unknown): Failure {
  const noAddress = `${host} is not an address of this machine: use --listen with one that is`;
  const reasons: Readonly<Record<string, string>> = {
    EADDRINUSE: `port ${port} is in use: stop what listens there, or choose another with --listen`,
    EADDRNOTAVAIL: noAddress,
    ENOTFOUND: noAddress,
    EACCES: `port ${port} needs more rights: choose another with --listen`,
  };
  const reason = reasons[errorCode(error)] ?? errorMessage(error);
  return new Failure(EXIT.unsuccessful, `${what} could not start: ${reason}`, [], error);
}

/** Returns the URL of a process that listens. */
export function listenUrl({ host, port }: ListenAddress): string {
  return `http://${host.includes(':') ? `[${host}]` : host}:${port}`;
}
