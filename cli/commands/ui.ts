import { type Command, Option } from 'commander';
import { isLoopback } from '../../local/loopback-guard.ts';
import { SigningError } from '../../shared/aws/signed-fetch.ts';
import { jsonLog } from '../../shared/log.ts';
import { listenAddress } from '../arguments.ts';
import { fetchFailure } from '../errors.ts';
import { usageError } from '../exit-codes.ts';
import type { Host } from '../host.ts';
import { type ListenAddress, listenFailure, listenUrl } from '../listen-failure.ts';
import { servePage } from '../serve-page.ts';
import { type WayInOptions, wayInOf } from '../way-in.ts';

interface Options extends WayInOptions {
  readonly listen: ListenAddress;
}

const HELP = `
A service whose API wants IAM signatures has no page of its
own, because a browser has no key to sign with. This command
serves the page on loopback and signs its calls with
credentials of the AWS CLI, until Ctrl-C.

Whoever can reach the address acts with these credentials.
So it listens on loopback only, and refuses web pages of
other origins.

Examples:
  $ pm-tuning ui --sigv4 \\
      --url https://abc.execute-api.eu-west-1.amazonaws.com
  $ pm-tuning ui --profile desk`;

/** Adds `ui`: serves the page of a service that wants signatures. */
export function addUi(program: Command, host: Host): void {
  program
    .command('ui')
    .description('serve the page on loopback, and sign its calls, for an API with IAM')
    .addOption(
      new Option('--listen <host:port>', 'loopback address to listen on')
        .argParser(listenAddress)
        .default({ host: '127.0.0.1', port: 8789 }, '127.0.0.1:8789'),
    )
    .addHelpText('after', HELP)
    .action(async (_: unknown, command: Command) => run(command, host));
}

/** Runs until SIGINT or SIGTERM. @throws Failure when it cannot start */
async function run(command: Command, host: Host): Promise<void> {
  const options = command.optsWithGlobals<Options>();
  const { url, send, signs } = wayInOf(command, options, host);
  if (!signs)
    throw usageError(
      `${url}/ui is the page of a service without signatures; give --sigv4 or --aws-profile for one with them`,
    );
  if (!isLoopback(options.listen.host))
    throw usageError(
      '--listen takes a loopback address only, because whoever reaches the page acts with your credentials',
    );
  // The bundler is loaded with this command alone: it would lengthen the start of the others.
  const { buildPage } = await import('../../web/build.ts');
  const served = await servePage({
    ...options.listen,
    upstream: url,
    send,
    page: await buildPage(),
    reasonOf: (error, timeoutMs) => {
      if (error instanceof SigningError) return error.message;
      const { message, lines } = fetchFailure(url, timeoutMs, error);
      return [message, ...lines].join('; ');
    },
    log: jsonLog('error', line => host.stderr.write(`${line}\n`), Date.now),
  }).catch(error => {
    throw listenFailure('the page', options.listen, error);
  });
  const stopping = new Promise<void>(resolve => host.onInterrupt(resolve));
  const address = listenUrl({ ...options.listen, port: served.port });
  host.stdout.write(`The page is at ${address}/ui\n  service ${url}\n\nCtrl-C stops it.\n`);
  await stopping;
  await served.close();
  host.stdout.write('The page has stopped.\n');
}
