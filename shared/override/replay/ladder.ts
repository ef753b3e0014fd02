import type { LadderStats, Lesson } from '../../lesson/lesson.ts';
import type { PatternKey } from '../../pattern/pattern-key.ts';
import type { Override } from '../override.ts';
import { drift } from '../policies/drift.ts';

/** Standard errors by which the share of threes must differ from that of ones. */
export const LADDER_Z = 2.75;

/** The ladder's overrides under replay, and why the other lessons make none. */
export interface ReplayLadder {
  readonly overrides: readonly Override[];
  readonly silences: readonly { readonly lesson: Lesson; readonly reason: string }[];
}

/**
 * The DX ladder keeps drift's formula; under replay a lesson must show first that successes of three rungs and of one
 * are not equally many. With `d` of them in all, their difference has the standard error √d if they were (sign test).
 */
export function replayLadder(pattern: PatternKey, lessons: readonly Lesson[]): ReplayLadder {
  const overrides: Override[] = [];
  const silences: { lesson: Lesson; reason: string }[] = [];
  for (const lesson of lessons) {
    if (lesson.action_category !== 'tuning_dx_ladder') continue;
    const reason = whyEqual(lesson.stats);
    const made = reason === undefined ? drift(pattern, [lesson]) : [];
    overrides.push(...made);
    if (made.length === 0)
      silences.push({ lesson, reason: reason ?? 'too few successes, or too small a step' });
  }
  return { overrides, silences };
}

function whyEqual({ count_1, count_3 }: LadderStats): string | undefined {
  const difference = count_3 - count_1;
  const margin = LADDER_Z * Math.sqrt(count_1 + count_3);
  if (Math.abs(difference) > margin) return undefined;
  return `interval includes 0: ${count_3} successes of 3 rungs less ${count_1} of 1, ± ${margin.toFixed(1)}`;
}
