import { handle } from 'hono/aws-lambda';
import { pageApp } from '../shared/http/page.ts';
import { readPageFiles } from '../shared/http/page-files.ts';
import type { Runtime } from '../shared/runtime.ts';
import { lambdaEntry } from '../shared/runtime.ts';

/** Serves the page to people with a browser. */
export function createHandler(runtime: Pick<Runtime, 'log' | 'config'>, files = readPageFiles()) {
  return handle(pageApp(runtime.log, runtime.config.origins, files, runtime.config.login));
}

export const handler = lambdaEntry(createHandler);
