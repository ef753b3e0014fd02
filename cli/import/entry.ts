/** One line or row of an input: an event ready to be sent, or why it cannot be. */
export type Entry = EventEntry | FaultyEntry;

export interface EventEntry {
  /** Where it starts in the input, from 1. */
  readonly line: number;
  /** The event as JSON text. */
  readonly text: string;
}

export interface FaultyEntry {
  readonly line: number;
  readonly code: string;
  readonly detail: string;
  /** What stood there, possibly cut. */
  readonly event: unknown;
}

/** The longest line or row that is read, in bytes: more than any request may carry. */
export const MAX_ENTRY_BYTES = 1024 * 1024;
const SHOWN = 1000;

/** Text of a faulty line as it is reported: at most 1,000 characters. */
export function excerpt(text: string): string {
  return text.length > SHOWN ? `${text.slice(0, SHOWN)}…` : text;
}
