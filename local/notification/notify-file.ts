import { closeSync, fstatSync, openSync, readFileSync } from 'node:fs';
import { Fault } from '../../shared/errors.ts';
import type { Log } from '../../shared/log.ts';
import type { NotificationConfiguration } from '../../shared/notification/target.ts';
import { parseConfiguration } from '../../shared/notification/target.ts';

/** Why the file of targets cannot be used, and what to do. Its message has no value of the file. */
export class NotifyFileError extends Error {
  override readonly name = 'NotifyFileError';
}

const OF_OTHERS = 0o077;
/** Windows has no modes of this kind. */
const hasModes = process.platform !== 'win32';

/** The targets of notifications in a file. It is read anew for each poll, so that a change needs no restart. */
export class NotifyFile {
  readonly #path: string;
  readonly #log: Log;
  #configuration: NotificationConfiguration;
  /** The last error that was logged, so that each is logged once. */
  #error = '';

  /** @throws NotifyFileError */
  constructor(path: string, log: Log) {
    this.#path = path;
    this.#log = log;
    this.#configuration = readNotifyFile(path);
  }

  /** True when the last reading failed, so that the configuration before it is in use. */
  get isInvalid(): boolean {
    return this.#error !== '';
  }

  /** Returns the configuration of the file as it is now; of a file that is invalid, the one before it. */
  configuration(): NotificationConfiguration {
    try {
      this.#configuration = readNotifyFile(this.#path);
      this.#error = '';
    } catch (error) {
      const message = error instanceof Error ? error.message : 'unknown';
      if (message !== this.#error)
        this.#log.error('targets not read anew: those before stay', new NotifyFileError(message));
      this.#error = message;
    }
    return this.#configuration;
  }
}

/** @throws NotifyFileError */
function readNotifyFile(path: string): NotificationConfiguration {
  let file: number | undefined;
  try {
    file = openSync(path, 'r');
    const { mode } = fstatSync(file);
    if (hasModes && (mode & OF_OTHERS) !== 0)
      throw new NotifyFileError(
        `other users of this machine can read or change the targets in ${path} (mode ${(mode & 0o777).toString(8)}): run chmod 600 ${path}`,
      );
    return parseConfiguration(readFileSync(file, 'utf8'));
  } catch (error) {
    throw error instanceof NotifyFileError ? error : new NotifyFileError(messageOf(path, error));
  } finally {
    if (file !== undefined) closeSync(file);
  }
}

function messageOf(path: string, error: unknown): string {
  if (error instanceof Fault) {
    const places = error.issues.map(issue => `${issue.path}: ${issue.message}`);
    return `the targets in ${path} are invalid (${places.join('; ') || error.message}): correct them`;
  }
  if (error instanceof SyntaxError)
    return `the targets in ${path} cannot be read, ${error.message}: correct it`;
  return `cannot read the targets in ${path} (${(error as { code?: unknown }).code}); name a readable file with --notify`;
}
