import { shortHash } from '../hash.ts';
import type { PatternKey } from '../pattern/pattern-key.ts';
import type { Scope } from '../pattern/scope.ts';
import type { Factors } from './factors.ts';
import type { OutcomeRevision } from './outcome.ts';

/** One opportunity of the bot, normalized: equal content has one form, whatever the spelling of the request. */
export interface Episode {
  readonly pattern: PatternKey;
  readonly id: string;
  /** Tells rows of one episode apart; undefined for the row of an episode that is logged once. */
  readonly window: string | undefined;
  readonly decision: 'acted' | 'skipped';
  readonly scope: Scope;
  readonly factors: Factors;
  /** Milliseconds since 1970. */
  readonly timestamp: number;
  readonly tradeId: string | undefined;
  /** The outcome that came inside the event, if any. */
  readonly outcome: OutcomeRevision | undefined;
}

/** Cache of event bodies, because reading an event measures its body and storing it writes the same text. */
const bodies = new WeakMap<Episode, string>();

/**
 * Returns the event's canonical JSON without its outcome: names sorted, one text for one content.
 * Two events with the same body are the same event.
 */
export function episodeBody(episode: Episode): string {
  const body = bodies.get(episode) ?? canonicalBody(episode);
  bodies.set(episode, body);
  return body;
}

function canonicalBody(episode: Episode): string {
  const { id, window, decision, scope, factors, timestamp, tradeId } = episode;
  return JSON.stringify({
    episode_id: id,
    ...(window !== undefined && { window }),
    decision,
    scope,
    factors: sorted(factors),
    timestamp: new Date(timestamp).toISOString(),
    trade_id: tradeId ?? null,
  });
}

/** Returns the fingerprint of an event's body: 32 hexadecimal digits of SHA-256. */
export function bodyHash(body: string): string {
  return shortHash(body);
}

/** Returns a JSON value with the names of every object in it sorted by code unit. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, inner]) => [name, sorted(inner)]),
  );
}
