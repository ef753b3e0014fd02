import type { Lesson } from '../lesson/lesson.ts';
import { describeScope } from '../pattern/describe-scope.ts';
import type { Reason } from '../reason.ts';
import type { Override } from './override.ts';

/** The part of a policy's result that says why lessons have no override. */
interface Explained {
  readonly overrides: readonly Pick<Override, 'scope_hash'>[];
  readonly explainNoOverride: (lesson: Lesson) => Reason;
}

/**
 * Adds to each lesson without an override the reason for it. Lessons with exactly the same events get the same reason:
 * that of their representative, the most general of them. A policy tests more general slices less strictly, so figures
 * of each slice by itself would differ.
 */
export function explainLessons(
  lessons: readonly Lesson[],
  { overrides, explainNoOverride }: Explained,
): Lesson[] {
  const withOverride = new Set(overrides.map(override => override.scope_hash));
  const byHash = new Map(lessons.map(lesson => [lesson.scope_hash, lesson]));
  const representative = (lesson: Lesson): Lesson =>
    byHash.get(lesson.same_as ?? lesson.scope_hash) ?? lesson;
  const moved = new Map(
    lessons
      .filter(lesson => withOverride.has(lesson.scope_hash))
      .map(lesson => [representative(lesson).scope_hash, lesson]),
  );
  return lessons.map(lesson => {
    if (withOverride.has(lesson.scope_hash)) return lesson;
    const general = representative(lesson);
    const twin = moved.get(general.scope_hash);
    const { text, code } = twin ? sameEvents(twin) : explainNoOverride(general);
    return { ...lesson, why_not: text, reason_code: code };
  });
}

function sameEvents({ scope_subset }: Lesson): Reason {
  return {
    code: 'same_events_as_override',
    text: `${describeScope(scope_subset)} contains the same events and has the override`,
  };
}
