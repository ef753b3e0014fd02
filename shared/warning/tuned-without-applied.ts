import type { FactorColumns } from '../episode/columns/columns.ts';
import type { NumericFactor } from '../episode/packed-episode.ts';
import { NUMERIC_FACTORS } from '../episode/packed-episode.ts';
import type { Lever } from '../lever/lever.ts';
import { ACTION_CATEGORIES, leversOf } from '../lever/lever.ts';
import { elementAt } from '../numbers.ts';
import type { Override, ResolutionMethod } from '../override/override.ts';
import { OverrideIndex } from '../override/override-index.ts';
import type { PatternKey } from '../pattern/pattern-key.ts';
import type { Scope } from '../pattern/scope.ts';
import { scopeFromPairs } from '../pattern/scope.ts';
import { isAtClamp } from './override-limits.ts';
import type { Warning } from './warning.ts';

/*
 * A bot that logs tuned thresholds must log `applied` with them (contract, section 8). Without it the tuned thresholds
 * count as base thresholds, and the next run tunes them once more.
 *
 * Packed events hold base thresholds: what the bot logged, without the `applied` that it logged. So a threshold in them
 * that still contains the multiplier of its scope is a tuned one without `applied`. It is found by division: the
 * quotient of threshold and multiplier is the base. Quotients are evidence when they agree within 1e-6, and
 * - they come from at least two different multipliers, or
 * - events before the tested generations logged that same threshold.
 * A bot that logs constant base thresholds gives another quotient for every multiplier, so it is never accused. Nor is
 * an operator who moves a threshold, unless by exactly the multiplier; so multipliers at a clamp, which are round, do
 * not count.
 */

/** Relative difference up to which two quotients agree. */
const TOLERANCE = 1e-6;
/** Relative difference up to which logged thresholds count as one value, so that rounding costs no further reads. */
const SAME_VALUE = 1e-3;
/** Newest events of the tested generations that are examined. */
const EXAMINED_EVENTS = 200;
/** Least number of events that log a tuned threshold, and their least share of the events with a multiplier. */
const LEAST_EVENTS = 5;
const LEAST_SHARE = 0.1;

/** A generation, and the time in which look-ups served it, milliseconds since 1970. */
export interface ServedGeneration {
  readonly from: number;
  readonly until: number;
  readonly overrides: readonly Override[];
  readonly resolution: ResolutionMethod;
}

/** An event of a tested generation: its threshold, and the multiplier of its scope; 1 where none matched. */
interface ThresholdRow {
  readonly time: number;
  readonly threshold: number;
  readonly multiplier: number;
  readonly base: number;
}

/** A lever that multiplies a threshold that packed events hold. */
interface TestedLever {
  readonly lever: Lever;
  readonly threshold: NumericFactor;
}

/**
 * Returns true when an accusation is possible: a lever has overrides, and its threshold has two values in the window.
 * It reads nothing but the columns, so a run reads past generations only for patterns whose thresholds move.
 */
export function mayLogTuned(
  pattern: PatternKey,
  columns: FactorColumns,
  overrides: readonly Override[],
): boolean {
  const moved = new Set(overrides.map(override => override.action_category));
  return testedLevers(pattern).some(
    ({ lever, threshold }) => moved.has(lever.category) && hasTwoValues(columns, threshold),
  );
}

/** Returns the rows of the newest events not before a time, at most 200, newest first. */
export function newestRows({ size, time }: FactorColumns, from: number): number[] {
  return Array.from({ length: size }, (_, row) => row)
    .filter(row => elementAt(time, row) >= from)
    .sort((a, b) => elementAt(time, b) - elementAt(time, a))
    .slice(0, EXAMINED_EVENTS);
}

/**
 * Warns of each lever whose tuned thresholds the newest events log without `applied`.
 * @param rows of the events to examine; those of no tested generation are left out
 */
export function tunedWithoutApplied(
  pattern: PatternKey,
  columns: FactorColumns,
  rows: readonly number[],
  generations: readonly ServedGeneration[],
): Warning[] {
  const served = generations.map(generation => ({
    ...generation,
    index: new OverrideIndex(generation.overrides, ACTION_CATEGORIES),
  }));
  const firstServed = Math.min(...generations.map(({ from }) => from));
  return testedLevers(pattern).flatMap(({ lever, threshold }) => {
    const values = columns.numbers[threshold];
    if (!values) return [];
    const examined = rows.flatMap((row): ThresholdRow[] => {
      const time = elementAt(columns.time, row);
      const logged = elementAt(values, row);
      const generation = served.find(({ from, until }) => from <= time && time < until);
      if (!generation || !(logged > 0)) return [];
      const resolved = generation.index
        .resolve(scopeOfRow(columns, row), generation.resolution)
        .find(override => override.action_category === lever.category);
      if (resolved && isAtClamp(resolved)) return [];
      const multiplier = resolved?.multiplier ?? 1;
      return [{ time, threshold: logged, multiplier, base: logged / multiplier }];
    });
    const before = valuesBefore(columns, values, firstServed);
    return accuse(lever, threshold, examined, before);
  });
}

function accuse(
  { category }: Lever,
  threshold: NumericFactor,
  examined: readonly ThresholdRow[],
  before: readonly number[],
): Warning[] {
  const moved = examined.filter(({ multiplier }) => multiplier !== 1);
  const tuned = groupsOfEqualBase(examined)
    .filter(group => isEvidence(group, before))
    .flatMap(group => group.filter(({ multiplier }) => multiplier !== 1));
  if (tuned.length < LEAST_EVENTS || tuned.length < LEAST_SHARE * moved.length) return [];
  const since = new Date(Math.min(...tuned.map(({ time }) => time))).toISOString();
  const message =
    `${tuned.length} of the newest ${moved.length} events with an override log ${threshold} already tuned, without ` +
    `\`applied\` (since ${since}): log the \`applied\` of the look-up's answer with each event, or log base thresholds`;
  return [{ code: 'tuned_without_applied', message, action_category: category }];
}

/** Returns true when equal quotients cannot be chance: two multipliers lead to them, or earlier events logged them. */
function isEvidence(group: readonly ThresholdRow[], before: readonly number[]): boolean {
  const [first] = group;
  if (!first) return false;
  return (
    group.some(({ multiplier }) => !agree(multiplier, first.multiplier)) ||
    before.some(value => agree(value, first.base))
  );
}

/** Groups rows whose quotients agree, each with its neighbour in ascending order. */
function groupsOfEqualBase(rows: readonly ThresholdRow[]): ThresholdRow[][] {
  const groups: ThresholdRow[][] = [];
  let last: ThresholdRow | undefined;
  for (const row of rows.toSorted((a, b) => a.base - b.base)) {
    if (last && agree(last.base, row.base)) groups.at(-1)?.push(row);
    else groups.push([row]);
    last = row;
  }
  return groups;
}

const agree = (a: number, b: number): boolean => Math.abs(a - b) <= TOLERANCE * Math.max(a, b);

/** Returns the different thresholds that events logged before a time. */
function valuesBefore({ size, time }: FactorColumns, values: Float64Array, before: number): number[] {
  const found = new Set<number>();
  for (let row = 0; row < size; row++) if (elementAt(time, row) < before) found.add(elementAt(values, row));
  return [...found];
}

/** Returns the multiplying levers of a pattern whose threshold packed events hold. */
function testedLevers(pattern: PatternKey): TestedLever[] {
  return leversOf(pattern).flatMap(lever => {
    const threshold = NUMERIC_FACTORS.find(name => lever.thresholds.includes(name));
    const isThreshold = lever.replay?.moves !== 'factor';
    return lever.effect === 'multiplier' && threshold && isThreshold ? [{ lever, threshold }] : [];
  });
}

function hasTwoValues({ size, numbers }: FactorColumns, name: NumericFactor): boolean {
  const values = numbers[name]?.subarray(0, size) ?? [];
  let first: number | undefined;
  for (const value of values) {
    if (Number.isNaN(value)) continue;
    first ??= value;
    if (Math.abs(value - first) > SAME_VALUE * Math.abs(first)) return true;
  }
  return false;
}

function scopeOfRow({ dimensions }: FactorColumns, row: number): Scope {
  return scopeFromPairs(
    dimensions.flatMap(({ name, values, codes }): [string, string][] => {
      const value = values[elementAt(codes, row) - 1];
      return value === undefined ? [] : [[name, value]];
    }),
  );
}
