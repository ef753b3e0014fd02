import { shortHash } from '../hash.ts';
import type { DigestedOverride } from '../override/digest-text.ts';
import { digestText } from '../override/digest-text.ts';
import type { PatternKey } from '../pattern/pattern-key.ts';
import { DAY_MS } from '../time.ts';
import type { Candidate, Hold } from './candidate.ts';
import type { Generation } from './generation.ts';
import type { Head } from './head.ts';

/** Time for which content that was not promoted is not tried again, days. */
export const RETRY_DAYS = 14;
/** Number of candidates that a head remembers. One that loses at once lives some days, so this is more than come. */
const KEPT_TRIED = 16;

/** The members of a head that a change of its candidate reads and writes. */
type WithCandidate = Pick<Head, 'current' | 'candidate' | 'tried'>;

/** Returns the candidate that a generation becomes. @param moves hash of what look-ups get from it */
export function newCandidate(
  pattern: PatternKey,
  generation: Generation,
  moves: string,
  share: number,
): Candidate {
  const at = generation.published_at;
  return { generation, salt: `${pattern}:${generation.hash}`, share, started_at: at, step_at: at, moves };
}

/** Returns the head with its candidate in force. The generation counts as published now. */
export function promoted<H extends WithCandidate>(head: H, now: number): H {
  const { candidate, ...others } = head;
  if (!candidate) return head;
  return { ...others, current: { ...candidate.generation, published_at: iso(now) } } as H;
}

/** Returns the head without its candidate, whose content is not tried again for a while. */
export function withoutCandidate<H extends WithCandidate>(head: H, now: number): H {
  const { candidate, tried = [], ...others } = head;
  if (!candidate) return head;
  const entry = { moves: candidate.moves, generation: candidate.generation.generation, at: iso(now) };
  const kept = tried.filter(({ at }) => now - Date.parse(at) < RETRY_DAYS * DAY_MS);
  return { ...others, tried: [...kept, entry].slice(-KEPT_TRIED) } as H;
}

/** Returns the head with its candidate changed: another share starts a step, and a hold stays until it is taken away. */
export function withCandidate<H extends WithCandidate>(
  head: H,
  change: { readonly share: number } | { readonly held: Hold | undefined },
  now: number,
): H {
  const { candidate } = head;
  if (!candidate) return head;
  const { held: before, ...others } = candidate;
  const held = 'held' in change ? change.held : before;
  const step = 'share' in change ? { share: change.share, step_at: iso(now) } : {};
  return { ...head, candidate: { ...others, ...step, ...(held && { held }) } };
}

/** Returns the candidate of the last days that had the same content and was not promoted; undefined for none. */
export function triedBefore(head: WithCandidate | undefined, moves: string, now: number): number | undefined {
  return head?.tried?.findLast(
    tried => tried.moves === moves && now - Date.parse(tried.at) < RETRY_DAYS * DAY_MS,
  )?.generation;
}

/** Returns a hash of what look-ups get from a generation. Lessons, reasons and counts are not in it. */
export function movesHash(
  overrides: readonly DigestedOverride[],
  entries: Generation['entries'] = 'open',
  resolution: Generation['resolution'],
): string {
  return shortHash(`${entries} ${resolution}\n${digestText(overrides)}`);
}

const iso = (time: number): string => new Date(time).toISOString();
