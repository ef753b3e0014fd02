import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { parseOrigin } from '../shared/config.ts';
import { Fault } from '../shared/errors.ts';
import { jsonLog } from '../shared/log.ts';
import { maskPasswords } from '../shared/mask-passwords.ts';
import { buildPage } from '../web/build.ts';
import { DataFolderError } from './engine/data-folder.ts';
import { TableMismatchError } from './engine/tables.ts';
import { listen } from './http-server.ts';
import { isLoopback } from './loopback-guard.ts';
import { NotifyFileError } from './notification/notify-file.ts';
import { CycleScheduler, parsePeriod } from './scheduler.ts';
import type { Service } from './service.ts';
import { openService } from './service.ts';
import { TokenFileError } from './token-auth.ts';
import { TokenFile } from './token-file.ts';

const HELP = `Usage: npm start -- [options]

Serves PM Tuning on this machine, with an embedded DynamoDB engine and the hourly cycle.

Options:
  --data DIR      folder for the data                            (default: .pm-tuning)
  --memory        keep the data in memory; they are lost when the service stops
  --every TIME    run a cycle every 30s, 10m, 1h …, or off       (default: 1h)
  --port PORT     port; 0 takes a free one                       (default: $PORT, or 8787)
  --auth FILE     require tokens: {"<token>": {"role": "pm|reader|operator", "name": "who"}}
  --host HOST     address to listen on; others than loopback need --auth
                                                                 (default: 127.0.0.1)
  --notify FILE   targets of notifications, a file of mode 0600   (default: $NOTIFY_CONFIG, or none)
  --origin URL    origin of the service's own pages behind a proxy, such as
                  https://tuning.example.com; may be repeated    (default: $ORIGINS, or none)
  --help          print this text

Environment:
  PORT                 the same as --port
  NOTIFY_CONFIG        the same as --notify
  DYNAMODB_ENDPOINT    DynamoDB-compatible endpoint to use instead of the embedded engine;
                       missing tables are created there
  N_MIN, LOOKBACK_DAYS, LOG_LEVEL, …   see "Settings" in the README

Exit codes: 0 stopped, 1 could not start, 2 invalid options.
`;

const DEFAULT_PORT = '8787';
/** Milliseconds within which the process ends after a signal, whatever hangs. */
const MAX_STOP_MS = 4500;
/** Milliseconds in which a run under way may end. */
const RUN_GRACE_MS = 2000;

interface Options {
  readonly data: string | undefined;
  readonly endpoint: string | undefined;
  readonly periodMs: number | undefined;
  readonly every: string;
  readonly port: number;
  readonly host: string;
  readonly auth: string | undefined;
  readonly notify: string | undefined;
  readonly origins: readonly string[];
}

/** @throws Error that names the invalid option */
function readOptions(): Options | 'help' {
  const { values } = parseArgs({
    options: {
      data: { type: 'string', default: '.pm-tuning' },
      memory: { type: 'boolean', default: false },
      every: { type: 'string', default: '1h' },
      port: { type: 'string', default: process.env.PORT || DEFAULT_PORT },
      auth: { type: 'string' },
      notify: { type: 'string' },
      origin: { type: 'string', multiple: true, default: [] },
      host: { type: 'string', default: '127.0.0.1' },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (values.help) return 'help';
  if (!/^\d{1,5}$/.test(values.port) || Number(values.port) > 65_535)
    throw new Error(`--port takes a number from 0 to 65535, not "${values.port}"`);
  if (values.auth === undefined && !isLoopback(values.host))
    throw new Error(
      `--host ${JSON.stringify(values.host)} needs tokens (--auth FILE); without tokens use --host 127.0.0.1`,
    );
  return {
    data: values.memory ? undefined : resolve(values.data),
    endpoint: process.env.DYNAMODB_ENDPOINT || undefined,
    periodMs: parsePeriod(values.every),
    every: values.every,
    port: Number(values.port),
    host: values.host,
    auth: values.auth,
    notify: values.notify ?? (process.env.NOTIFY_CONFIG || undefined),
    origins: values.origin.map(parseOrigin),
  };
}

function exit(code: number, message: string): never {
  process.stderr.write(`${maskPasswords(message)}\n`);
  process.exit(code);
}

/** Returns one line for an error that a user can fix, and the stack of any other. */
function explain(error: unknown, { port, host, endpoint, data }: Options): string {
  if (
    error instanceof DataFolderError ||
    error instanceof TokenFileError ||
    error instanceof NotifyFileError ||
    error instanceof TableMismatchError
  )
    return error.message;
  if (error instanceof Fault && error.code === 'newer_data')
    return `${endpoint ?? data}: ${error.message}, or use another ${endpoint === undefined ? 'folder (--data)' : 'endpoint'}`;
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'EADDRINUSE')
    return `port ${port} is in use; stop what listens there, or choose another with --port`;
  if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND')
    return `${host} is not an address of this machine; use --host with one that is`;
  if (code === 'EACCES') return `port ${port} needs more rights; choose another with --port`;
  if (error instanceof Error && error.message.startsWith('invalid settings:')) return error.message;
  if (endpoint !== undefined) return `the DynamoDB endpoint ${endpoint} does not work: ${reasonOf(error)}`;
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

function reasonOf(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0) return reasonOf(error.errors[0]);
  return error instanceof Error ? error.message || error.name : String(error);
}

function banner(options: Options, service: Service, port: number, firstMs: number | undefined): string {
  const url = `http://${options.host.includes(':') ? `[${options.host}]` : options.host}:${port}`;
  const isDefault = port === Number(DEFAULT_PORT) && options.host === '127.0.0.1';
  const urlOption = isDefault ? '' : ` --url ${url}`;
  const target = options.auth === undefined ? urlOption : `${urlOption} --token TOKEN`;
  const storage = options.endpoint ?? options.data ?? 'in memory, lost when the service stops';
  const created =
    service.createdTables.length > 0 && options.endpoint
      ? ` (created ${service.createdTables.join(', ')})`
      : '';
  const next =
    firstMs === undefined ? 'only on request' : `every ${options.every}, next ${time(Date.now() + firstMs)}`;
  const notify = options.notify === undefined ? '' : `\n  notify  ${options.notify}`;
  return `PM Tuning listens on ${url}
  page    ${url}/ui
  data    ${storage}${created}
  cycle   ${next}${notify}

Try next, in another terminal:
  npm run cli -- import test/data/pm-episode-events.jsonl${target}
  npm run cli -- cycle --as-of 2025-01-20${target}
    (a trial: it shows what it would change, and how to publish that)
  npm run cli -- lookup pm.uptrend.S1.entry --scope chain=solana,timeframe=15m --threshold ts_min=0.6${target}
  curl${options.auth === undefined ? '' : " -H 'authorization: Bearer TOKEN'"} ${url}/v1/status

Ctrl-C stops it.
`;
}

const time = (ms: number): string => `${new Date(ms).toISOString().slice(0, 16).replace('T', ' ')} UTC`;

async function main(): Promise<void> {
  let options: Options | 'help';
  try {
    options = readOptions();
  } catch (error) {
    exit(2, `${error instanceof Error ? error.message : error}\nTry: npm start -- --help`);
  }
  if (options === 'help') return void process.stdout.write(HELP);
  try {
    await run(options);
  } catch (error) {
    exit(1, explain(error, options));
  }
}

async function run(options: Options): Promise<void> {
  // Files of the data folder are for this user alone.
  process.umask(0o077);
  const level = process.env.LOG_LEVEL === 'debug' ? 'debug' : 'info';
  const log = jsonLog(level, line => process.stderr.write(`${maskPasswords(line)}\n`), Date.now);
  const tokens = options.auth === undefined ? undefined : new TokenFile(options.auth, log);
  const { origins } = options;
  const service = await openService({
    data: options.data,
    endpoint: options.endpoint,
    environment: { ...process.env, ...(origins.length > 0 && { ORIGINS: origins.join() }) },
    log,
    callers: tokens && (() => tokens.callers()),
    page: await buildPage(),
    inThreads: true,
    notifications: options.notify === undefined ? undefined : { file: options.notify, folder: options.data },
  });
  const { config } = service.runtime;
  const listenOptions = { host: options.host, tokens: tokens !== undefined, origins: config.origins };
  const server = await listen(service.app, options.port, listenOptions).catch(async error => {
    await service.close();
    throw error;
  });
  const scheduler =
    options.periodMs === undefined
      ? undefined
      : new CycleScheduler(service.runtime, service.stateMachine, options.periodMs);
  const firstMs = await scheduler?.start();
  service.notifier?.start();

  let stopping = false;
  const stop = async (): Promise<void> => {
    // A second signal ends the process at once.
    if (stopping) process.exit(130);
    stopping = true;
    process.stdout.write('\nStopping …\n');
    setTimeout(() => exit(0, 'Stopped with work unfinished: what was acknowledged is stored.'), MAX_STOP_MS);
    scheduler?.stop();
    await Promise.all([server.close(), service.stateMachine.stop(RUN_GRACE_MS)]);
    await service.close(0);
    process.stdout.write('Stopped.\n');
    process.exit(0);
  };
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    process.on(signal, () => void stop().catch(error => exit(1, `not stopped cleanly: ${reasonOf(error)}`)));
  // This text is printed last, because a process that reads it may send a signal at once.
  process.stdout.write(maskPasswords(banner(options, service, server.port, firstMs)));
}

await main();
