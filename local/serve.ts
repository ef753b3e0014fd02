import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { jsonLog } from '../shared/log.ts';
import { DataFolderError } from './engine/embedded-dynamodb.ts';
import { isLoopback } from './loopback-guard.ts';
import { CycleScheduler, parsePeriod } from './scheduler.ts';
import type { Service } from './service.ts';
import { listen, openService } from './service.ts';
import { readCallers, TokenFileError } from './token-auth.ts';

const HELP = `Usage: npm start -- [options]

Serves PM Tuning on this machine, with an embedded DynamoDB engine and the hourly cycle.

Options:
  --data DIR      folder for the data                            (default: .pm-tuning)
  --memory        keep the data in memory; it is gone at the end
  --every TIME    run a cycle every 30s, 10m, 1h …, or off       (default: 1h)
  --port PORT     port; 0 takes a free one                       (default: $PORT, or 8787)
  --auth FILE     ask for tokens: {"<token>": {"role": "pm|reader|operator", "name": "who"}}
  --host HOST     address to listen on; with --auth any          (default: 127.0.0.1)
  --help          this text

Environment:
  PORT                 the same as --port
  DYNAMODB_ENDPOINT    use this DynamoDB-compatible endpoint instead of the embedded engine;
                       missing tables are created there
  N_MIN, LOOKBACK_DAYS, LOG_LEVEL, …   see "Settings" in the README

Exit codes: 0 stopped, 1 could not start, 2 the options are wrong.
`;

const DEFAULT_PORT = '8787';

interface Options {
  readonly data: string | undefined;
  readonly endpoint: string | undefined;
  readonly periodMs: number | undefined;
  readonly every: string;
  readonly port: number;
  readonly host: string;
  readonly auth: string | undefined;
}

/** @throws Error whose message says which option is wrong */
function readOptions(): Options | 'help' {
  const { values } = parseArgs({
    options: {
      data: { type: 'string', default: '.pm-tuning' },
      memory: { type: 'boolean', default: false },
      every: { type: 'string', default: '1h' },
      port: { type: 'string', default: process.env.PORT || DEFAULT_PORT },
      auth: { type: 'string' },
      host: { type: 'string', default: '127.0.0.1' },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (values.help) return 'help';
  if (!/^\d{1,5}$/.test(values.port) || Number(values.port) > 65_535)
    throw new Error(`the port is a number from 0 to 65535, not "${values.port}"`);
  if (values.auth === undefined && !isLoopback(values.host))
    throw new Error(
      `without tokens (--auth) this machine alone is served: --host 127.0.0.1, not "${values.host}"`,
    );
  return {
    data: values.memory ? undefined : resolve(values.data),
    endpoint: process.env.DYNAMODB_ENDPOINT || undefined,
    periodMs: parsePeriod(values.every),
    every: values.every,
    port: Number(values.port),
    host: values.host,
    auth: values.auth,
  };
}

function exit(code: number, message: string): never {
  process.stderr.write(`${message}\n`);
  process.exit(code);
}

/** One line for what a user can mend; anything else keeps its stack. */
function explain(error: unknown, { port, host, endpoint }: Options): string {
  if (error instanceof DataFolderError || error instanceof TokenFileError) return error.message;
  if (error instanceof Error && 'code' in error && error.code === 'EADDRINUSE')
    return `port ${port} is in use; stop what listens there, or choose another with PORT=…`;
  if (
    error instanceof Error &&
    'code' in error &&
    ['EADDRNOTAVAIL', 'ENOTFOUND'].includes(String(error.code))
  )
    return `${host} is no address of this machine`;
  if (error instanceof Error && 'code' in error && error.code === 'EACCES')
    return `port ${port} may not be used`;
  if (error instanceof Error && error.message.startsWith('settings:')) return error.message;
  if (endpoint !== undefined) return `the DynamoDB endpoint ${endpoint} does not work: ${reasonOf(error)}`;
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

function reasonOf(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0) return reasonOf(error.errors[0]);
  return error instanceof Error ? error.message || error.name : String(error);
}

function banner(options: Options, service: Service, port: number, firstMs: number | undefined): string {
  const url = `http://${options.host.includes(':') ? `[${options.host}]` : options.host}:${port}`;
  const there = port === Number(DEFAULT_PORT) && options.host === '127.0.0.1' ? '' : ` --url ${url}`;
  const to = options.auth === undefined ? there : `${there} --token TOKEN`;
  const where = options.endpoint ?? options.data ?? 'in memory; gone when this stops';
  const created =
    service.createdTables.length > 0 && options.endpoint
      ? ` (created ${service.createdTables.join(', ')})`
      : '';
  const next =
    firstMs === undefined ? 'only when asked' : `every ${options.every}, next ${time(Date.now() + firstMs)}`;
  return `PM Tuning listens on ${url}
  data    ${where}${created}
  cycle   ${next}

Try next, in another terminal:
  npm run cli -- import test/data/pm-episode-events.jsonl${to}
  npm run cli -- cycle --as-of 2025-01-20T00:00:00Z${to}
  npm run cli -- lookup pm.uptrend.S1.entry --scope chain=solana,timeframe=15m --threshold ts_min=0.6${to}
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
  const level = process.env.LOG_LEVEL === 'debug' ? 'debug' : 'info';
  const log = jsonLog(level, line => process.stderr.write(`${line}\n`), Date.now);
  const callers = options.auth === undefined ? undefined : readCallers(options.auth);
  const service = await openService({
    data: options.data,
    endpoint: options.endpoint,
    environment: process.env,
    log,
    callers,
  });
  const reach = { host: options.host, tokens: callers !== undefined };
  const server = await listen(service.app, options.port, reach).catch(async error => {
    await service.close();
    throw error;
  });
  const clock =
    options.periodMs === undefined
      ? undefined
      : new CycleScheduler(service.runtime, service.stateMachine, options.periodMs);
  const firstMs = await clock?.start();

  let stopping = false;
  const stop = async (): Promise<void> => {
    // Whoever asks twice does not want to wait.
    if (stopping) process.exit(130);
    stopping = true;
    process.stdout.write('\nStopping …\n');
    clock?.stop();
    await server.close();
    await service.close();
    process.stdout.write('Stopped.\n');
    process.exit(0);
  };
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    process.on(signal, () => void stop().catch(error => exit(1, `not stopped cleanly: ${reasonOf(error)}`)));
  // Whoever reads that it listens may stop it at once.
  process.stdout.write(banner(options, service, server.port, firstMs));
}

await main();
