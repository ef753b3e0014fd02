import { handle } from 'hono/aws-lambda';
import { createApp } from '../shared/http/app.ts';
import { lookupRoutes } from '../shared/http/routes/lookup.ts';
import { ofrepRoutesOfService } from '../shared/http/routes/ofrep.ts';
import { snapshotRoutes } from '../shared/http/routes/snapshots.ts';
import type { Runtime } from '../shared/runtime.ts';
import { lambdaEntry } from '../shared/runtime.ts';

/** Serves the look-ups, flags and snapshots that the PM requests. */
export function createHandler(runtime: Runtime) {
  const app = createApp(runtime.log, runtime.config.origins);
  lookupRoutes(app, runtime);
  ofrepRoutesOfService(app, runtime);
  snapshotRoutes(app, runtime);
  return handle(app);
}

export const handler = lambdaEntry(createHandler);
