import type { EpisodeStore } from '../episode/episode-store.ts';
import type { Defaults, EffectiveSettings } from '../generation/effective-settings.ts';
import { effectiveSettings } from '../generation/effective-settings.ts';
import type { HeadStore, PatternOverview } from '../generation/ports.ts';
import { DAY_MS } from '../time.ts';
import type { DegradedLookups } from '../warning/degraded-lookups.ts';
import { cycleIdStart } from './cycle.ts';
import type { CycleStore } from './cycle-store.ts';
import type { EmptyWindow, HealthFacts } from './health.ts';
import { lastCycle, latestNow } from './health.ts';

export interface HealthDeps {
  readonly heads: Pick<HeadStore, 'overview'>;
  readonly cycles: Pick<CycleStore, 'list' | 'lastFull' | 'runs'>;
  readonly episodes: Pick<EpisodeStore, 'newestResolved'>;
  readonly writes: StoreWrites;
  readonly degradedLookups: Pick<DegradedLookups, 'since'>;
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
  const [all, recent, lastWritten, refusedWrites] = await Promise.all([
    deps.heads.overview(),
    deps.cycles.list(RECENT_CYCLES, cycleIdStart(latestNow(now))),
    deps.cycles.lastFull(),
    deps.writes.refusedWrites(),
  ]);
  const overview = all.filter(({ head }) => head?.mode !== 'retired');
  const last = lastCycle({ lastWritten, recent, now });
  // The same span as that of the warning.
  const previous = recent.filter(({ finished_at }) => finished_at !== undefined)[1];
  const degradedLookups = await deps.degradedLookups.since(
    previous?.finished_at === undefined ? now - DAY_MS : Date.parse(previous.finished_at),
  );
  const runs = last && last.status !== 'succeeded' ? await deps.cycles.runs(last.cycle_id) : [];
  return {
    overview,
    retired: all.filter(({ head }) => head?.mode === 'retired'),
    recent,
    lastWritten,
    failedRuns: runs.filter(run => run.status === 'failed'),
    emptyWindows: await emptyWindows(deps, overview, now),
    refusedWrites,
    degradedLookups,
    cycleMaxAgeMinutes: deps.cycleMaxAgeMinutes,
    now,
  };
}

/**
 * Finds patterns without a lesson whose stored events all lie outside of the window. A pattern with lessons in force had
 * events at its last run, and one that is frozen or off keeps what it has on purpose. Patterns with fewer events than a
 * lesson needs are looked at only while no window holds an event, because then alone they count.
 */
async function emptyWindows(deps: HealthDeps, overview: readonly PatternOverview[], now: number) {
  const withOutcomes = overview.filter(({ counts }) => counts.withOutcome > 0);
  const candidates = withOutcomes
    .filter(({ head }) => (head?.current?.lessons.rows ?? 0) === 0 && !KEEPS_ON_PURPOSE.has(head?.mode))
    .map(row => ({ ...row, ...effectiveSettings(deps.defaults, row.head?.settings) }));
  const large = candidates.filter(({ counts, n_min }) => counts.withOutcome >= n_min).slice(0, MAX_WINDOWS);
  const found = await Promise.all(large.map(row => emptyWindow(deps, row, now)));
  const empty = found.filter(window => window !== undefined);
  if (candidates.length < withOutcomes.length || empty.length < large.length) return empty;
  for (const row of candidates.filter(candidate => !large.includes(candidate)).slice(0, MAX_WINDOWS)) {
    const window = await emptyWindow(deps, row, now);
    if (!window) break;
    empty.push(window);
  }
  return empty;
}

const KEEPS_ON_PURPOSE: ReadonlySet<string | undefined> = new Set(['frozen', 'off']);

/** Returns undefined when the window holds an event, or when all stored events have expired. */
async function emptyWindow(
  { episodes }: HealthDeps,
  { pattern, counts, n_min, lookback_days }: PatternOverview & EffectiveSettings,
  now: number,
): Promise<EmptyWindow | undefined> {
  const inPast = await episodes.newestResolved(pattern, now);
  if (inPast !== undefined && inPast >= now - lookback_days * DAY_MS) return undefined;
  // An event may lie up to a day after its receipt.
  const newest = inPast ?? (await episodes.newestResolved(pattern, now + 2 * DAY_MS));
  if (newest === undefined) return undefined;
  return { pattern, stored: counts.withOutcome, nMin: n_min, lookbackDays: lookback_days, newest };
}
