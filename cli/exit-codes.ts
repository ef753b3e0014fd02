/** What a script can tell from the exit code. */
export const EXIT = {
  ok: 0,
  /** The service did its part, the result is not good. */
  unsuccessful: 1,
  usage: 2,
  unreachable: 3,
  refused: 4,
  serviceFailed: 5,
  interrupted: 130,
} as const;
export type ExitCode = number;

/** The table that `--help` shows. */
export const EXIT_CODE_HELP = `
Exit codes:
  0    done
  1    done, but: an event was rejected, a cycle failed or was partial, the status is not healthy,
       a look-up was answered neutral because something failed, or a what-if has no curve to draw with --svg
  2    usage error: wrong arguments, or a file that cannot be read
  3    the service cannot be reached, or does not answer in time
  4    the service refused the request (4xx)
  5    the service failed (5xx), or answered what this version cannot read
  130  interrupted (Ctrl-C)
`;

/** An end that has an exit code and lines for a reader; the first line says what, the others where. */
export class Failure extends Error {
  readonly exit: ExitCode;
  readonly lines: readonly string[];

  constructor(exit: ExitCode, message: string, lines: readonly string[] = [], cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.exit = exit;
    this.lines = lines;
  }
}

/** A usage error: exit code 2. */
export function usageError(message: string): Failure {
  return new Failure(EXIT.usage, message);
}
