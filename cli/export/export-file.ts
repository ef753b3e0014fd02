import {
  appendFileSync,
  closeSync,
  existsSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import * as z from 'zod';
import { parseJsonText } from '../../shared/json.ts';
import { errorReason } from '../errors.ts';
import { usageError } from '../exit-codes.ts';

/** The position that an export has reached: everything before it is in the file. */
const positionSchema = z.object({
  /** The patterns to export, listed once, and the options that choose the events. */
  patterns: z.array(z.string()),
  options: z.string(),
  /** The pattern that is next, by its place in the list, and the token of its next page. */
  index: z.number(),
  next: z.string().optional(),
  events: z.number(),
  bytes: z.number(),
});
export type Position = z.output<typeof positionSchema>;

/**
 * A file that appears when it is complete. Until then `FILE.part` holds its beginning, and `FILE.position` how far it has
 * come, so that the same command continues where an earlier one ended.
 */
export class ExportFile {
  readonly path: string;
  readonly #part: string;
  readonly #position: string;

  constructor(path: string) {
    this.path = path;
    this.#part = `${path}.part`;
    this.#position = `${path}.position`;
  }

  /**
   * Returns how far an unfinished export has come, and cuts off what it wrote after that; undefined without one.
   * @throws Failure (usage) when it was started with other options
   */
  resume(options: string): Position | undefined {
    return this.#guarded(() => {
      if (!existsSync(this.#position) || !existsSync(this.#part)) return undefined;
      const position = positionSchema.safeParse(parseJsonText(readFileSync(this.#position, 'utf8'))).data;
      if (!position || statSync(this.#part).size < position.bytes) return undefined;
      if (position.options !== options)
        throw usageError(
          `an export with other options is unfinished in ${this.#part}; repeat it, or delete ${this.#position}`,
        );
      truncateSync(this.#part, position.bytes);
      return position;
    });
  }

  /** Begins an empty file. */
  begin(): void {
    this.#guarded(() => closeSync(openSync(this.#part, 'w')));
  }

  /** Appends text, then notes how far the export has come. A crash in between repeats the text, and `resume` cuts it off. */
  append(text: string, position: Position): void {
    this.#guarded(() => {
      appendFileSync(this.#part, text);
      writeFileSync(`${this.#position}.new`, JSON.stringify(position));
      renameSync(`${this.#position}.new`, this.#position);
    });
  }

  /** Gives the file its name; an older one is replaced. */
  complete(): void {
    this.#guarded(() => {
      renameSync(this.#part, this.path);
      rmSync(this.#position, { force: true });
    });
  }

  #guarded<T>(work: () => T): T {
    try {
      return work();
    } catch (error) {
      if (error instanceof Error && 'code' in error)
        throw usageError(
          `${this.path} cannot be written (${errorReason(error)}); choose another file with --out`,
        );
      throw error;
    }
  }
}
