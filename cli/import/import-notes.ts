import { plural } from '../format.ts';
import type { Separator } from './csv-separator.ts';
import type { Encoding } from './utf8-stream.ts';

/** Maximum number of columns, and of rewritten keys, that the summary names. */
const SHOWN = 8;
/** Maximum number of rewritten keys that are kept. */
const MAX_KEYS = 1000;

/** How an import read a file, and what it left out or rewrote; the summary lists it. */
export class ImportNotes {
  encoding: Encoding = 'UTF-8';
  /** For CSV: what separates its columns. */
  separator: Separator | undefined;
  /** True for a JSON array. */
  isArray = false;
  /** Columns of a CSV that no field of an event takes. */
  readonly leftOutColumns: string[] = [];
  /** Columns of `leftOutColumns` that are near to a field without a column, each with that field. */
  readonly nearColumns = new Map<string, string>();
  /** Number of events whose pattern key had an old form that was rewritten. */
  rewrittenEvents = 0;
  /** Old forms of keys, each with the canonical one. */
  readonly rewrittenKeys = new Map<string, string>();

  addRewrittenKey(from: string, to: string): void {
    this.rewrittenEvents++;
    if (this.rewrittenKeys.size < MAX_KEYS) this.rewrittenKeys.set(from, to);
  }

  /** Returns one line for each kind of note. */
  lines(): string[] {
    return [...this.#formLines(), ...this.#columnLines(), ...this.#keyLines()];
  }

  #formLines(): string[] {
    const form = this.separator === undefined ? '' : `a CSV with ${this.separator}s`;
    const parts = [this.isArray ? 'a JSON array' : form, this.encoding === 'UTF-8' ? '' : this.encoding];
    const text = parts.filter(part => part !== '').join(', ');
    return text === '' ? [] : [`read as ${text}`];
  }

  #columnLines(): string[] {
    const columns = this.leftOutColumns;
    if (columns.length === 0) return [];
    const more = columns.length > SHOWN ? ` and ${columns.length - SHOWN} more` : '';
    const leftOut = `${columns.length === 1 ? 'column' : 'columns'} left out: ${columns.slice(0, SHOWN).join(', ')}${more}`;
    const near = [...this.nearColumns].map(
      ([column, field]) => `to read ${field} from ${column}, import again with --column ${field}=${column}`,
    );
    return [leftOut, ...near];
  }

  #keyLines(): string[] {
    if (this.rewrittenEvents === 0) return [];
    const keys = [...this.rewrittenKeys].slice(0, SHOWN).map(([from, to]) => `  ${from} → ${to}`);
    const more = this.rewrittenKeys.size > SHOWN ? ['  and more'] : [];
    return [`pattern keys rewritten in ${plural(this.rewrittenEvents, 'event')}:`, ...keys, ...more];
  }
}
