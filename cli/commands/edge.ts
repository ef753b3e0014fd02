import { resolve } from 'node:path';
import { type Command, Option } from 'commander';
import type { Fetch } from '../../client/src/ports.ts';
import { serveEdge } from '../../edge/serve-edge.ts';
import { signedFetch } from '../../shared/aws/signed-fetch.ts';
import { jsonLog } from '../../shared/log.ts';
import { integerAtLeast, listenAddress, serviceUrl } from '../arguments.ts';
import { usageError } from '../exit-codes.ts';
import type { Host } from '../host.ts';
import { type ListenAddress, listenFailure, listenUrl } from '../listen-failure.ts';

interface Options {
  readonly upstream: string;
  readonly dir: string;
  readonly poll?: number;
  readonly listen: ListenAddress;
  readonly origin: readonly string[];
  readonly tokenFile?: string;
  readonly sigv4?: boolean;
  readonly awsProfile?: string;
  readonly token?: string;
}

const HELP = `
The edge answers look-ups from its own copy of the overrides, also while the
service is down, and keeps events and outcomes on disk until the service has
them. Bots call it in place of the service: POST or GET /v1/overrides/lookup,
POST /v1/events, POST /v1/outcomes, GET /v1/snapshots. Monitors read /healthz,
/readyz (?fresh: 503 when stale) and /metrics.

The way to the service: --token-file FILE (read again when the service refuses
it), or --sigv4. Here --token is what callers of the edge must send; the variable
PM_TUNING_EDGE_TOKEN keeps it out of the process list. Without it, the edge
listens on loopback only.

An edge stops at SIGTERM within five seconds, and the next one on the same
folder delivers what it had not.

Examples:
  $ pm-tuning edge --upstream http://10.0.0.5:8787 --token-file edge.token
  $ pm-tuning edge --upstream https://abc.execute-api.eu-west-1.amazonaws.com \\
      --sigv4 --dir /var/lib/pm-tuning`;

/** Adds `edge`: runs the process beside the bot. */
export function addEdge(program: Command, host: Host): void {
  program
    .command('edge')
    .description('run the process beside the bot: look-ups from a copy, events on disk until delivered')
    .addOption(
      new Option('--upstream <url>', 'address of the service, or of another edge')
        .argParser(serviceUrl)
        .makeOptionMandatory(),
    )
    .option('--dir <folder>', 'folder for snapshots and events', '.pm-tuning-edge')
    .addOption(
      new Option('--poll <seconds>', 'mean time between polls; by default what the service says').argParser(
        integerAtLeast(1),
      ),
    )
    .addOption(
      new Option('--listen <host:port>', 'address to listen on')
        .argParser(listenAddress)
        .default({ host: '127.0.0.1', port: 8788 }, '127.0.0.1:8788'),
    )
    .addOption(
      new Option('--origin <url>', 'own origin behind a proxy; repeatable')
        .argParser((url: string, all: readonly string[]) => [...all, new URL(serviceUrl(url)).origin])
        .default([], 'none'),
    )
    .addHelpText('after', HELP)
    .action(async (_: unknown, command: Command) => run(command, host));
}

/** Runs until SIGINT or SIGTERM. @throws Failure when the edge cannot start */
async function run(command: Command, host: Host): Promise<void> {
  const options = command.optsWithGlobals<Options>();
  const isSigned = options.sigv4 === true || options.awsProfile !== undefined;
  if (isSigned && options.tokenFile !== undefined)
    throw usageError('give one way to the service: --token-file, or --sigv4 with --aws-profile');
  const isGiven = command.getOptionValueSourceWithGlobals('token') === 'cli';
  const token = (isGiven ? options.token : undefined) ?? host.env.PM_TUNING_EDGE_TOKEN;
  const served = await serveEdge({
    ...options.listen,
    upstream: options.upstream,
    tokenFile: options.tokenFile,
    fetch: isSigned ? signed(options.awsProfile) : undefined,
    dir: resolve(options.dir),
    pollMs: options.poll === undefined ? undefined : options.poll * 1000,
    token: token === '' ? undefined : token,
    origins: options.origin,
    log: jsonLog('info', line => host.stderr.write(`${line}\n`), Date.now),
  }).catch(error => {
    throw listenFailure('the edge', options.listen, error);
  });
  const address = listenUrl({ ...options.listen, port: served.port });
  const stopping = new Promise<void>(resolve => host.onInterrupt(resolve));
  host.stdout.write(
    `The edge listens on ${address}\n  upstream ${options.upstream}\n  folder   ${resolve(options.dir)}\n`,
  );
  await stopping;
  await served.stop();
  host.stdout.write('The edge has stopped.\n');
}

/** Returns a `fetch` that signs requests. The signature is over a text body. */
function signed(profile: string | undefined): Fetch {
  const send = signedFetch({ profile });
  return (url, { method, headers, body, signal }) =>
    send(url, { method, headers, signal, ...(body !== undefined && { body }) }) as ReturnType<Fetch>;
}
