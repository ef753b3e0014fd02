import { FIRST_REPLAY_SETTINGS } from '../../bench/policy/first-settings.ts';
import type { Random } from '../../bench/policy/random.ts';
import type { Outcome } from '../../shared/episode/outcome.ts';
import type { GateFlag, NumericFactor } from '../../shared/episode/packed-episode.ts';
import type { ReplayResult } from '../../shared/override/policies/replay.ts';
import { replay } from '../../shared/override/policies/replay.ts';
import type { ReplaySettings } from '../../shared/override/replay/settings.ts';
import { REPLAY_SETTINGS } from '../../shared/override/replay/settings.ts';
import { DAY, HOUR, S1 } from './episodes.ts';
import type { KnownEvent } from './factor-columns.ts';
import { factorColumns } from './factor-columns.ts';

export const AS_OF = Date.UTC(2025, 2, 1);

/** The properties of an event that a test sets. By default the event is inside all gates and 40 days old. */
export interface Draft {
  readonly outcome: Outcome;
  readonly ts?: number;
  readonly halo?: number;
  /** The default is 0.003. With an explicit undefined the event lacks the factor. */
  readonly slope?: number | undefined;
  readonly dx?: number;
  readonly scope?: Readonly<Record<string, string>>;
  /** Age at `AS_OF`. */
  readonly daysAgo?: number;
  readonly resolvedDaysAgo?: number;
  readonly trade?: string;
  readonly pair?: string;
  readonly flags?: Partial<Record<GateFlag, boolean>>;
  readonly blockedBy?: readonly string[];
}

/** Returns the event of a draft, with the base thresholds ts_min 0.6, halo_max 1, slope_min 0 and dx_min 10. */
export function event(draft: Draft): KnownEvent {
  const gates: [NumericFactor, number | undefined, NumericFactor, number][] = [
    ['ts_score', draft.ts, 'ts_min', 0.6],
    ['halo_distance', draft.halo, 'halo_max', 1],
    ['ema60_slope', 'slope' in draft ? draft.slope : 0.003, 'slope_min', 0],
    ['dx', draft.dx, 'dx_min', 10],
  ];
  const numbers = gates.flatMap(([factor, value, threshold, base]) =>
    value === undefined ? [] : [[factor, value] as const, [threshold, base] as const],
  );
  const passes =
    (draft.ts ?? 1) >= 0.6 && (draft.halo ?? 0) <= 1 && (draft.slope ?? 0) >= 0 && (draft.dx ?? 10) >= 10;
  const daysAgo = draft.daysAgo ?? 40;
  return {
    episode: {
      scope: draft.scope ?? {},
      decision: passes && !draft.blockedBy?.length ? 'acted' : 'skipped',
      numbers: new Map(numbers),
      flags: new Map(Object.entries(draft.flags ?? {}) as [GateFlag, boolean][]),
      blockedBy: draft.blockedBy && new Set(draft.blockedBy),
      tradeId: draft.trade,
    },
    outcome: draft.outcome,
    time: AS_OF - daysAgo * DAY,
    resolvedAt: AS_OF - (draft.resolvedDaysAgo ?? daysAgo - 1) * DAY,
    ...(draft.pair !== undefined && { pair: draft.pair }),
  };
}

/** Makes `count` events, one every seven hours, so that no two share a block of six hours. */
export function spread(count: number, draft: Draft): KnownEvent[] {
  return Array.from({ length: count }, (_, i) =>
    event({ ...draft, daysAgo: (draft.daysAgo ?? 40) + (i * 7 * HOUR) / DAY }),
  );
}

/** Factors far inside the TS and halo gates. */
export const inside = { ts: 1.5, halo: 0.2 };
/** Returns acted winners far inside all gates. No gate gains by moving past them. */
export const core = (count = 60, draft: Partial<Draft> = {}): KnownEvent[] =>
  spread(count, { outcome: 'success', ...inside, ...draft });

/** Settings with round constants, for cases worked by hand: every event counts as independent. */
export const INDEPENDENT_EVENTS = FIRST_REPLAY_SETTINGS;
/** `INDEPENDENT_EVENTS` with the clusters of the default settings. */
export const DEPENDENT_EVENTS: ReplaySettings = { ...INDEPENDENT_EVENTS, clusters: REPLAY_SETTINGS.clusters };

/** Runs the replay policy at `AS_OF`. */
export const replayEvents = (
  events: readonly KnownEvent[],
  settings = INDEPENDENT_EVENTS,
  pattern = S1,
): ReplayResult => replay(pattern, factorColumns(events), AS_OF, settings);

/** Returns each override as its category, scope and effect, the effect to 4 decimals. */
export const movesOf = (result: ReplayResult): unknown[] =>
  result.overrides.map(o => [
    o.action_category,
    o.scope_subset,
    Number((o.multiplier ?? o.delta ?? 0).toFixed(4)),
  ]);

/** Makes random events with independent outcomes: each is a success with the given probability. */
export function randomEvents(random: Random, count: number, success: number): KnownEvent[] {
  return Array.from({ length: count }, () => {
    const daysAgo = 1 + random.uniform() * 88;
    return event({
      outcome: random.uniform() < success ? 'success' : 'failure',
      ts: 0.5 * Math.exp(0.25 * random.normal()),
      halo: 0.9 * Math.exp(0.5 * random.normal()),
      slope: 0.0005 + 0.0015 * random.normal(),
      scope: {
        bucket: `b${random.pick([0.4, 0.3, 0.2, 0.1])}`,
        chain: `c${random.pick([0.5, 0.3, 0.2])}`,
        timeframe: `t${random.pick([0.4, 0.3, 0.2, 0.1])}`,
      },
      daysAgo,
      resolvedDaysAgo: Math.max(0, daysAgo - 1 - random.uniform() * 14),
    });
  });
}
