import { handle } from 'hono/aws-lambda';
import { createApp } from '../shared/http/app.ts';
import { pageRoutes } from '../shared/http/page.ts';
import { readPageFiles } from '../shared/http/page-files.ts';
import type { Runtime } from '../shared/runtime.ts';
import { lambdaEntry } from '../shared/runtime.ts';

/** Serves the page to people with a browser. */
export function createHandler(runtime: Pick<Runtime, 'log' | 'config'>, files = readPageFiles()) {
  const app = createApp(runtime.log, runtime.config.origins);
  pageRoutes(app, files, runtime.config.login);
  return handle(app);
}

export const handler = lambdaEntry(createHandler);
