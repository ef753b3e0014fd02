import { readFileSync } from 'node:fs';
import { Command, CommanderError, Option } from 'commander';
import { isObject } from '../shared/json.ts';
import { maskPasswords } from '../shared/mask-passwords.ts';
import { integerAtLeast, profileName, serviceUrl, token } from './arguments.ts';
import { Client } from './client.ts';
import type { RunCommand } from './command-runner.ts';
import { addChanges } from './commands/changes.ts';
import { addCycle } from './commands/cycle.ts';
import { addCycles } from './commands/cycles.ts';
import { addDoctor } from './commands/doctor.ts';
import { addEdge } from './commands/edge.ts';
import { addEvents } from './commands/events.ts';
import { addEvidence } from './commands/evidence.ts';
import { addExport } from './commands/export.ts';
import { addGuard } from './commands/guard.ts';
import { addHistory } from './commands/history.ts';
import { addImport } from './commands/import.ts';
import { addLessons } from './commands/lessons.ts';
import { addLookup } from './commands/lookup.ts';
import { addMode } from './commands/mode.ts';
import { addNMin } from './commands/nmin.ts';
import { addNotify } from './commands/notify.ts';
import { addOverrides } from './commands/overrides.ts';
import { addParked } from './commands/parked.ts';
import { addProfile } from './commands/profile.ts';
import { addRollback } from './commands/rollback.ts';
import { addRollout } from './commands/rollout.ts';
import { addServiceMode } from './commands/service-mode.ts';
import { addSettings } from './commands/settings.ts';
import { addStatus } from './commands/status.ts';
import { addUi } from './commands/ui.ts';
import { addWhatIf } from './commands/whatif.ts';
import { addWriters } from './commands/writers.ts';
import { ServiceError } from './errors.ts';
import { EXIT, EXIT_CODE_HELP, type ExitCode, Failure } from './exit-codes.ts';
import { printable } from './format.ts';
import type { Host } from './host.ts';
import { DEFAULT_URL, Session, writeWarning } from './session.ts';
import { type WayInOptions, wayInOf } from './way-in.ts';

interface GlobalOptions extends WayInOptions {
  readonly json?: boolean;
  readonly timeout: number;
}

const EXAMPLES = `
Examples:
  $ pm-tuning import events.jsonl old-table.csv.gz
  $ pm-tuning cycle
  $ pm-tuning lessons pm.uptrend.S1.entry
  $ pm-tuning lookup pm.uptrend.S1.entry --scope chain=solana,timeframe=15m --threshold ts_min=0.6
  $ pm-tuning status --json | jq .healthy
`;

/**
 * Runs one command line and returns its exit code (see `EXIT_CODE_HELP`).
 * @param argv the arguments without the program's name
 * @throws only errors that are defects of the program; all others are printed
 */
export async function runCli(argv: readonly string[], host: Host): Promise<ExitCode> {
  let exit: ExitCode = EXIT.ok;
  const program = createProgram(host, argv, async (command, run) => {
    exit = await run(openSession(command, host));
  });
  try {
    await program.parseAsync([...argv], { from: 'user' });
  } catch (error) {
    return reportError(error, host, argv.includes('--json'));
  }
  return exit;
}

function createProgram(host: Host, argv: readonly string[], runCommand: RunCommand): Command {
  const program = new Command('pm-tuning')
    .description(
      'The command line of a PM Tuning service: import events, run cycles, read lessons and overrides.',
    )
    .version(version(), '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print this help')
    .addOption(urlOption())
    .addOption(
      new Option('--token <token>', 'bearer token; the environment variable keeps it out of the process list')
        .env('PM_TUNING_TOKEN')
        .argParser(token),
    )
    .option('--token-file <file>', 'file that holds the bearer token')
    .option('--sigv4', 'sign requests with AWS credentials, for an API with IAM')
    .option('--aws-profile <name>', 'profile of the AWS CLI to sign with (implies --sigv4)')
    .addOption(new Option('--profile <name>', 'saved URL and way in').argParser(profileName))
    .option('--json', "print only the API's response, or the error, as JSON")
    .addOption(
      new Option('--timeout <seconds>', 'time limit of one request').argParser(integerAtLeast(1)).default(30),
    )
    .addHelpText('after', EXAMPLES + EXIT_CODE_HELP)
    .helpCommand('help [command]', 'print the help of a command')
    .configureHelp({
      showGlobalOptions: true,
      // Short terms and narrow descriptions fit a terminal of 60 columns.
      subcommandTerm: command => command.name(),
      minWidthToWrap: 20,
    })
    .showHelpAfterError('(see --help)')
    .showSuggestionAfterError()
    .exitOverride()
    .configureOutput({
      writeOut: text => host.stdout.write(text),
      // With --json the error is the JSON on stdout.
      writeErr: text => (argv.includes('--json') ? true : host.stderr.write(maskPasswords(text))),
      getOutHelpWidth: () => host.stdout.columns ?? 100,
      getErrHelpWidth: () => host.stderr.columns ?? 100,
      getOutHasColors: () => false,
      getErrHasColors: () => false,
    });
  for (const add of COMMANDS) add(program, runCommand);
  addEdge(program, host);
  addUi(program, host);
  return program;
}

const COMMANDS = [
  addImport,
  addExport,
  addCycle,
  addCycles,
  addStatus,
  addEvents,
  addParked,
  addDoctor,
  addLessons,
  addOverrides,
  addLookup,
  addEvidence,
  addGuard,
  addNMin,
  addWhatIf,
  addHistory,
  addChanges,
  addWriters,
  addServiceMode,
  addMode,
  addRollback,
  addRollout,
  addSettings,
  addNotify,
  addProfile,
];

function urlOption(): Option {
  return new Option('--url <url>', 'address of the service')
    .env('PM_TUNING_URL')
    .default(DEFAULT_URL)
    .argParser(serviceUrl);
}

function openSession(command: Command, host: Host): Session {
  const options = command.optsWithGlobals<GlobalOptions>();
  const wayIn = wayInOf(command, options, host);
  const onRetry = (text: string): void => writeWarning(host, text);
  const client = new Client({ ...wayIn, timeoutMs: options.timeout * 1000, host, onRetry });
  return new Session(client, host, options.json === true, wayIn.url, options.profile);
}

/** Prints an error: as text on stderr, or with `--json` as one JSON object on stdout, so that a script reads either. */
function reportError(error: unknown, host: Host, json: boolean): ExitCode {
  if (error instanceof CommanderError && error.exitCode === 0) return EXIT.ok;
  const exit = error instanceof Failure ? error.exit : EXIT.usage;
  if (json && (error instanceof Failure || error instanceof CommanderError)) {
    const text = JSON.stringify({ error: { ...errorJson(error), exit } }, null, 2);
    host.stdout.write(`${maskPasswords(text)}\n`);
    return exit;
  }
  if (error instanceof CommanderError) return exit;
  if (!(error instanceof Failure)) throw error;
  host.stderr.write(`error: ${printable(error.message)}\n`);
  for (const line of error.lines) host.stderr.write(`  ${printable(line)}\n`);
  return exit;
}

/** Returns what is wrong; of a problem of the service its members. */
function errorJson(error: Failure | CommanderError): object {
  if (error instanceof ServiceError && isObject(error.body)) return { ...error.body, code: error.code };
  const detail = error.message.replace(/^error: /, '');
  return error instanceof Failure && error.lines.length > 0 ? { detail, advice: error.lines } : { detail };
}

function version(): string {
  const text = readFileSync(new URL('../package.json', import.meta.url), 'utf8');
  return String(JSON.parse(text).version);
}
