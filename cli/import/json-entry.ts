import { isObject } from '../../shared/json.ts';
import { errorMessage } from '../errors.ts';
import { type Entry, excerpt, MAX_ENTRY_BYTES } from './entry.ts';
import { decodeUtf8, showBytes } from './text.ts';

/**
 * Reads the bytes of one event; returns undefined for white space.
 * @param subject what the bytes are, for messages: `the line`
 * @param skipped bytes that were not kept, because there were too many
 */
export function jsonEntry(bytes: Buffer, line: number, subject: string, skipped = 0): Entry | undefined {
  const fault = (code: string, detail: string): Entry => ({
    line,
    code,
    detail: `${subject} ${detail}`,
    event: excerpt(showBytes(bytes).trim()),
  });
  if (skipped > 0 || bytes.length > MAX_ENTRY_BYTES)
    return fault('event_too_large', `exceeds ${MAX_ENTRY_BYTES} bytes`);
  const text = decodeUtf8(bytes)?.trim();
  if (text === undefined) return fault('invalid_encoding', 'is not UTF-8; save the file as UTF-8');
  if (text === '') return undefined;
  try {
    const fields: unknown = JSON.parse(text);
    return isObject(fields) ? { line, text, fields } : fault('invalid_json', 'is not a JSON object');
  } catch (error) {
    return fault('invalid_json', `is not valid JSON: ${errorMessage(error)}`);
  }
}
