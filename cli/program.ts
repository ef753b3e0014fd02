import { readFileSync } from 'node:fs';
import { Command, CommanderError, Option } from 'commander';
import { integerAtLeast, serviceUrl, token } from './arguments.ts';
import { Client } from './client.ts';
import type { RunCommand } from './command-runner.ts';
import { addChanges } from './commands/changes.ts';
import { addCycle } from './commands/cycle.ts';
import { addEvidence } from './commands/evidence.ts';
import { addGuard } from './commands/guard.ts';
import { addHistory } from './commands/history.ts';
import { addImport } from './commands/import.ts';
import { addLessons } from './commands/lessons.ts';
import { addLookup } from './commands/lookup.ts';
import { addMode } from './commands/mode.ts';
import { addNMin } from './commands/nmin.ts';
import { addOverrides } from './commands/overrides.ts';
import { addRollback } from './commands/rollback.ts';
import { addSettings } from './commands/settings.ts';
import { addStatus } from './commands/status.ts';
import { addWhatIf } from './commands/whatif.ts';
import { EXIT, EXIT_CODE_HELP, type ExitCode, Failure } from './exit-codes.ts';
import { printable } from './format.ts';
import type { Host } from './host.ts';
import { DEFAULT_URL, Session, writeWarning } from './session.ts';

interface GlobalOptions {
  readonly url: string;
  readonly token?: string;
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
  const program = createProgram(host, async (command, run) => {
    exit = await run(openSession(command.optsWithGlobals<GlobalOptions>(), host));
  });
  try {
    await program.parseAsync([...argv], { from: 'user' });
  } catch (error) {
    return reportError(error, host);
  }
  return exit;
}

function createProgram(host: Host, runCommand: RunCommand): Command {
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
    .option('--json', "print only the API's response, as JSON")
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
      writeErr: text => host.stderr.write(text),
      getOutHelpWidth: () => host.stdout.columns ?? 100,
      getErrHelpWidth: () => host.stderr.columns ?? 100,
      getOutHasColors: () => false,
      getErrHasColors: () => false,
    });
  for (const add of COMMANDS) add(program, runCommand);
  return program;
}

const COMMANDS = [
  addImport,
  addCycle,
  addStatus,
  addLessons,
  addOverrides,
  addLookup,
  addEvidence,
  addGuard,
  addNMin,
  addWhatIf,
  addHistory,
  addChanges,
  addMode,
  addRollback,
  addSettings,
];

function urlOption(): Option {
  return new Option('--url <url>', 'address of the service')
    .env('PM_TUNING_URL')
    .default(DEFAULT_URL)
    .argParser(serviceUrl);
}

function openSession(options: GlobalOptions, host: Host): Session {
  const { url, token } = options;
  const onRetry = (text: string): void => writeWarning(host, text);
  const client = new Client({ url, token, timeoutMs: options.timeout * 1000, host, onRetry });
  return new Session(client, host, options.json === true, url);
}

function reportError(error: unknown, host: Host): ExitCode {
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
  if (!(error instanceof Failure)) throw error;
  host.stderr.write(`error: ${printable(error.message)}\n`);
  for (const line of error.lines) host.stderr.write(`  ${printable(line)}\n`);
  return error.exit;
}

function version(): string {
  const text = readFileSync(new URL('../package.json', import.meta.url), 'utf8');
  return String(JSON.parse(text).version);
}
