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

/** An event by what differs from the defaults: inside all gates, 40 days old. */
export interface Draft {
  readonly outcome: Outcome;
  readonly ts?: number;
  readonly halo?: number;
  /** Default 0.003; undefined: the event lacks the factor. */
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

/** Makes an event of a draft at the base thresholds ts_min 0.6, halo_max 1, slope_min 0 and dx_min 10. */
export function event(d: Draft): KnownEvent {
  const gates: [NumericFactor, number | undefined, NumericFactor, number][] = [
    ['ts_score', d.ts, 'ts_min', 0.6],
    ['halo_distance', d.halo, 'halo_max', 1],
    ['ema60_slope', 'slope' in d ? d.slope : 0.003, 'slope_min', 0],
    ['dx', d.dx, 'dx_min', 10],
  ];
  const numbers = gates.flatMap(([factor, value, threshold, base]) =>
    value === undefined ? [] : [[factor, value] as const, [threshold, base] as const],
  );
  const passes = (d.ts ?? 1) >= 0.6 && (d.halo ?? 0) <= 1 && (d.slope ?? 0) >= 0 && (d.dx ?? 10) >= 10;
  const daysAgo = d.daysAgo ?? 40;
  return {
    episode: {
      scope: d.scope ?? {},
      decision: passes && !d.blockedBy?.length ? 'acted' : 'skipped',
      numbers: new Map(numbers),
      flags: new Map(Object.entries(d.flags ?? {}) as [GateFlag, boolean][]),
      blockedBy: d.blockedBy && new Set(d.blockedBy),
      tradeId: d.trade,
    },
    outcome: d.outcome,
    time: AS_OF - daysAgo * DAY,
    resolvedAt: AS_OF - (d.resolvedDaysAgo ?? daysAgo - 1) * DAY,
    ...(d.pair !== undefined && { pair: d.pair }),
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
/** Makes acted winners far inside all gates, past which no gate gains by moving. */
export const core = (count = 60, draft: Partial<Draft> = {}): KnownEvent[] =>
  spread(count, { outcome: 'success', ...inside, ...draft });

/** Settings with round constants, for cases worked by hand: every event counts as independent. */
export const INDEPENDENT_EVENTS = FIRST_REPLAY_SETTINGS;
/** The same with the clusters of the default settings. */
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
