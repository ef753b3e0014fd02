import type { Lesson } from '../../lesson/lesson.ts';
import { pressureOf } from '../../lesson/lesson.ts';
import type { LadderStats, QuadrantStats } from '../../lesson/stats.ts';
import type { Lever } from '../../lever/lever.ts';
import { leversOf } from '../../lever/lever.ts';
import { clamp } from '../../numbers.ts';
import type { PatternKey } from '../../pattern/pattern-key.ts';
import type { Override } from '../override.ts';
import { MULTIPLIER_RANGE } from '../override.ts';

/** Log-step of a multiplier per event of pressure (contract, section 4). */
export const ETA = 0.005;
/** Log-step of the ladder spacing per tenth of ladder pressure. */
export const ETA_DX_LADDER = 0.02;
/** A multiplier closer to 1 than this is left out. */
const DEAD_BAND = 0.01;
/** Bounds of the ladder formula (contract, section 4). */
export const LADDER = {
  range: { min: 0.7, max: 1.5 },
  deadBand: 0.02,
  minSuccesses: 10,
  minPressure: 0.05,
  fullConfidence: 100,
} as const;

/**
 * The drift policy of the contract (section 4): thresholds follow the pressure of a slice.
 * Overrides come in the order of the lessons, within a lesson in that of the lever table.
 */
export function drift(pattern: PatternKey, lessons: readonly Lesson[]): Override[] {
  const levers = leversOf(pattern);
  return lessons.flatMap(lesson =>
    lesson.action_category === 'tuning_dx_ladder'
      ? levers.filter(l => l.drift === 'ladder').flatMap(lever => ladderOverride(lever, lesson, lesson.stats))
      : levers.flatMap(lever => gateOverride(lever, lesson, lesson.stats)),
  );
}

function gateOverride(lever: Lever, lesson: Lesson, stats: QuadrantStats): Override[] {
  if (lever.drift !== 'threshold' && lever.drift !== 'halo') return [];
  const pressure = pressureOf(stats);
  // More misses than false positives: thresholds go down, the halo up, both admit more.
  const sign = lever.drift === 'threshold' ? -1 : 1;
  const multiplier = clamp(Math.exp(sign * ETA * pressure), MULTIPLIER_RANGE);
  if (Math.abs(multiplier - 1) < DEAD_BAND) return [];
  const reason =
    `${stats.n_misses} misses against ${stats.n_fps} false positives in ${stats.n_total} events: ` +
    `pressure ${signed(pressure)}, ${pressure > 0 ? 'looser' : 'tighter'}`;
  return [{ ...overrideIdentity(lever, lesson), multiplier, confidence: 1, pressure, reason }];
}

function ladderOverride(lever: Lever, lesson: Lesson, stats: LadderStats): Override[] {
  const pressure = ladderPressure(stats);
  if (stats.n_success < LADDER.minSuccesses || Math.abs(pressure) < LADDER.minPressure) return [];
  const multiplier = ladderMultiplier(pressure);
  if (Math.abs(multiplier - 1) < LADDER.deadBand) return [];
  const reason =
    `${stats.count_3} successes of 3 rungs against ${stats.count_1} of 1 among ${stats.n_success}: ` +
    `ladder pressure ${signed(pressure)}`;
  const confidence = Math.min(1, stats.n_success / LADDER.fullConfidence);
  return [{ ...overrideIdentity(lever, lesson), multiplier, confidence, ladder_pressure: pressure, reason }];
}

/** As it enters the formula: rounded to 3 decimals. */
export function ladderPressure(stats: LadderStats): number {
  return roundHalfEven3(stats.ladder_pressure);
}

/** Spacing of the DX ladder at a ladder pressure of -1 to 1, as a multiplier of 0.7 to 1.5. */
export function ladderMultiplier(pressure: number): number {
  return clamp(Math.exp(ETA_DX_LADDER * 10 * pressure), LADDER.range);
}

/** Why a lesson leads to no override under drift; it is asked only for those that do not. */
export function explainNoDriftOverride(lesson: Lesson): string {
  if (lesson.action_category === 'tuning_dx_ladder') {
    const { n_success } = lesson.stats;
    if (n_success < LADDER.minSuccesses) return `${n_success} of ${LADDER.minSuccesses} successes`;
    return `ladder pressure ${signed(ladderPressure(lesson.stats))}: too small to move the spacing`;
  }
  const pressure = pressureOf(lesson.stats);
  if (pressure === 0) return `pressure 0: as many misses as false positives (${lesson.stats.n_misses})`;
  const percent = Number((100 * Math.abs(Math.expm1(ETA * pressure))).toFixed(1));
  return `pressure ${signed(pressure)} would move thresholds by ${percent} %: under ${100 * DEAD_BAND} % is left out`;
}

function overrideIdentity(
  lever: Lever,
  lesson: Lesson,
): Pick<Override, 'action_category' | 'scope_subset' | 'scope_hash' | 'n'> {
  const { scope_subset, scope_hash, n } = lesson;
  return { action_category: lever.category, scope_subset, scope_hash, n };
}

export const signed = (value: number): string => (value > 0 ? `+${value}` : `${value}`);

/**
 * Rounds to 3 decimals, exact ties to even, as the original's tables do.
 * A tie at the fourth decimal is a multiple of 1/16 and of no smaller power of two, so it is exact in binary.
 */
export function roundHalfEven3(value: number): number {
  if (Math.abs((value * 16) % 2) !== 1) return Number(value.toFixed(3));
  const below = Math.floor(value * 1000);
  return (below % 2 === 0 ? below : below + 1) / 1000;
}
