import type { Hono } from 'hono';
import { requireKnownPattern } from '../../generation/known-pattern.ts';
import type { GenerationStores, HeadStore } from '../../generation/ports.ts';
import { shortHash } from '../../hash.ts';
import type { PatternKey } from '../../pattern/pattern-key.ts';
import { parsePatternKey } from '../../pattern/pattern-key.ts';
import { addRoute, readQuery } from '../app.ts';
import type { PageQuery } from '../pagination.ts';
import { pageByPosition, readPage } from '../pagination.ts';
import { ROUTES } from '../routes.ts';

export function lessonRoutes(app: Hono, deps: Pick<GenerationStores, 'heads' | 'lessons'>): void {
  addRoute(app, ROUTES.getLessons, async c => {
    const query = readQuery(c, ROUTES.getLessons.query);
    if (query.near) {
      const pattern = await requireKnownPattern(deps.heads, parsePatternKey(query.pattern_key));
      return c.json(await nearLessons(deps.heads, pattern, query));
    }
    const { pattern, generation, rows, next } = await readPage(deps.heads, deps.lessons, 'lessons', query);
    return c.json({ pattern_key: pattern, generation, lessons: rows, ...next });
  });
}

/** Returns a page of the slices just below `n_min`, as the last run stored them. */
async function nearLessons(heads: HeadStore, pattern: PatternKey, query: PageQuery): Promise<object> {
  const [head, near] = await Promise.all([heads.head(pattern), heads.near(pattern)]);
  const lessons = near.map(lesson => ({ pattern_key: pattern, ...lesson }));
  const { rows, next } = pageByPosition(lessons, shortHash(JSON.stringify(near)), query);
  return { pattern_key: pattern, generation: head?.current?.generation ?? 0, lessons: rows, ...next };
}
