import { rmSync, statSync, writeFileSync } from 'node:fs';
import { errorReason } from '../errors.ts';
import { usageError } from '../exit-codes.ts';
import type { FaultyEntry } from './entry.ts';

/** The file of rejected lines; the first one creates or empties it. */
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
    try {
      writeFileSync(this.path, `${lines.join('\n')}\n`, { flag: this.#written ? 'a' : 'w' });
    } catch (error) {
      throw usageError(
        `rejected lines cannot be written to ${this.path} (${errorReason(error)}); choose another file with --rejected`,
      );
    }
    this.#written = true;
  }

  /** Deletes the file of an earlier import when this one rejected nothing. */
  removeIfStale(): void {
    if (!this.#written && statSync(this.path, { throwIfNoEntry: false })?.isFile()) rmSync(this.path);
  }
}
