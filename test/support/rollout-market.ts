import type { Episode } from '../../shared/episode/episode.ts';
import { readEpisode, readOutcomeReport } from '../../shared/episode/episode-schema.ts';
import { setSettings } from '../../shared/generation/change-head.ts';
import type { Head } from '../../shared/generation/head.ts';
import { ACTION_CATEGORIES } from '../../shared/lever/lever.ts';
import { servedHead } from '../../shared/lookup/look-up.ts';
import { OverrideIndex } from '../../shared/override/override-index.ts';
import type { PatternKey } from '../../shared/pattern/pattern-key.ts';
import { iso } from './episodes.ts';
import type { Stores } from './stores.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const SCOPE = { chain: 'solana' };
const FACTORS = { halo_distance: 0.5, halo_max: 1, ema60_slope: 0.2, slope_min: 0.1, ts_score: 0.4 };
/** Threshold of each event, which its score of 0.4 fails. */
const BASE = 0.6;

interface Behaviour {
  readonly outcome: (isActed: boolean) => string;
  /** Mean number of episodes in an hour; may be a fraction. */
  readonly perHour?: number;
  /** `obedient` sends the id of the episode in its look-up, `careless` does not. */
  readonly bot?: 'obedient' | 'careless';
}

/** Opens a market of one pattern: skipped winners of the past, from which drift learns to lower `ts_min`, and guarded rollouts. */
export async function openRolloutMarket(
  { runtime, clock }: Pick<Stores, 'runtime' | 'clock'>,
  pattern: PatternKey,
  { pastEvents = 300, logsFactors = true } = {},
) {
  const appliedOf = (factors: object) => ('applied' in factors ? { applied: factors.applied } : {});
  const eventOf = (id: string, at: number, fields: object, factors: object): Episode =>
    readEpisode(
      {
        pattern_key: pattern,
        episode_id: id,
        timestamp: iso(at),
        scope: SCOPE,
        ...fields,
        factors: logsFactors ? { ...FACTORS, ...factors } : appliedOf(factors),
      },
      at + HOUR,
    );
  const start = clock.now - 30 * DAY;
  const past = Array.from({ length: pastEvents }, (_, i) => {
    const at = start + i * 2 * HOUR;
    const fields = { decision: 'skipped', outcome: 'success', resolved_at: iso(at + HOUR) };
    return eventOf(`past ${i}`, at, fields, { ts_min: BASE });
  });
  await runtime.episodes.add(past);
  await runtime.heads.register([pattern]);
  // Without challengers, whose comparison would take most of the time of a run.
  const operator = { who: 'token:setup', why: 'a test' };
  await setSettings(runtime, pattern, { rollout: 'guarded', challengers: [] }, operator);

  const multipliersOf = async (head: Head | undefined): Promise<Record<string, number>> => {
    if (!head?.current || head.mode !== 'live') return {};
    const rows = await runtime.overrides.read(pattern, head.current.overrides);
    const resolved = new OverrideIndex(rows, ACTION_CATEGORIES).resolve(SCOPE, head.current.resolution);
    return Object.fromEntries(resolved.map(row => [row.action_category, row.multiplier ?? 1]));
  };
  const waiting: { readonly id: string; readonly knownAt: number; readonly outcome: string }[] = [];
  return {
    /**
     * Passes hours without a run. In each the bot meets episodes below the base threshold, and takes those for which its
     * look-up lowers it far enough. Their outcomes are known after a day.
     */
    async pass(hours: number, { outcome, perHour = 1, bot = 'obedient' }: Behaviour): Promise<void> {
      const head = await runtime.heads.head(pattern);
      const [current, candidate] = [head, head?.candidate && { ...head, current: head.candidate.generation }];
      const multipliers = {
        control: await multipliersOf(current),
        candidate: await multipliersOf(candidate),
      };
      const events: Episode[] = [];
      for (let i = 0; i < hours * perHour; i++) {
        const at = clock.now + (i * HOUR) / perHour + 60_000;
        const id = `e ${at}`;
        const { arm = 'control', head: served } = servedHead(head, bot === 'obedient' ? id : undefined);
        const moved = multipliers[arm].tuning_ts_min ?? 1;
        const isActed = BASE * moved <= 0.4;
        const applied = { generation: served?.current?.generation ?? 0, multipliers: multipliers[arm] };
        const decision = isActed ? 'acted' : 'skipped';
        events.push(eventOf(id, at, { decision }, { ts_min: BASE * moved, applied }));
        waiting.push({ id, knownAt: at + DAY, outcome: outcome(isActed) });
      }
      clock.now += hours * HOUR;
      await runtime.episodes.add(events);
      const due = waiting.splice(0, waiting.filter(({ knownAt }) => knownAt <= clock.now).length);
      const reports = due.map(({ id, knownAt, outcome: result }) =>
        readOutcomeReport(
          { pattern_key: pattern, episode_id: id, outcome: result, resolved_at: iso(knownAt) },
          clock.now,
        ),
      );
      if (reports.length > 0) await runtime.episodes.resolve(reports);
    },
  };
}
