import type { Hono } from 'hono';
import { requireKnownPattern } from '../../generation/known-pattern.ts';
import type { GenerationStores } from '../../generation/ports.ts';
import { parsePatternKey } from '../../pattern/pattern-key.ts';
import { pageFits } from '../answer-size.ts';
import { addRoute, emptySpan, readQuery } from '../app.ts';
import { ROUTES } from '../routes.ts';

/** Registers the list of changes: by operators, and publications by runs. */
export function changeRoutes(
  app: Hono,
  { changes, heads }: Pick<GenerationStores, 'changes' | 'heads'>,
): void {
  addRoute(app, ROUTES.getChanges, async c => {
    const { pattern_key, ...query } = readQuery(c, ROUTES.getChanges.query);
    if (query.from !== undefined && query.to !== undefined && query.from > query.to) throw emptySpan();
    const pattern =
      pattern_key === undefined ? undefined : await requireKnownPattern(heads, parsePatternKey(pattern_key));
    return c.json(await changes.page({ ...query, pattern }, pageFits(query.limit)));
  });
}
