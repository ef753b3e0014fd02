import { handle } from 'hono/aws-lambda';
import { createApp } from '../shared/http/app.ts';
import { ingestRoutes } from '../shared/http/routes/ingest.ts';
import type { Runtime } from '../shared/runtime.ts';
import { lambdaEntry } from '../shared/runtime.ts';

/** Stores events and outcomes. */
export function createHandler(runtime: Runtime) {
  const app = createApp(runtime.log, runtime.config.origins);
  ingestRoutes(app, runtime);
  return handle(app);
}

export const handler = lambdaEntry(createHandler);
