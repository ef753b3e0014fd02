import type { FactorColumns } from '../../episode/columns/columns.ts';
import type { ReplayLever } from '../../lever/replay-lever.ts';
import { movedFactor, openingOf, opensWhenRaised } from '../../lever/replay-lever.ts';
import { finite } from '../../numbers.ts';
import type { PatternKey } from '../../pattern/pattern-key.ts';
import type { Scope } from '../../pattern/scope.ts';
import { DAY_MS } from '../../time.ts';
import { prepareGates } from '../replay/gates.ts';
import type { ReplaySettings } from '../replay/settings.ts';
import type { LeverRange } from './lever-range.ts';
import { leverGrid, neutralValue, toEffect } from './lever-range.ts';
import type { EventBreakdown, SweepPoint } from './threshold-sweep.ts';
import { sweep } from './threshold-sweep.ts';

/** How one threshold is moved in one slice, in thought. */
export interface WhatIfQuestion extends LeverRange {
  /** The slice: every event whose scope contains it, of any number of dimensions. */
  readonly scope: Scope;
  readonly lever: ReplayLever;
  /** Window before `asOf`, days. */
  readonly days: number;
}

/** The slice with the threshold at one value, all other gates as they were. */
export interface WhatIfPoint extends SweepPoint {
  /** Multiplier or delta. */
  readonly value: number;
  /** The median of the slice's base thresholds, moved. */
  readonly threshold: number;
  /** W · winners − L · losers. */
  readonly utility: number;
  readonly utilityChange: number;
  /** Half of the interval of the change. */
  readonly margin: number;
}

export interface WhatIf {
  /** By value, ascending; empty when nothing can be said, then `reason` says why. */
  readonly curve: readonly WhatIfPoint[];
  readonly reason?: string;
  /** Where the threshold stands; in every curve. */
  readonly base?: WhatIfPoint;
  /** The largest change of utility; of equals the one nearest to the base. */
  readonly best?: WhatIfPoint;
  /** Whether the best is above chance even though it was picked; see `familyErrors`. */
  readonly proven: boolean;
  /** Events of the slice in the window with an outcome known at `asOf`. */
  readonly events: EventBreakdown & { readonly total: number };
}

/** Of the intervals. */
export const CONFIDENCE = 0.9;
/** Standard errors of such an interval, normal. */
export const INTERVAL_ERRORS = 1.645;
/**
 * What one threshold would have taken at other values, in one slice, all other gates rechecked: counted on the events
 * themselves as the replay policy counts them (docs/replay-policy.md), against the base thresholds, without any override.
 * @param asOf milliseconds since 1970; outcomes known later are not seen
 */
export function whatIf(
  pattern: PatternKey,
  columns: FactorColumns,
  asOf: number,
  question: WhatIfQuestion,
  settings: ReplaySettings,
): WhatIf {
  const { lever } = question;
  const gates = prepareGates(pattern, columns, settings);
  const gate = gates.gates.find(g => g.lever === lever);
  if (!gate) throw new Error(`${lever.category} is no lever of ${pattern}`);
  const rows = sliceRows(columns, asOf, question);
  const values = leverGrid(lever, question);
  // What is tightest comes first: a lower threshold admits more, or a higher one.
  const rises = opensWhenRaised(lever);
  const ordered = rises ? values : values.toReversed();
  const openings = Float64Array.from(ordered, value => openingOf(lever, toEffect(lever, value)));
  const base = ordered.indexOf(neutralValue(lever));
  const { stops, census } = sweep(gates, gate, rows, openings, base, settings.payoff);
  const events = { total: rows.length, ...census };
  const reason = whyNot(events, lever, gates.disabled.find(s => s.lever === lever)?.reason);
  if (reason !== undefined) return { curve: [], reason, proven: false, events };
  const standing = medianOf(rows, columns.numbers[movedFactor(lever)]);
  const points = stops.map((stop, i) => pointOf(stop, ordered[i] ?? 0, standing, lever, settings));
  const best = points.reduce((most, point) => (isBetter(point, most, lever) ? point : most));
  return {
    curve: rises ? points : points.toReversed(),
    ...(points[base] && { base: points[base] }),
    best,
    proven: best.utilityChange > 0 && best.utilityChange > simultaneousErrors(points) * best.error,
    events,
  };
}

/**
 * Standard errors by which the best of a curve must exceed 0. Each set of events that some value takes is one try, and
 * all tries together may err as often as one interval: with 1 − Φ(z) ≤ exp(−z²/2) / 2 that is z = √(2 ln(tries / (1 − confidence))).
 */
function simultaneousErrors(points: readonly WhatIfPoint[]): number {
  // What is taken grows with the opening, so equal numbers are the same events.
  const tries = new Set(points.map(point => `${point.winners} ${point.losers}`)).size - 1;
  return Math.sqrt(2 * Math.log(tries / (1 - CONFIDENCE)));
}

function sliceRows(columns: FactorColumns, asOf: number, { scope, days }: WhatIfQuestion): Uint32Array {
  const { size, time, resolvedAt } = columns;
  const pairs = Object.entries(scope).map(([name, value]) => {
    const dimension = columns.dimensions.find(d => d.name === name);
    // Code 0 is of events that lack the dimension; what no event carries selects none.
    return { codes: dimension?.codes, code: dimension ? dimension.values.indexOf(value) + 1 : 0 };
  });
  const rows = new Uint32Array(size);
  let n = 0;
  for (let row = 0; row < size; row++) {
    const t = time[row] ?? 0;
    const seen = t >= asOf - days * DAY_MS && t <= asOf && (resolvedAt[row] ?? 0) <= asOf;
    if (seen && pairs.every(({ codes, code }) => code > 0 && codes?.[row] === code)) rows[n++] = row;
  }
  return rows.subarray(0, n);
}

/** @param off why the lever is off for the whole pattern, if it is */
function whyNot(
  events: WhatIf['events'],
  { factor }: ReplayLever,
  off: string | undefined,
): string | undefined {
  if (events.total === 0) return 'no event of the slice has an outcome in the window';
  if (off !== undefined || events.movable > 0) return off;
  return `no success or failure of the slice that passes all other gates carries ${factor}`;
}

/** NaN when no row carries a number. */
function medianOf(rows: Uint32Array, column: Float64Array | undefined): number {
  const found = Float64Array.from(rows, row => column?.[row] ?? Number.NaN)
    .filter(Number.isFinite)
    .sort();
  const middle = (found.length - 1) / 2;
  return (found[Math.floor(middle)] ?? Number.NaN) / 2 + (found[Math.ceil(middle)] ?? Number.NaN) / 2;
}

function pointOf(
  stop: SweepPoint,
  value: number,
  standing: number,
  { scale }: ReplayLever,
  { payoff: { win, loss } }: ReplaySettings,
): WhatIfPoint {
  return {
    ...stop,
    value,
    threshold: finite(scale === 'log' ? standing * value : standing + value),
    utility: win * stop.winners - loss * stop.losers,
    utilityChange: win * stop.winnersChange - loss * stop.losersChange,
    margin: INTERVAL_ERRORS * stop.error,
  };
}

function isBetter(point: WhatIfPoint, than: WhatIfPoint, lever: ReplayLever): boolean {
  const more = point.utilityChange - than.utilityChange;
  if (more !== 0) return more > 0;
  const distance = (p: WhatIfPoint): number => Math.abs(openingOf(lever, toEffect(lever, p.value)));
  return distance(point) < distance(than);
}
