import type { Hono } from 'hono';
import type { CycleDeps } from '../../cycle/dependencies.ts';
import { addRoute } from '../app.ts';
import { openApiDocument } from '../openapi.ts';
import type { Access } from '../problem-codes.ts';
import { ROUTES } from '../routes.ts';
import { changeRoutes } from './changes.ts';
import type { CycleRoutesDeps } from './cycles.ts';
import { cycleRoutes } from './cycles.ts';
import { evidenceRoutes } from './evaluation.ts';
import { type EventRoutesDeps, eventRoutes } from './events.ts';
import { guardRoutes } from './guard.ts';
import { lessonRoutes } from './lessons.ts';
import { nMinRoutes } from './n-min.ts';
import type { NotificationRoutesDeps } from './notifications.ts';
import { notificationRoutes } from './notifications.ts';
import { overrideRoutes } from './overrides.ts';
import { type PatternRoutesDeps, patternRoutes } from './patterns.ts';
import { serviceModeRoutes } from './service-mode.ts';
import type { StatusDeps } from './status.ts';
import { statusRoutes } from './status.ts';
import { whatIfRoutes } from './what-if.ts';
import { writerRoutes } from './writers.ts';

/** Registers the routes of the `admin` function: everything that readers and operators call. */
export function adminRoutes(
  app: Hono,
  deps: CycleDeps &
    CycleRoutesDeps &
    StatusDeps &
    EventRoutesDeps &
    PatternRoutesDeps &
    NotificationRoutesDeps & { readonly access?: Access },
): void {
  statusRoutes(app, deps);
  overrideRoutes(app, deps);
  lessonRoutes(app, deps);
  cycleRoutes(app, deps);
  changeRoutes(app, deps);
  patternRoutes(app, deps);
  serviceModeRoutes(app, deps);
  writerRoutes(app, deps);
  eventRoutes(app, deps);
  evidenceRoutes(app, deps);
  guardRoutes(app, deps);
  nMinRoutes(app, deps);
  whatIfRoutes(app, deps);
  notificationRoutes(app, deps);
  addRoute(app, ROUTES.getHealth, c => c.json({ ok: true }));
  // Making the document takes tens of milliseconds, so it is made once, by the first request for it.
  let document: object | undefined;
  addRoute(app, ROUTES.getOpenApi, c => {
    document ??= openApiDocument(deps.access);
    return c.json(document, 200, { 'cache-control': 'no-cache' });
  });
}
