import type { Outcome } from '../../shared/episode/outcome.ts';
import type { NumericFactor } from '../../shared/episode/packed-episode.ts';
import type { ReplaySettings } from '../../shared/override/replay/settings.ts';
import { REPLAY_SETTINGS } from '../../shared/override/replay/settings.ts';
import { describeWhatIf } from '../../shared/override/what-if/describe.ts';
import { findLever } from '../../shared/override/what-if/lever-range.ts';
import type { WhatIf, WhatIfQuestion } from '../../shared/override/what-if/what-if.ts';
import { whatIf } from '../../shared/override/what-if/what-if.ts';
import type { PatternKey } from '../../shared/pattern/pattern-key.ts';
import { DAY, S1 } from './episodes.ts';
import type { KnownEvent } from './factor-columns.ts';
import { factorColumns } from './factor-columns.ts';

export const AS_OF = Date.UTC(2025, 2, 1);
const BASES: Partial<Record<NumericFactor, readonly [NumericFactor, number]>> = {
  ts_score: ['ts_min', 0.6],
  halo_distance: ['halo_max', 1],
  ema60_slope: ['slope_min', 0],
  dx: ['dx_min', 10],
};

/** The properties of an event that a test sets; the others have defaults. */
export interface EventDraft {
  readonly outcome: Outcome;
  readonly acted?: boolean;
  readonly numbers?: Partial<Record<NumericFactor, number>>;
  readonly scope?: Readonly<Record<string, string>>;
  readonly daysAgo?: number;
  readonly knownDaysAgo?: number;
  readonly trade?: string;
  readonly pair?: string;
  readonly blockedBy?: readonly string[];
  readonly flags?: readonly (readonly ['ts_ok' | 'slope_ok', boolean])[];
}

/** Makes an event at base thresholds ts_min 0.6, halo_max 1, slope_min 0, dx_min 10. It passes every gate by default. */
export function event(draft: EventDraft): KnownEvent {
  const factors = { ts_score: 0.9, halo_distance: 0.5, ema60_slope: 0.01, ...draft.numbers };
  const numbers = new Map<NumericFactor, number>();
  for (const [name, value] of Object.entries(factors) as [NumericFactor, number][]) {
    const [threshold, base] = BASES[name] ?? [];
    if (Number.isNaN(value)) continue;
    numbers.set(name, value);
    if (threshold !== undefined && base !== undefined) numbers.set(threshold, base);
  }
  const daysAgo = draft.daysAgo ?? 10;
  return {
    episode: {
      scope: draft.scope ?? {},
      decision: draft.acted === false ? 'skipped' : 'acted',
      numbers,
      flags: new Map(draft.flags ?? []),
      blockedBy: draft.blockedBy && new Set(draft.blockedBy),
      tradeId: draft.trade,
    },
    outcome: draft.outcome,
    time: AS_OF - daysAgo * DAY,
    resolvedAt: AS_OF - (draft.knownDaysAgo ?? daysAgo - 1) * DAY,
    ...(draft.pair !== undefined && { pair: draft.pair }),
  };
}

export const times = (count: number, draft: EventDraft): KnownEvent[] =>
  Array.from({ length: count }, () => event(draft));

/** Settings without clusters, under which one event with its factor enables a lever. */
export const ALONE: ReplaySettings = { ...REPLAY_SETTINGS, nMin: 1, clusters: [] };

/** Runs a what-if on ts_min from × 0.8 to × 1.2 over all events of 90 days; `changes` replaces parts of this question. */
export function runWhatIf(
  events: readonly KnownEvent[],
  changes: Partial<Omit<WhatIfQuestion, 'lever'>> & { readonly lever?: string } = {},
  settings = ALONE,
  pattern: PatternKey = S1,
): WhatIf & { readonly sentence: string } {
  const { lever: name = 'ts_min', ...rest } = changes;
  const lever = findLever(pattern, name);
  const question = { scope: {}, from: 0.8, to: 1.2, points: 5, days: 90, ...rest, lever };
  const result = whatIf(pattern, factorColumns(events), AS_OF, question, settings);
  return { ...result, sentence: describeWhatIf(result, question, settings) };
}

/** Returns for each point the value, winners, losers, their changes, the utility and its change. */
export const rows = ({ curve }: WhatIf): number[][] =>
  curve.map(p => [p.value, p.winners, p.losers, p.winnersChange, p.losersChange, p.utility, p.utilityChange]);

/** Ten acted winners far inside, five acted losers just inside, four missed winners and three dodged losers outside. */
export const worked = [
  ...times(10, { outcome: 'success' }),
  ...times(5, { outcome: 'failure', numbers: { ts_score: 0.64 } }),
  ...times(4, { outcome: 'success', acted: false, numbers: { ts_score: 0.55 } }),
  ...times(3, { outcome: 'failure', acted: false, numbers: { ts_score: 0.5 } }),
];
