import type { Lesson } from '../lesson/lesson.ts';
import type { PatternKey } from '../pattern/pattern-key.ts';
import type { Override, Policy } from './override.ts';
import { inSetOrder } from './override.ts';
import { drift } from './policies/drift.ts';

const COMPUTE: Readonly<Record<Policy, (pattern: PatternKey, lessons: readonly Lesson[]) => Override[]>> = {
  drift,
};

/** The overrides that a policy makes of a pattern's lessons, sorted by scope hash, then category. */
export function materialize(policy: Policy, pattern: PatternKey, lessons: readonly Lesson[]): Override[] {
  return COMPUTE[policy](pattern, lessons).sort(inSetOrder);
}
