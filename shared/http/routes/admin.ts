import type { Hono } from 'hono';
import type { CycleDeps } from '../../cycle/dependencies.ts';
import { addRoute } from '../app.ts';
import { openApiDocument } from '../openapi.ts';
import { ROUTES } from '../routes.ts';
import { changeRoutes } from './changes.ts';
import type { CycleRoutesDeps } from './cycles.ts';
import { cycleRoutes } from './cycles.ts';
import { evidenceRoutes } from './evaluation.ts';
import { lessonRoutes } from './lessons.ts';
import { nMinRoutes } from './n-min.ts';
import { overrideRoutes } from './overrides.ts';
import { patternRoutes } from './patterns.ts';
import type { StatusDeps } from './status.ts';
import { statusRoutes } from './status.ts';
import { whatIfRoutes } from './what-if.ts';

/** Registers the routes of the `admin` function: everything that readers and operators call. */
export function adminRoutes(app: Hono, deps: CycleDeps & CycleRoutesDeps & StatusDeps): void {
  statusRoutes(app, deps);
  overrideRoutes(app, deps);
  lessonRoutes(app, deps);
  cycleRoutes(app, deps);
  changeRoutes(app, deps);
  patternRoutes(app, deps);
  evidenceRoutes(app, deps);
  nMinRoutes(app, deps);
  whatIfRoutes(app, deps);
  addRoute(app, ROUTES.getHealth, c => c.json({ ok: true }));
  addRoute(app, ROUTES.getOpenApi, c => c.json(openApiDocument(), 200, { 'cache-control': 'no-cache' }));
}
