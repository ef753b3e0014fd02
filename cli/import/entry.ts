/** One line, element or row of an input: an event to send, or the reason why it cannot be sent. */
export type Entry = EventEntry | FaultyEntry;

export interface EventEntry {
  /** Line of the input where it starts, from 1. */
  readonly line: number;
  /** The event as JSON text. */
  readonly text: string;
  /** Members of the event, parsed, to read only. They are never sent, because parsing rounds large numbers. */
  readonly fields: Readonly<Record<string, unknown>>;
  /** Present for a line of an export: the line as it was read, and the outcomes to send after the event, as JSON text. */
  readonly exported?: { readonly line: string; readonly reports: readonly string[] };
}

export interface FaultyEntry {
  readonly line: number;
  readonly code: string;
  readonly detail: string;
  /** Content of the line, possibly cut. */
  readonly event?: unknown;
  /** The event as JSON text, for one that is JSON. It stays text, because parsing would round large numbers. */
  readonly eventText?: string;
}

/** Longest line or row that is read, in bytes. It is longer than the largest request body. */
export const MAX_ENTRY_BYTES = 1024 * 1024;
const MAX_EXCERPT = 1000;

/** Returns at most the first 1,000 characters of a faulty line. */
export function excerpt(text: string): string {
  return text.length > MAX_EXCERPT ? `${text.slice(0, MAX_EXCERPT)}…` : text;
}
