import type { Hono } from 'hono';
import type { Defaults } from '../../generation/effective-settings.ts';
import { effectiveSettings } from '../../generation/effective-settings.ts';
import { requireKnownPattern } from '../../generation/known-pattern.ts';
import type { GenerationStores, HeadStore } from '../../generation/ports.ts';
import { shortHash } from '../../hash.ts';
import type { Lesson, NearLesson } from '../../lesson/lesson.ts';
import { configuredPayoff } from '../../override/measured-payoff.ts';
import type { Payoff } from '../../override/payoff.ts';
import { breakEvenRate } from '../../override/payoff.ts';
import type { PatternKey } from '../../pattern/pattern-key.ts';
import { parsePatternKey } from '../../pattern/pattern-key.ts';
import { addRoute, readQuery } from '../app.ts';
import { expired, readComputedRun } from '../computed-run.ts';
import type { PageDeps } from '../pagination.ts';
import { pageByPosition, readSelectedPage } from '../pagination.ts';
import { ROUTES } from '../routes.ts';

/** The figures by which the list sorts. A lesson without q comes last. */
const SORT_KEYS: Readonly<Record<string, (row: Lesson) => number>> = {
  n: row => row.n,
  q: row => row.uncertainty?.q ?? 1,
};

interface LessonDeps extends PageDeps {
  readonly heads: HeadStore;
  readonly defaults: Defaults;
  readonly lessons: GenerationStores['lessons'];
}

export function lessonRoutes(app: Hono, deps: LessonDeps): void {
  addRoute(app, ROUTES.getLessons, async c => {
    const query = readQuery(c, ROUTES.getLessons.query);
    if (query.near) {
      const pattern = await requireKnownPattern(deps.heads, parsePatternKey(query.pattern_key));
      const { head, near } =
        query.cycle_id === undefined
          ? await nearOfLastRun(deps.heads, pattern)
          : await nearOfRun(deps, pattern, query.cycle_id);
      const lessons = near.map(lesson => ({ pattern_key: pattern, ...lesson }));
      const { rows, next } = pageByPosition(lessons, shortHash(JSON.stringify(near)), query);
      return c.json({
        pattern_key: pattern,
        ...head,
        ...(await payoffOf(deps, pattern)),
        lessons: rows,
        ...next,
      });
    }
    const { head, rows, next } = await readSelectedPage(deps, deps.lessons, 'lessons', query, SORT_KEYS);
    return c.json({ ...head, ...(await payoffOf(deps, head.pattern_key)), lessons: rows, ...next });
  });
}

/**
 * Returns the payoff by which the rates of lessons are judged: that of the generation in force, else the configured one.
 */
async function payoffOf(
  { heads, defaults }: Pick<LessonDeps, 'heads' | 'defaults'>,
  pattern: PatternKey,
): Promise<{ readonly payoff: Payoff; readonly break_even: number }> {
  const head = await heads.head(pattern);
  const payoff = head?.current?.payoff ?? configuredPayoff(effectiveSettings(defaults, head?.settings));
  return { payoff, break_even: breakEvenRate(payoff) };
}

interface NearAnswer {
  readonly head: { readonly generation: number; readonly cycle_id?: string };
  readonly near: readonly NearLesson[];
}

/** Returns the slices just below `n_min`, as the last run stored them. */
async function nearOfLastRun(heads: HeadStore, pattern: PatternKey): Promise<NearAnswer> {
  const [head, near] = await Promise.all([heads.head(pattern), heads.near(pattern)]);
  return { head: { generation: head?.current?.generation ?? 0 }, near };
}

/** @throws Fault `unknown_cycle`, `trial_expired` */
async function nearOfRun(deps: LessonDeps, pattern: PatternKey, cycle_id: string): Promise<NearAnswer> {
  const { generation, sets } = await readComputedRun(deps, pattern, cycle_id);
  // Runs of an earlier version kept no reference to their near lessons.
  if (!sets.near) throw expired(cycle_id);
  return { head: { generation, cycle_id }, near: await deps.heads.nearOf(pattern, sets.near) };
}
