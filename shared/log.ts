type LogLevel = 'debug' | 'info' | 'warn' | 'error';

/** The fields of a log line: ids, counts, durations and codes; never payloads or secrets. */
export type LogFields = Readonly<Record<string, string | number | boolean | null | undefined>>;

export interface Log {
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  /** @param error logged with its stack and its causes */
  error(message: string, error: unknown, fields?: LogFields): void;
}

const RANK: Readonly<Record<LogLevel, number>> = { debug: 0, info: 1, warn: 2, error: 3 };

/**
 * Returns a log that writes one JSON object per line. JSON escapes control characters, so a value cannot forge a second
 * line (log injection).
 * @param write receives each line without its newline
 * @param now milliseconds since 1970
 * @param stackOf returns the stack to log for an error
 */
export function jsonLog(
  level: LogLevel,
  write: (line: string) => void,
  now: () => number,
  stackOf: (error: Error) => string | undefined = error => error.stack,
): Log {
  const emit = (lineLevel: LogLevel, message: string, fields: object): void => {
    if (RANK[lineLevel] < RANK[level]) return;
    write(JSON.stringify({ level: lineLevel, time: new Date(now()).toISOString(), message, ...fields }));
  };
  return {
    debug: (message, fields = {}) => emit('debug', message, fields),
    info: (message, fields = {}) => emit('info', message, fields),
    warn: (message, fields = {}) => emit('warn', message, fields),
    error: (message, error, fields = {}) =>
      emit('error', message, { ...fields, error: describe(error, stackOf) }),
  };
}

function describe(error: unknown, stackOf: (error: Error) => string | undefined): object {
  if (!(error instanceof Error)) return { message: String(error) };
  const cause = error.cause === undefined ? {} : { cause: describe(error.cause, stackOf) };
  return { name: error.name, message: error.message, stack: stackOf(error), ...cause };
}
