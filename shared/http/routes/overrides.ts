import type { Hono } from 'hono';
import type { GenerationStores } from '../../generation/ports.ts';
import { addRoute, readQuery } from '../app.ts';
import { readPage } from '../pagination.ts';
import { ROUTES } from '../routes.ts';

export function overrideRoutes(app: Hono, deps: Pick<GenerationStores, 'heads' | 'overrides'>): void {
  addRoute(app, ROUTES.getOverrides, async c => {
    const query = readQuery(c, ROUTES.getOverrides.query);
    const { pattern, generation, rows, next } = await readPage(
      deps.heads,
      deps.overrides,
      'overrides',
      query,
    );
    return c.json({ pattern_key: pattern, generation, overrides: rows, ...next });
  });
}
