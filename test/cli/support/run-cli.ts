import { Readable } from 'node:stream';
import { EXIT } from '../../../cli/exit-codes.ts';
import type { Host } from '../../../cli/host.ts';
import { runCli } from '../../../cli/program.ts';

export interface CliResult {
  readonly exit: number;
  readonly out: string;
  readonly err: string;
  /** Milliseconds of each pause that the command made. */
  readonly slept: readonly number[];
}

export interface RunOptions {
  readonly stdin?: string;
  readonly env?: Record<string, string>;
  /** Columns of the terminal on stdout and stderr; without it they are none. */
  readonly columns?: number;
  /** Called with the means to press Ctrl-C. */
  readonly interrupt?: (press: () => void) => void;
}

/** Runs one command line in this process, with pauses that take no time and chance that is always a half. */
export async function cli(argv: readonly string[], around: RunOptions = {}): Promise<CliResult> {
  const out: string[] = [];
  const err: string[] = [];
  const slept: number[] = [];
  const output = (to: string[]) => ({
    write: (text: string) => to.push(text),
    ...(around.columns === undefined ? {} : { isTTY: true, columns: around.columns }),
  });
  let clock = 0;
  const host: Host = {
    stdin: Readable.from([Buffer.from(around.stdin ?? '')]),
    stdout: output(out),
    stderr: output(err),
    env: around.env ?? {},
    now: () => clock++,
    sleep: async (ms, signal) => {
      signal?.throwIfAborted();
      slept.push(ms);
      clock += ms;
    },
    random: () => 0.5,
    onInterrupt: callback => {
      around.interrupt?.(callback);
      return () => {};
    },
  };
  const exit = await runCli(argv, host);
  return { exit, out: out.join(''), err: err.join(''), slept };
}

export { EXIT };
