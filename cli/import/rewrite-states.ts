import { withoutPaddedState } from '../../shared/pattern/pattern-key.ts';
import type { Entry } from './entry.ts';
import type { ImportNotes } from './import-notes.ts';

const PATTERN_KEY = /"pattern_key"\s*:\s*"([^"\\]*)"/g;

/**
 * Yields the same entries, with leading zeros of states removed from their pattern keys, as old exports have them
 * (`S01`). Only the key changes; the rest of an event stays the text that was read.
 * @param notes counts the rewritten keys
 */
export async function* rewriteStates(
  entries: AsyncIterable<Entry>,
  notes: ImportNotes,
): AsyncGenerator<Entry> {
  for await (const entry of entries) yield 'text' in entry ? rewritten(entry, notes) : entry;
}

function rewritten<E extends { readonly text: string }>(entry: E, notes: ImportNotes): E {
  const [match, ...others] = entry.text.matchAll(PATTERN_KEY);
  // With several members of this name, another object has one too. The service then rejects a padded state.
  if (!match || others.length > 0) return entry;
  const [member, key = ''] = match;
  const unpadded = withoutPaddedState(key);
  if (unpadded === undefined) return entry;
  notes.addRewrittenState(key, unpadded);
  const before = entry.text.slice(0, match.index);
  const after = entry.text.slice(match.index + member.length);
  return { ...entry, text: `${before}"pattern_key":${JSON.stringify(unpadded)}${after}` };
}
