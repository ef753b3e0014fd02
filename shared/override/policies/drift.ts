import type { Lesson } from '../../lesson/lesson.ts';
import { pressureOf } from '../../lesson/lesson.ts';
import type { LadderStats, QuadrantStats } from '../../lesson/stats.ts';
import type { Lever } from '../../lever/lever.ts';
import { leversOf } from '../../lever/lever.ts';
import { clamp } from '../../numbers.ts';
import type { PatternKey } from '../../pattern/pattern-key.ts';
import type { Reason } from '../../reason.ts';
import { MULTIPLIER_RANGE } from '../multiplier-range.ts';
import type { Override } from '../override.ts';
import {
  LADDER,
  ladderCode,
  ladderMultiplier,
  ladderPressure,
  ladderPressureTooSmall,
  signed,
  tooFewSuccesses,
} from './ladder.ts';

/** Change of a multiplier's logarithm per event of pressure. */
export const ETA = 0.005;
/** Multipliers closer to 1 than this give no override. */
const DEAD_BAND = 0.01;

/**
 * The drift policy (docs/contract.md): thresholds follow the pressure of a slice.
 * @returns overrides in the order of the lessons, and within a lesson in that of the lever table
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
  // With more misses than false positives, thresholds go down and the halo goes up: both admit more.
  const sign = lever.drift === 'threshold' ? -1 : 1;
  const multiplier = clamp(Math.exp(sign * ETA * pressure), MULTIPLIER_RANGE);
  if (Math.abs(multiplier - 1) < DEAD_BAND) return [];
  const reason =
    `${stats.n_misses} misses against ${stats.n_fps} false positives in ${stats.n_total} events: ` +
    `pressure ${signed(pressure)}, ${pressure > 0 ? 'looser' : 'tighter'}`;
  const reason_code = pressure > 0 ? 'misses_exceed_false_positives' : 'false_positives_exceed_misses';
  return [{ ...overrideIdentity(lever, lesson), multiplier, confidence: 1, pressure, reason, reason_code }];
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
  return [
    {
      ...overrideIdentity(lever, lesson),
      multiplier,
      confidence,
      ladder_pressure: pressure,
      reason,
      reason_code: ladderCode(pressure),
    },
  ];
}

/** Returns why a lesson has no override under drift. Valid only for a lesson without an override. */
export function explainNoDriftOverride(pattern: PatternKey, lesson: Lesson): Reason {
  if (lesson.action_category === 'tuning_dx_ladder') return explainNoLadderOverride(lesson.stats);
  const { n_misses, n_fps } = lesson.stats;
  const pressure = pressureOf(lesson.stats);
  if (pressure === 0) {
    const counts =
      n_misses === 0 ? 'no miss and no false positive' : `${n_misses} misses and ${n_fps} false positives`;
    return { code: 'pressure_zero', text: `pressure 0: ${counts}` };
  }
  const moves = leversOf(pattern).flatMap(({ drift: rule, thresholds: [name] }) =>
    rule === 'threshold' || rule === 'halo'
      ? [`${name} by ${percentOf(Math.expm1((rule === 'threshold' ? -1 : 1) * ETA * pressure))}`]
      : [],
  );
  return {
    code: 'pressure_too_small',
    text: `pressure ${signed(pressure)} would move ${moves.join(' and ')}: under ${100 * DEAD_BAND} % is left out`,
  };
}

function explainNoLadderOverride(stats: LadderStats): Reason {
  const { n_success } = stats;
  if (n_success < LADDER.minSuccesses) return tooFewSuccesses(n_success);
  const pressure = ladderPressure(stats);
  if (Math.abs(pressure) < LADDER.minPressure) return ladderPressureTooSmall(pressure);
  const move = percentOf(ladderMultiplier(pressure) - 1);
  return {
    code: 'ladder_pressure_too_small',
    text: `ladder pressure ${signed(pressure)} would move dx_atr_mult by ${move}: under ${100 * LADDER.deadBand} % is left out`,
  };
}

/** Returns a share with its sign and three digits: `-0.995 %`. */
const percentOf = (share: number): string => `${signed(Number((100 * share).toPrecision(3)))} %`;

function overrideIdentity(
  lever: Lever,
  lesson: Lesson,
): Pick<Override, 'action_category' | 'scope_subset' | 'scope_hash' | 'n'> {
  const { scope_subset, scope_hash, n } = lesson;
  return { action_category: lever.category, scope_subset, scope_hash, n };
}
