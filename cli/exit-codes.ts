/** Exit codes; scripts depend on them. */
export const EXIT = {
  ok: 0,
  /** The service responded, and the result needs attention. */
  unsuccessful: 1,
  usage: 2,
  unreachable: 3,
  refused: 4,
  serviceFailed: 5,
  interrupted: 130,
} as const;
export type ExitCode = number;

/** The table of exit codes that `--help` shows. */
export const EXIT_CODE_HELP = `
Exit codes:
  0    done
  1    done, and the result needs attention: an event was rejected, a cycle
       failed or was partial, the status is not healthy, a look-up was neutral
       because of a failure or an unknown pattern, a what-if has no curve to
       plot with --svg, or a target did not take a test message
  2    usage error: wrong arguments, or a file that cannot be read or written
  3    the service cannot be reached, or does not answer in time
  4    the service rejected the request (4xx), such as for an unknown pattern
  5    the service failed (5xx), or its response cannot be read
  130  interrupted (Ctrl-C)
`;

/** An error that ends the command: the exit code, one message, and further lines with details or advice. */
export class Failure extends Error {
  readonly exit: ExitCode;
  readonly lines: readonly string[];

  constructor(exit: ExitCode, message: string, lines: readonly string[] = [], cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.exit = exit;
    this.lines = lines;
  }
}

/** Returns a usage error: exit code 2. */
export function usageError(message: string): Failure {
  return new Failure(EXIT.usage, message);
}
