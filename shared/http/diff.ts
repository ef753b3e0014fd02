import { Fault } from '../errors.ts';
import type { Generation } from '../generation/head.ts';
import type { RowSetStore } from '../generation/ports.ts';
import type { Lesson } from '../lesson/lesson.ts';
import type { Override } from '../override/override.ts';
import type { PatternKey } from '../pattern/pattern-key.ts';
import type { GenerationsAnswer } from './schemas/patterns.ts';

export interface DiffDeps {
  readonly lessons: RowSetStore<Lesson>;
  readonly overrides: RowSetStore<Override>;
}

/**
 * What changed from one kept generation to another.
 * @param numbers `A,B`
 * @throws Fault `unknown_generation`
 */
export async function compareGenerations(
  deps: DiffDeps,
  pattern: PatternKey,
  kept: readonly Generation[],
  numbers: string,
): Promise<NonNullable<GenerationsAnswer['diff']>> {
  const [from, to] = numbers.split(',').map(number => generationOf(kept, Number(number)));
  if (!from || !to) throw new Fault('invalid_request', 'diff takes two generations');
  const [before, after, lessonsBefore, lessonsAfter] = await Promise.all([
    deps.overrides.read(pattern, from.overrides),
    deps.overrides.read(pattern, to.overrides),
    deps.lessons.read(pattern, from.lessons),
    deps.lessons.read(pattern, to.lessons),
  ]);
  return {
    from: from.generation,
    to: to.generation,
    overrides: overrideChanges(before, after),
    lessons: lessonChanges(lessonsBefore, lessonsAfter),
  };
}

function generationOf(kept: readonly Generation[], number: number): Generation {
  const found = kept.find(generation => generation.generation === number);
  if (!found) throw new Fault('unknown_generation', `generation ${number} of this pattern is not kept`);
  return found;
}

const keyOf = (o: Override): string => `${o.scope_hash} ${o.action_category}`;
const effectOf = (o: Override | undefined): number | null => o?.multiplier ?? o?.delta ?? null;

function overrideChanges(before: readonly Override[], after: readonly Override[]) {
  const old = new Map(before.map(o => [keyOf(o), o]));
  const now = new Map(after.map(o => [keyOf(o), o]));
  return [...new Map([...old, ...now])].flatMap(([key, { action_category, scope_subset }]) => {
    const [a, b] = [effectOf(old.get(key)), effectOf(now.get(key))];
    return a === b ? [] : [{ action_category, scope_subset, before: a, after: b }];
  });
}

function lessonChanges(before: readonly Lesson[], after: readonly Lesson[]) {
  const old = new Map(before.map(lesson => [lesson.scope_hash, JSON.stringify(lesson)]));
  const added = after.filter(lesson => !old.has(lesson.scope_hash)).length;
  const kept = after.length - added;
  const same = after.filter(lesson => old.get(lesson.scope_hash) === JSON.stringify(lesson)).length;
  return { added, removed: before.length - kept, changed: kept - same };
}
