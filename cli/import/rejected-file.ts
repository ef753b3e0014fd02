import { rmSync, statSync, writeFileSync } from 'node:fs';
import { usageError } from '../exit-codes.ts';
import type { FaultyEntry } from './entry.ts';

/** The file that rejected lines are written to; it is made, or emptied, with the first of them. */
export class RejectedFile {
  readonly path: string;
  #written = false;

  constructor(path: string) {
    this.path = path;
  }

  /**
   * Adds one JSON a line: `{file, line, code, detail, event}`.
   * @throws Failure (usage) when the file cannot be written
   */
  write(file: string, rejected: readonly FaultyEntry[]): void {
    if (rejected.length === 0) return;
    const lines = rejected.map(({ line, code, detail, event }) =>
      JSON.stringify({ file, line, code, detail, event }),
    );
    try {
      writeFileSync(this.path, `${lines.join('\n')}\n`, { flag: this.#written ? 'a' : 'w' });
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      throw usageError(
        `rejected lines cannot be written to ${this.path} (${why}); choose another with --rejected`,
      );
    }
    this.#written = true;
  }

  /** After a run that rejected nothing, a file of an earlier run says nothing true any more. */
  removeIfStale(): void {
    if (!this.#written && statSync(this.path, { throwIfNoEntry: false })?.isFile()) rmSync(this.path);
  }
}
