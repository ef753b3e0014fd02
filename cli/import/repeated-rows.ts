import { bodyHash, episodeBody } from '../../shared/episode/episode.ts';
import { Fault } from '../../shared/errors.ts';
import { isObject, parseJsonText } from '../../shared/json.ts';
import { readEvent } from '../../shared/lever/read-event.ts';
import type { Entry, EventEntry, FaultyEntry } from './entry.ts';
import { NumberText } from './number-text.ts';
import { canonicalKey } from './rewrite-keys.ts';

/** One row of an episode: the hash of its body, and its outcome if it has one. */
interface Content {
  readonly body: string;
  readonly outcome: string | undefined;
}

/**
 * Finds the episodes that have several rows of different content and no window. If some of their rows were sent, a
 * second import with windows would count these rows twice. Rows that repeat others, or only add an outcome, are no conflict.
 *
 * The input is read once; a second time only if an episode may occur twice. Memory holds 31 bits an episode.
 * @param open opens the input from its beginning
 * @param now milliseconds since 1970
 */
export async function findConflicts(
  open: () => AsyncIterable<Entry>,
  now: number,
): Promise<ReadonlySet<string>> {
  const seen = new Set<number>();
  const repeated = new Set<number>();
  for await (const entry of open()) {
    const key = episodeKey(entry);
    if (key === undefined) continue;
    const hash = hash31(key);
    if (seen.has(hash)) repeated.add(hash);
    seen.add(hash);
  }
  seen.clear();
  return repeated.size === 0 ? new Set() : conflictsAmong(repeated, new NumberText().convert(open()), now);
}

async function conflictsAmong(
  repeated: ReadonlySet<number>,
  entries: AsyncIterable<Entry>,
  now: number,
): Promise<ReadonlySet<string>> {
  const known = new Map<string, Content>();
  const conflicts = new Set<string>();
  for await (const entry of entries) {
    const key = episodeKey(entry);
    if (key === undefined || !('text' in entry) || !repeated.has(hash31(key))) continue;
    const content = contentOf(entry, now);
    if (!content) continue;
    const before = known.get(key) ?? content;
    const otherOutcome = (content.outcome ?? before.outcome) !== (before.outcome ?? content.outcome);
    if (content.body !== before.body || otherOutcome) conflicts.add(key);
    known.set(key, { ...before, outcome: before.outcome ?? content.outcome });
  }
  return conflicts;
}

/** Returns the reason why the row of such an episode is not sent; undefined for any other entry. */
export function conflictOf(entry: EventEntry, conflicts: ReadonlySet<string>): FaultyEntry | undefined {
  if (conflicts.size === 0 || !conflicts.has(episodeKey(entry) ?? '')) return undefined;
  const detail = `the file has several rows of this episode with different content; ${WINDOW_ADVICE}`;
  return { line: entry.line, code: 'event_conflict', detail, eventText: entry.text };
}

/** The advice for a file with several rows of one episode. */
export const WINDOW_ADVICE =
  'tell them apart by window: for a CSV import again with --column window=COLUMN, such as window=id';

/** Returns pattern and episode of an event without window; undefined for any other entry. */
function episodeKey(entry: Entry): string | undefined {
  if (!('text' in entry)) return undefined;
  const { pattern_key, episode_id, window } = entry.fields;
  if (window !== undefined && window !== null) return undefined;
  const pattern = canonicalKey(pattern_key);
  return pattern === undefined ? undefined : `${pattern} ${String(episode_id)}`;
}

/** Returns the content of an event; undefined for one that the service refuses. */
function contentOf({ text }: EventEntry, now: number): Content | undefined {
  const event = parseJsonText(text);
  if (!isObject(event)) return undefined;
  const { window: _, resolved_at: __, resolved_at_assumed: ___, return: ____, ...body } = event;
  try {
    const episode = readEvent(body, now);
    return { body: bodyHash(episodeBody(episode)), outcome: episode.outcome?.outcome };
  } catch (error) {
    if (error instanceof Fault) return undefined;
    throw error;
  }
}

/** Returns 31 bits of the FNV-1a hash of a text. Equal hashes of different texts only cost a second look. */
function hash31(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return hash >>> 1;
}
