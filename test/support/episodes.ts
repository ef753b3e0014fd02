import type { Episode } from '../../shared/episode/episode.ts';
import { readEpisode } from '../../shared/episode/episode-schema.ts';
import { parsePatternKey } from '../../shared/pattern/pattern-key.ts';

/** The time of most tests, milliseconds since 1970. */
export const NOW = Date.parse('2025-01-20T12:00:00Z');
export const MINUTE = 60_000;
export const HOUR = 3_600_000;
export const DAY = 86_400_000;

export const S1 = parsePatternKey('pm.uptrend.S1.entry');
export const S2 = parsePatternKey('pm.uptrend.S2.entry');
export const S3 = parsePatternKey('pm.uptrend.S3.retest');
export const DX = parsePatternKey('pm.uptrend.S3.dx');

export const iso = (ms: number): string => new Date(ms).toISOString();

/** Returns the body of an event as a caller sends it. */
export function eventBody(id: string, fields: object = {}): Record<string, unknown> {
  return {
    pattern_key: S1,
    episode_id: id,
    decision: 'skipped',
    scope: { chain: 'solana' },
    factors: { ts_score: 0.52, ts_min: 0.6 },
    timestamp: iso(NOW - DAY),
    ...fields,
  };
}

/** Returns the event that the service reads from `eventBody`. */
export function episode(id: string, fields: object = {}): Episode {
  return readEpisode(eventBody(id, fields), NOW);
}
