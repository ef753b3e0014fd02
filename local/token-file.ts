import { closeSync, fstatSync, openSync, readFileSync, type Stats, statSync } from 'node:fs';
import type { Log } from '../shared/log.ts';
import { type Callers, parseCallers, TokenFileError } from './token-auth.ts';

/** Milliseconds after a change in which a file is read for each request: its next change may have the same time. */
const UNSURE_MS = 2000;
const WRITABLE_BY_OTHERS = 0o022;
const READABLE_BY_OTHERS = 0o044;

/** The callers that a file of tokens names. A changed file is read at the next request, without a restart. */
export class TokenFile {
  readonly #path: string;
  readonly #log: Log;
  #callers: Callers;
  /** Identity and time of the file that was read last; undefined while it may still change unnoticed. */
  #stamp: string | undefined;
  /** The last error that was logged, so that each is logged once. */
  #error = '';

  /** @throws TokenFileError without any token in its message */
  constructor(path: string, log: Log) {
    this.#path = path;
    this.#log = log;
    const { callers, stats } = readTokens(path);
    this.#callers = callers;
    this.#stamp = stampOf(stats);
    if ((stats.mode & READABLE_BY_OTHERS) !== 0 && hasModes)
      log.warn(`other users of this machine can read the tokens in ${path}: run chmod 600 on it`);
  }

  /** Returns the callers of the file as it is now; of a file that is invalid, the callers before it. */
  callers(): Callers {
    try {
      if (this.#stamp !== undefined && stampOf(statSync(this.#path)) === this.#stamp) return this.#callers;
      const { callers, stats } = readTokens(this.#path);
      if (this.#error !== '' || !isSame(callers, this.#callers)) this.#log.info('tokens read anew');
      this.#callers = callers;
      this.#stamp = stampOf(stats);
      this.#error = '';
    } catch (error) {
      this.#keep(error);
    }
    return this.#callers;
  }

  #keep(error: unknown): void {
    this.#stamp = undefined;
    const message =
      error instanceof TokenFileError ? error.message : String((error as { code?: unknown }).code);
    if (message === this.#error) return;
    this.#error = message;
    this.#log.error('tokens not read anew: the callers before stay', new TokenFileError(message));
  }
}

/** Windows has no modes of this kind. */
const hasModes = process.platform !== 'win32';

/** @throws TokenFileError without any token in its message */
function readTokens(path: string): { readonly callers: Callers; readonly stats: Stats } {
  let file: number | undefined;
  try {
    file = openSync(path, 'r');
    const stats = fstatSync(file);
    if (hasModes && (stats.mode & WRITABLE_BY_OTHERS) !== 0) throw writableByOthers(path, stats);
    return { callers: parseCallers(readFileSync(file, 'utf8'), path), stats };
  } catch (error) {
    if (error instanceof TokenFileError) throw error;
    throw new TokenFileError(
      `cannot read the tokens in ${path} (${(error as { code?: unknown }).code}); name a readable file with --auth`,
    );
  } finally {
    if (file !== undefined) closeSync(file);
  }
}

function writableByOthers(path: string, { mode }: Stats): TokenFileError {
  const octal = (mode & 0o777).toString(8);
  return new TokenFileError(
    `the tokens in ${path} can be changed by other users of this machine (mode ${octal}): run chmod 600 ${path}`,
  );
}

function stampOf({ dev, ino, size, mtimeMs, ctimeMs, mode }: Stats): string | undefined {
  const changed = Math.max(mtimeMs, ctimeMs);
  if (Math.abs(Date.now() - changed) < UNSURE_MS) return undefined;
  return [dev, ino, size, mtimeMs, ctimeMs, mode].join();
}

function isSame(a: Callers, b: Callers): boolean {
  const text = (callers: Callers): string =>
    JSON.stringify(callers.map(({ digest, caller }) => [digest.toString('hex'), caller]));
  return text(a) === text(b);
}
