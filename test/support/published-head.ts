import type { Head } from '../../shared/generation/head.ts';
import { iso, NOW } from './episodes.ts';

type Current = NonNullable<Head['current']>;

/** Returns the head of a pattern with a generation of drift in force. @param fields members that differ */
export function publishedHead(
  { current, ...fields }: Partial<Omit<Head, 'current'>> & { readonly current: Partial<Current> },
  overrides: number,
): Head {
  const { generation = 1, hash = String(generation) } = current;
  const rows = { id: hash, rows: overrides, chunks: 1, kept_until: iso(NOW) };
  return {
    version: generation,
    mode: 'live',
    settings: {},
    latest: generation,
    last_change: { who: 'cycle', at: iso(NOW), what: 'publish', why: 'a test' },
    ...fields,
    current: {
      generation,
      hash,
      cycle_id: 'c',
      as_of: iso(NOW),
      lookback_days: 90,
      n_min: 33,
      policy: 'drift',
      resolution: 'blend',
      events_read: 100,
      lessons: rows,
      overrides: rows,
      published_at: iso(NOW),
      ...current,
    },
  };
}
