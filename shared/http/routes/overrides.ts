import type { Hono } from 'hono';
import type { GenerationStores } from '../../generation/ports.ts';
import type { Override } from '../../override/override.ts';
import { addRoute, readQuery } from '../app.ts';
import type { PageDeps } from '../pagination.ts';
import { readSelectedPage } from '../pagination.ts';
import { ROUTES } from '../routes.ts';

/** The figures by which the list sorts. An effect is the move of the threshold: as a share, or in its unit. */
const SORT_KEYS: Readonly<Record<string, (row: Override) => number>> = {
  n: row => row.n,
  confidence: row => row.confidence,
  effect: row => (row.multiplier === undefined ? (row.delta ?? 0) : row.multiplier - 1),
};

export function overrideRoutes(app: Hono, deps: PageDeps & Pick<GenerationStores, 'overrides'>): void {
  addRoute(app, ROUTES.getOverrides, async c => {
    const query = readQuery(c, ROUTES.getOverrides.query);
    const { head, rows, next } = await readSelectedPage(deps, deps.overrides, 'overrides', query, SORT_KEYS);
    return c.json({ ...head, overrides: rows, ...next });
  });
}
