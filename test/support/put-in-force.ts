import type { GenerationStores } from '../../shared/generation/ports.ts';
import type { Override, ResolutionMethod } from '../../shared/override/override.ts';
import { byScopeHashThenCategory } from '../../shared/override/override.ts';
import type { PatternKey } from '../../shared/pattern/pattern-key.ts';
import { DAY, iso, NOW } from './episodes.ts';

/** Puts overrides in force as the next generation of a pattern, without a run. The mode stays. */
export async function putInForce(
  { heads, overrides, lessons }: GenerationStores,
  pattern: PatternKey,
  rows: readonly Override[],
  resolution: ResolutionMethod = 'blend',
): Promise<void> {
  const kept_until = iso(NOW + 60 * DAY);
  const expires = (NOW + 60 * DAY) / 1000;
  const set = await overrides.write(pattern, rows.toSorted(byScopeHashThenCategory), expires);
  await heads.register([pattern]);
  const before = await heads.head(pattern);
  const generation = (before?.latest ?? 0) + 1;
  await heads.replaceHead(pattern, {
    version: (before?.version ?? 0) + 1,
    mode: before?.mode ?? 'live',
    settings: before?.settings ?? {},
    latest: generation,
    current: {
      generation,
      hash: set.id,
      cycle_id: `c${generation}`,
      as_of: iso(NOW),
      lookback_days: 90,
      n_min: 33,
      policy: 'drift',
      resolution,
      events_read: 1,
      lessons: { ...(await lessons.write(pattern, [], expires)), kept_until },
      overrides: { ...set, kept_until },
      published_at: iso(NOW),
    },
    last_change: { who: 'cycle', at: iso(NOW), what: 'publish', why: 'a test' },
  });
}
