import { elementAt } from '../../shared/numbers.ts';
import { simulateDecisions } from '../../shared/override/evaluation/simulate-decisions.ts';
import type { Override } from '../../shared/override/override.ts';
import { rowsWhere } from '../../shared/override/rows-where.ts';
import { dimensionCount } from '../../shared/pattern/scope.ts';
import { DAY_MS } from '../../shared/time.ts';
import type { Estimate } from './compare.ts';
import { estimate, payoffOf } from './compare.ts';
import type { Market, Tuning } from './simulate.ts';

/** Days after a tuning over which a promise is held against what came. */
const SCORED_DAYS = 28;
const KINDS = ['global', 'slices', 'closings', 'openings'] as const;
type Kind = (typeof KINDS)[number];

/** One new override: what it promised when it was computed, and what it changed in the days after. */
export interface Promised {
  readonly kinds: readonly Kind[];
  /** In-sample gain of each event that the override changes. */
  readonly inSample: number;
  /** Forecast gain of each event that it changes. */
  readonly expected: number;
  /** True when what came in the days after lies within the 90 % interval of the forecast. */
  readonly held: boolean;
  /** Gain and changed events of each day after, by a name of the day that is unique over all runs. */
  readonly came: ReadonlyMap<string, { gain: number; changed: number }>;
  /** Gain if chance had changed as many events in the same direction. */
  readonly byChance: number;
}

/** Promised against what came, per changed event in ATR, over the new overrides of one kind. */
export interface PromiseResult {
  readonly kind: Kind;
  readonly overrides: number;
  readonly inSample: number;
  readonly expected: number;
  /** Share of forecasts whose 90 % interval held. */
  readonly held: number;
  readonly came: Estimate;
  readonly byChance: number;
}

/** Returns what each new override of replay promised and brought. Overrides that changed no event later are left out. */
export function followPromises(market: Market, tunings: readonly Tuning[]): Promised[] {
  const promised: Promised[] = [];
  let before = new Set<string>();
  for (const { at, overrides } of tunings) {
    for (const override of overrides)
      if (!before.has(keyOf(override))) promised.push(...followOne(market, at, overrides, override));
    before = new Set(overrides.map(keyOf));
  }
  return promised;
}

/** Names an override by slice, lever and direction. */
function keyOf({ scope_hash, action_category, multiplier, delta = 0 }: Override): string {
  return `${scope_hash} ${action_category} ${(multiplier ?? 1 + delta) > 1}`;
}

function followOne(market: Market, at: number, all: readonly Override[], override: Override): Promised[] {
  const { evidence } = override;
  if (!evidence) return [];
  const { columns } = market.run;
  const rows = rowsWhere(columns, time => time >= at && time < at + SCORED_DAYS * DAY_MS);
  const [withIt, without] = [new Uint8Array(columns.size), new Uint8Array(columns.size)];
  simulateDecisions(market.gates, all, 'product', rows, withIt);
  const others = all.filter(other => other !== override);
  simulateDecisions(market.gates, others, 'product', rows, without);
  const opens = evidence.winners + evidence.losers > 0;
  const came = new Map<string, { gain: number; changed: number }>();
  let changed = 0;
  let gain = 0;
  for (const row of rows) {
    const change = elementAt(withIt, row) - elementAt(without, row);
    if (change === 0) continue;
    changed++;
    gain += change * utilityOf(market, row);
    const name = `${market.run.name.split('-')[0]} ${Math.floor(elementAt(columns.time, row) / DAY_MS)}`;
    const sums = came.get(name) ?? { gain: 0, changed: 0 };
    came.set(name, { gain: sums.gain + change * utilityOf(market, row), changed: sums.changed + 1 });
  }
  const { expected } = evidence;
  if (changed === 0 || !expected) return [];
  return [
    {
      kinds: [
        dimensionCount(override.scope_subset) === 0 ? 'global' : 'slices',
        opens ? 'openings' : 'closings',
      ],
      inSample: evidence.gain / Math.max(1, Math.abs(evidence.winners) + Math.abs(evidence.losers)),
      expected: expected.gain / expected.events,
      held: gain >= expected.low && gain <= expected.high,
      came,
      byChance: changed * chanceGain(market, rows, opens),
    },
  ];
}

function utilityOf({ gates, settings }: Market, row: number): number {
  return payoffOf(elementAt(gates.result, row), settings.payoff);
}

/** Returns the mean gain of opening what the base gates leave, or of closing what they take. */
function chanceGain(market: Market, rows: Uint32Array, opens: boolean): number {
  const candidates = rows.filter(row => (elementAt(market.baseActs, row) === 1) !== opens);
  const sum = candidates.reduce((total, row) => total + utilityOf(market, row), 0);
  return candidates.length === 0 ? 0 : ((opens ? 1 : -1) * sum) / candidates.length;
}

/** Pools promises by kind. Each counts by the events that it changed later. */
export function summarizePromises(promised: readonly Promised[]): PromiseResult[] {
  return KINDS.flatMap(kind => {
    const ofKind = promised.filter(({ kinds }) => kinds.includes(kind));
    if (ofKind.length === 0) return [];
    const days = new Map<string, { gain: number; changed: number }>();
    let inSample = 0;
    let expected = 0;
    let byChance = 0;
    for (const promise of ofKind) {
      byChance += promise.byChance;
      for (const [day, { gain, changed }] of promise.came) {
        const sums = days.get(day) ?? { gain: 0, changed: 0 };
        days.set(day, { gain: sums.gain + gain, changed: sums.changed + changed });
        inSample += changed * promise.inSample;
        expected += changed * promise.expected;
      }
    }
    const sums = [...days.values()];
    const changed = Float64Array.from(sums, day => day.changed);
    const total = changed.reduce((a, b) => a + b, 0);
    const came = estimate(
      Float64Array.from(sums, day => day.gain),
      changed,
    );
    return [
      {
        kind,
        overrides: ofKind.length,
        inSample: inSample / total,
        expected: expected / total,
        held: ofKind.filter(({ held }) => held).length / ofKind.length,
        came,
        byChance: byChance / total,
      },
    ];
  });
}
