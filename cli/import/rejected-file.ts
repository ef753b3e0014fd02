import { closeSync, openSync, readSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { errorReason } from '../errors.ts';
import { usageError } from '../exit-codes.ts';
import type { FaultyEntry } from './entry.ts';

/** Bytes in which the members before `event` of the first line end. */
const HEAD_BYTES = 65_536;
const TEXT = '"(?:[^"\\\\]|\\\\.)*"';
/** The beginning of a line that an import has written. */
const OWN_LINE = new RegExp(`^{"file":${TEXT},"line":\\d+,"code":${TEXT},"detail":${TEXT},"event":`);

/** The file of rejected lines; the first one creates or empties it. Only a file of an earlier import is replaced. */
export class RejectedFile {
  readonly path: string;
  #written = false;

  constructor(path: string) {
    this.path = path;
  }

  /**
   * Appends each rejected entry as one line of JSON: `{file, line, code, detail, event}`.
   * @throws Failure (usage) when the file cannot be written
   */
  write(file: string, rejected: readonly FaultyEntry[]): void {
    if (rejected.length === 0) return;
    const lines = rejected.map(({ line, code, detail, event, eventText }) => {
      const fields = JSON.stringify({ file, line, code, detail });
      // A line break in JSON text is white space between tokens.
      const content = eventText?.replaceAll(/[\r\n]+/g, ' ') ?? JSON.stringify(event ?? null);
      return `${fields.slice(0, -1)},"event":${content}}`;
    });
    this.assertOwn();
    try {
      writeFileSync(this.path, `${lines.join('\n')}\n`, { flag: this.#written ? 'a' : 'w' });
    } catch (error) {
      throw usageError(
        `rejected lines cannot be written to ${this.path} (${errorReason(error)}); choose another file with --rejected`,
      );
    }
    this.#written = true;
  }

  /** @throws Failure (usage) when the path names a file that no import has written */
  assertOwn(): void {
    if (this.#written || !['foreign', 'unreadable'].includes(contentOf(this.path))) return;
    throw usageError(
      `${this.path} exists and holds no rejected lines of an import; choose another file with --rejected, or remove it`,
    );
  }

  /** Deletes the file of an earlier import when this one rejected nothing. */
  removeIfStale(): void {
    if (!this.#written && contentOf(this.path) === 'rejected lines') rmSync(this.path);
  }
}

type Content = 'none' | 'rejected lines' | 'foreign' | 'unreadable';

/** Returns what a path names; `none` also for an empty file and for a device, such as /dev/null. */
function contentOf(path: string): Content {
  const stats = statSync(path, { throwIfNoEntry: false });
  if (!stats?.isFile() || stats.size === 0) return 'none';
  const head = Buffer.alloc(Math.min(HEAD_BYTES, stats.size));
  try {
    const file = openSync(path, 'r');
    try {
      readSync(file, head, 0, head.length, 0);
    } finally {
      closeSync(file);
    }
  } catch {
    return 'unreadable';
  }
  return OWN_LINE.test(head.toString('utf8')) ? 'rejected lines' : 'foreign';
}
