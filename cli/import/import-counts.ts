import { count } from '../format.ts';
import type { FaultyEntry } from './entry.ts';
import { ImportNotes } from './import-notes.ts';
import { NumberText } from './number-text.ts';
import { PatternSummary } from './pattern-summary.ts';
import type { BatchResult } from './send-batch.ts';

/** Counts of accepted, unchanged and rejected events, by pattern too, and what was left out or rewritten. */
export class ImportCounts {
  accepted = 0;
  unchanged = 0;
  rejected = 0;
  readonly notes = new ImportNotes();
  /** The factors that were converted from text. */
  readonly numberText = new NumberText();
  /** The accepted and unchanged events, by pattern. */
  readonly patterns: PatternSummary;
  readonly #codes = new Map<string, number>();

  /** @param now milliseconds since 1970 */
  constructor(now: number) {
    this.patterns = new PatternSummary(now);
  }

  addResult({ accepted, unchanged, taken, rejected }: BatchResult): void {
    this.accepted += accepted;
    this.unchanged += unchanged;
    for (const entry of taken) this.patterns.add(entry);
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

  /** Returns the number of rejected events by code, the most frequent first. */
  rejectionCodes(): [string, number][] {
    return [...this.#codes].sort((a, b) => b[1] - a[1]);
  }
}
