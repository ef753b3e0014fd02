import type { EpisodeStore } from '../episode/episode-store.ts';
import type { Defaults } from '../generation/effective-settings.ts';
import { effectiveSettings } from '../generation/effective-settings.ts';
import type { HeadStore, PatternOverview } from '../generation/ports.ts';
import { DAY_MS } from '../time.ts';
import { cycleIdStart } from './cycle.ts';
import type { CycleStore } from './cycle-store.ts';
import type { EmptyWindow, HealthFacts } from './health.ts';
import { lastCycle, latestNow } from './health.ts';

export interface HealthDeps {
  readonly heads: Pick<HeadStore, 'overview'>;
  readonly cycles: Pick<CycleStore, 'list' | 'lastFull' | 'runs'>;
  readonly episodes: Pick<EpisodeStore, 'newestUntil'>;
  readonly writes: StoreWrites;
  readonly defaults: Defaults;
  /** The service is unhealthy when the last run over all patterns is older than this. */
  readonly cycleMaxAgeMinutes: number;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/** The port of what the store says about writes. */
export interface StoreWrites {
  /** Returns the tables that refuse writes at this moment, other than by throttling. */
  refusedWrites(): Promise<string[]>;
}

/** Number of newest cycles that are searched for unfinished ones. */
const RECENT_CYCLES = 10;
/** Maximum number of patterns whose window is looked at. */
const MAX_WINDOWS = 20;

/** Reads what the health of the service is judged by. */
export async function readHealthFacts(deps: HealthDeps): Promise<HealthFacts> {
  const now = deps.now();
  const [overview, recent, lastWritten, refusedWrites] = await Promise.all([
    deps.heads.overview(),
    deps.cycles.list(RECENT_CYCLES, cycleIdStart(latestNow(now))),
    deps.cycles.lastFull(),
    deps.writes.refusedWrites(),
  ]);
  const last = lastCycle({ lastWritten, recent, now });
  const runs = last && last.status !== 'succeeded' ? await deps.cycles.runs(last.cycle_id) : [];
  return {
    overview,
    recent,
    lastWritten,
    failedRuns: runs.filter(run => run.status === 'failed'),
    emptyWindows: await emptyWindows(deps, overview, now),
    refusedWrites,
    // Nothing counts degraded look-ups yet; their counts belong here.
    degradedLookups: [],
    cycleMaxAgeMinutes: deps.cycleMaxAgeMinutes,
    now,
  };
}

/**
 * Finds patterns without a lesson whose stored events all lie outside of the window. A pattern with lessons in force had
 * events at its last run, and one that is frozen or off keeps what it has on purpose.
 */
async function emptyWindows(
  { episodes, defaults }: HealthDeps,
  overview: readonly PatternOverview[],
  now: number,
): Promise<EmptyWindow[]> {
  const candidates = overview.filter(
    ({ head, counts }) =>
      counts.withOutcome > 0 &&
      (head?.current?.lessons.rows ?? 0) === 0 &&
      head?.mode !== 'frozen' &&
      head?.mode !== 'off',
  );
  const windows = await Promise.all(
    candidates.slice(0, MAX_WINDOWS).map(async ({ pattern, head, counts }) => {
      const { n_min: nMin, lookback_days: lookbackDays } = effectiveSettings(defaults, head?.settings);
      const inPast = await episodes.newestUntil(pattern, now);
      if (inPast !== undefined && inPast >= now - lookbackDays * DAY_MS) return undefined;
      // An event may lie up to a day after its receipt; without any event the stored ones have expired.
      const newest = inPast ?? (await episodes.newestUntil(pattern, now + 2 * DAY_MS));
      return newest === undefined
        ? undefined
        : { pattern, stored: counts.withOutcome, nMin, lookbackDays, newest };
    }),
  );
  return windows.filter(window => window !== undefined);
}
