import type { PatternKey } from '../../shared/pattern/pattern-key.ts';
import { parsePatternKey, withoutPaddedState } from '../../shared/pattern/pattern-key.ts';
import type { EventEntry } from './entry.ts';
import type { ImportNotes } from './import-notes.ts';

const PATTERN_KEY = /"pattern_key"\s*:\s*"([^"\\]*)"/g;

/** Keys that were read, because a file has few of them. It is bounded, because a file may have many that are invalid. */
const known = new Map<string, PatternKey | undefined>();
const MAX_KNOWN = 1000;

/** Returns the canonical form of a key that the service reads; undefined for another one. */
export function canonicalKey(text: unknown): PatternKey | undefined {
  if (typeof text !== 'string') return undefined;
  if (known.has(text)) return known.get(text);
  if (known.size >= MAX_KNOWN) known.clear();
  const key = parsed(text);
  known.set(text, key);
  return key;
}

function parsed(text: string): PatternKey | undefined {
  try {
    return parsePatternKey(text);
  } catch {
    return undefined;
  }
}

/**
 * Returns the canonical form of a key as old tables have it: with letters in another case, with spaces around its
 * separators, or with leading zeros in its state. Returns undefined for a key that is nothing of it.
 */
function oldKey(text: string): PatternKey | undefined {
  const spelt = text.toLowerCase().replaceAll(/\s*([.|=])\s*/g, '$1');
  return (
    canonicalKey(spelt) ??
    canonicalKey(withoutPaddedState(spelt)) ??
    canonicalKey(spelt.trim().replace(/^pm\.s0+(?=\d_)/, 'pm.s'))
  );
}

/**
 * Returns the same entry with an old form of its pattern key rewritten, so that it makes no second pattern. Only the
 * key changes; the rest of an event stays the text that was read. A key that cannot be read is left to the service,
 * which refuses it and lists the forms.
 * @param notes counts the rewritten keys
 */
export function rewriteKey(entry: EventEntry, notes: ImportNotes): EventEntry {
  const key = entry.fields.pattern_key;
  if (typeof key !== 'string' || canonicalKey(key) !== undefined) return entry;
  const canonical = oldKey(key);
  const [match, ...others] = entry.text.matchAll(PATTERN_KEY);
  if (canonical === undefined || !match || match[1] !== key) return entry;
  // With several members of this name, another object has one too. Then only one at the beginning is surely the event's.
  if (others.length > 0 && match.index > 1) return entry;
  notes.addRewrittenKey(key, canonical);
  const before = entry.text.slice(0, match.index);
  const after = entry.text.slice(match.index + match[0].length);
  const text = `${before}"pattern_key":${JSON.stringify(canonical)}${after}`;
  return { ...entry, text, fields: { ...entry.fields, pattern_key: canonical } };
}
