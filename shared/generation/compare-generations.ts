import type { Lesson } from '../lesson/lesson.ts';
import type { Override } from '../override/override.ts';
import type { PatternKey } from '../pattern/pattern-key.ts';
import type { Generation } from './generation.ts';
import type { GenerationStores } from './ports.ts';

/** The differences between two generations. */
interface GenerationDiff {
  readonly from: number;
  readonly to: number;
  readonly overrides: OverrideChange[];
  readonly lessons: LessonChanges;
}

/** The multiplier or delta of an override in both generations; null where it is absent. */
interface OverrideChange extends Pick<Override, 'action_category' | 'scope_subset'> {
  readonly before: number | null;
  readonly after: number | null;
}

/** Numbers of lessons that differ. */
interface LessonChanges {
  readonly added: number;
  readonly removed: number;
  readonly changed: number;
}

/** Reads the row sets of two generations and compares them. @throws Fault `damaged_generation` */
export async function compareGenerations(
  stores: Pick<GenerationStores, 'lessons' | 'overrides'>,
  pattern: PatternKey,
  from: Generation,
  to: Generation,
): Promise<GenerationDiff> {
  const [overridesBefore, overridesAfter, lessonsBefore, lessonsAfter] = await Promise.all([
    stores.overrides.read(pattern, from.overrides),
    stores.overrides.read(pattern, to.overrides),
    stores.lessons.read(pattern, from.lessons),
    stores.lessons.read(pattern, to.lessons),
  ]);
  return {
    from: from.generation,
    to: to.generation,
    overrides: overrideChanges(overridesBefore, overridesAfter),
    lessons: lessonChanges(lessonsBefore, lessonsAfter),
  };
}

const keyOf = (o: Override): string => `${o.scope_hash} ${o.action_category}`;
const effectOf = (o: Override | undefined): number | null => o?.multiplier ?? o?.delta ?? null;

/** Returns the overrides of which slice, lever, multiplier or delta differ. */
export function overrideChanges(before: readonly Override[], after: readonly Override[]): OverrideChange[] {
  const oldByKey = new Map(before.map(o => [keyOf(o), o]));
  const newByKey = new Map(after.map(o => [keyOf(o), o]));
  return [...new Map([...oldByKey, ...newByKey])].flatMap(([key, { action_category, scope_subset }]) => {
    const change = { before: effectOf(oldByKey.get(key)), after: effectOf(newByKey.get(key)) };
    return change.before === change.after ? [] : [{ action_category, scope_subset, ...change }];
  });
}

function lessonChanges(before: readonly Lesson[], after: readonly Lesson[]): LessonChanges {
  const old = new Map(before.map(lesson => [lesson.scope_hash, JSON.stringify(lesson)]));
  const added = after.filter(lesson => !old.has(lesson.scope_hash)).length;
  const common = after.length - added;
  const same = after.filter(lesson => old.get(lesson.scope_hash) === JSON.stringify(lesson)).length;
  return { added, removed: before.length - common, changed: common - same };
}
