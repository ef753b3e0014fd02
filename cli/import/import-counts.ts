import { count } from '../format.ts';
import type { FaultyEntry } from './entry.ts';
import { ImportNotes } from './import-notes.ts';
import { NumberText } from './number-text.ts';
import type { BatchResult } from './send-batch.ts';

/** Counts of accepted, unchanged and rejected events, and what was left out or rewritten. */
export class ImportCounts {
  accepted = 0;
  unchanged = 0;
  rejected = 0;
  readonly notes = new ImportNotes();
  /** What was converted from text. */
  readonly numberText = new NumberText();
  readonly #codes = new Map<string, number>();

  addResult({ accepted, unchanged, rejected }: BatchResult): void {
    this.accepted += accepted;
    this.unchanged += unchanged;
    for (const fault of rejected) this.addRejected(fault);
  }

  addRejected({ code }: FaultyEntry): void {
    this.rejected++;
    this.#codes.set(code, (this.#codes.get(code) ?? 0) + 1);
  }

  addCounts(other: ImportCounts): void {
    this.accepted += other.accepted;
    this.unchanged += other.unchanged;
    this.rejected += other.rejected;
  }

  get events(): number {
    return this.accepted + this.unchanged + this.rejected;
  }

  /** Returns `270 accepted, 4 unchanged, 2 rejected`. */
  toString(): string {
    const { accepted, unchanged, rejected } = this;
    return `${count(accepted)} accepted, ${count(unchanged)} unchanged, ${count(rejected)} rejected`;
  }

  /** Returns the rejected events by code, the most frequent first: `3 invalid_scope, 1 event_conflict`. */
  rejectionCodes(): string {
    const sorted = [...this.#codes].sort((a, b) => b[1] - a[1]);
    return sorted.map(([code, n]) => `${count(n)} ${code}`).join(', ');
  }
}
