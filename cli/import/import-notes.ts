import { plural } from '../format.ts';

/** Maximum number of columns, and of rewritten keys, that the summary names. */
const SHOWN = 8;

/** What an import left out or rewrote; the summary lists it. */
export class ImportNotes {
  /** Columns of a CSV that no field of an event takes. */
  readonly leftOutColumns: string[] = [];
  /** Columns of `leftOutColumns` that are near to a field without a column, each with that field. */
  readonly nearColumns = new Map<string, string>();
  /** Number of events whose pattern key was rewritten, because its state had leading zeros. */
  rewrittenStates = 0;
  readonly #rewritten = new Map<string, string>();

  addRewrittenState(from: string, to: string): void {
    this.rewrittenStates++;
    if (this.#rewritten.size < SHOWN) this.#rewritten.set(from, to);
  }

  /** Returns one line for each kind of change. */
  lines(): string[] {
    return [...this.#columnLines(), ...this.#stateLines()];
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

  #stateLines(): string[] {
    if (this.rewrittenStates === 0) return [];
    const keys = [...this.#rewritten].map(([from, to]) => `${from} → ${to}`).join(', ');
    return [`leading zeros of states removed in ${plural(this.rewrittenStates, 'event')}: ${keys}`];
  }
}
