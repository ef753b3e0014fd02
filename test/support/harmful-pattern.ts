import { readEpisode } from '../../shared/episode/episode-schema.ts';
import { setSettings } from '../../shared/generation/change-head.ts';
import type { PatternKey } from '../../shared/pattern/pattern-key.ts';
import { runCycle } from './cycles.ts';
import { iso } from './episodes.ts';
import type { Stores } from './stores.ts';

const HOUR = 3_600_000;
const FACTORS = { halo_distance: 0.5, halo_max: 1, ema60_slope: 0.2, slope_min: 0.1, ts_score: 0.4 };
/** Skipped successes before the publication: enough for drift to lower `ts_min` to two thirds. */
const PAST = 90;
/** Flips after the publication, one a block. All fail, so the wealth of harm crosses its line. */
const FLIPS = 22;

/**
 * Publishes a generation of drift that lowers `ts_min` for a pattern. Then it stores flips that fail, and moves the clock
 * on. So the next run finds harm.
 */
export async function addHarmfulPattern(
  { runtime, clock }: Pick<Stores, 'runtime' | 'clock'>,
  pattern: PatternKey,
): Promise<void> {
  const published = clock.now;
  const event = (at: number, decision: string, outcome: string, factors: object) =>
    readEpisode(
      {
        pattern_key: pattern,
        episode_id: `e ${at}`,
        timestamp: iso(at),
        scope: { chain: 'solana' },
        decision,
        outcome,
        resolved_at: iso(at + HOUR),
        factors: { ...FACTORS, ...factors },
      },
      at + HOUR,
    );
  const past = Array.from({ length: PAST }, (_, i) =>
    event(published - (i + 2) * 6 * HOUR, 'skipped', 'success', { ts_min: 0.6 }),
  );
  await runtime.episodes.add(past);
  // Without challengers, whose comparison would take most of the time of a run.
  await setSettings(runtime, pattern, { challengers: [] }, { who: 'token:setup', why: 'a test' });
  await runCycle(runtime, { pattern_key: pattern });
  const applied = { generation: 1, multipliers: { ts_min: 0.6 } };
  const flips = Array.from({ length: FLIPS }, (_, i) =>
    event(published + (i + 1) * 6 * HOUR, 'acted', 'failure', { ts_min: 0.36, applied }),
  );
  await runtime.episodes.add(flips);
  clock.now = published + (FLIPS + 2) * 6 * HOUR;
}
