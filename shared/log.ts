export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

/** Ids, counts, durations and codes; never payloads or secrets. */
export type LogFields = Readonly<Record<string, string | number | boolean | null | undefined>>;

export interface Log {
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  /** @param error kept with its stack and causes, which stay in the log */
  error(message: string, error: unknown, fields?: LogFields): void;
}

const RANK: Readonly<Record<LogLevel, number>> = { debug: 0, info: 1, warn: 2, error: 3 };

/**
 * One JSON object a line. JSON escapes control characters, so a value cannot forge a second line.
 * @param write receives each line without its newline
 * @param stackOf how the stack of an error is written
 */
export function jsonLog(
  level: LogLevel,
  write: (line: string) => void,
  now: () => number,
  stackOf: (error: Error) => string | undefined = error => error.stack,
): Log {
  const emit = (at: LogLevel, message: string, fields: object): void => {
    if (RANK[at] < RANK[level]) return;
    write(JSON.stringify({ level: at, time: new Date(now()).toISOString(), message, ...fields }));
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
