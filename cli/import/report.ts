import { count, plural, printable } from '../format.ts';
import type { Session } from '../session.ts';
import type { ImportCounts } from './import-counts.ts';

/** One imported file: its name, its counts, and the path of its rejected lines. */
export interface ImportedFile {
  readonly label: string;
  readonly counts: ImportCounts;
  readonly rejectedPath: string;
}

/** Prints the summary of one file: its counts, how it was read, its patterns, and what was rejected. */
export function printFile(session: Session, { label, counts, rejectedPath }: ImportedFile): void {
  const summary = counts.events === 0 ? 'no events' : `${plural(counts.events, 'event')}: ${counts}`;
  session.print(`${printable(label)}: ${summary}`);
  const converted = counts.numberText.summary();
  const lines = [
    ...counts.notes.lines(),
    ...(converted === undefined ? [] : [converted]),
    ...counts.patterns.lines(),
    ...rejectionLines(counts, rejectedPath),
  ];
  for (const line of lines) session.print(`  ${printable(line)}`);
}

function rejectionLines(counts: ImportCounts, path: string): string[] {
  if (counts.rejected === 0) return [];
  const codes = counts.rejectionCodes().map(([code, n]) => `${count(n)} ${code}`);
  return [`rejected: ${codes.join(', ')}; lines and reasons in ${path}`];
}

/** Returns the facts of one file's summary for `--json`. */
export function fileJson({ label, counts, rejectedPath }: ImportedFile): object {
  const { accepted, unchanged, rejected, notes, numberText, patterns } = counts;
  const keys = [...notes.rewrittenKeys].map(([from, to]) => ({ from, to }));
  return {
    file: label,
    ...(notes.isArray ? { form: 'array' } : {}),
    ...(notes.separator === undefined ? {} : { separator: notes.separator }),
    encoding: notes.encoding,
    accepted,
    unchanged,
    rejected,
    ...(rejected > 0
      ? { rejected_codes: Object.fromEntries(counts.rejectionCodes()), rejected_file: rejectedPath }
      : {}),
    ...(notes.leftOutColumns.length > 0 ? { left_out_columns: notes.leftOutColumns } : {}),
    ...(notes.rewrittenEvents > 0 ? { rewritten_events: notes.rewrittenEvents, rewritten_keys: keys } : {}),
    ...(numberText.factors > 0 ? { read_from_text: numberText.factors } : {}),
    window_start: patterns.windowStart,
    patterns: patterns.json(),
  };
}
