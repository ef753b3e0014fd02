import { Readable } from 'node:stream';
import { EXIT } from '../../../cli/exit-codes.ts';
import type { Host } from '../../../cli/host.ts';
import { runCli } from '../../../cli/program.ts';

export interface CliResult {
  readonly exit: number;
  readonly out: string;
  readonly err: string;
  /** Durations of the waits of the command, in milliseconds. */
  readonly slept: readonly number[];
}

export interface RunOptions {
  readonly stdin?: string;
  readonly env?: Record<string, string>;
  /** Columns of the terminal on stdout and stderr; without it they are not terminals. */
  readonly columns?: number;
  /** Receives the function that sends Ctrl-C. */
  readonly interrupt?: (press: () => void) => void;
  /** Receives each text on stdout as it is printed. */
  readonly print?: (text: string) => void;
}

/** Runs one command line in this process, with waits that take no time and 0.5 as every random number. */
export async function cli(argv: readonly string[], options: RunOptions = {}): Promise<CliResult> {
  const out: string[] = [];
  const err: string[] = [];
  const slept: number[] = [];
  const output = (to: string[]) => ({
    write: (text: string) => {
      to.push(text);
      if (to === out) options.print?.(text);
    },
    ...(options.columns === undefined ? {} : { isTTY: true, columns: options.columns }),
  });
  let clock = 0;
  const host: Host = {
    stdin: Readable.from([Buffer.from(options.stdin ?? '')]),
    stdout: output(out),
    stderr: output(err),
    env: options.env ?? {},
    now: () => clock++,
    sleep: async (ms, signal) => {
      signal?.throwIfAborted();
      slept.push(ms);
      clock += ms;
    },
    random: () => 0.5,
    onInterrupt: callback => {
      options.interrupt?.(callback);
      return () => {};
    },
  };
  const exit = await runCli(argv, host);
  return { exit, out: out.join(''), err: err.join(''), slept };
}

export { EXIT };
