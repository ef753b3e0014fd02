import type { Hono } from 'hono';
import type { GenerationStores } from '../../generation/ports.ts';
import { addRoute, readQuery } from '../app.ts';
import type { PageDeps } from '../pagination.ts';
import { readPage } from '../pagination.ts';
import { ROUTES } from '../routes.ts';

export function overrideRoutes(app: Hono, deps: PageDeps & Pick<GenerationStores, 'overrides'>): void {
  addRoute(app, ROUTES.getOverrides, async c => {
    const query = readQuery(c, ROUTES.getOverrides.query);
    const { head, rows, next } = await readPage(deps, deps.overrides, 'overrides', query);
    return c.json({ ...head, overrides: rows, ...next });
  });
}
