import type { TestProject } from 'vitest/node';
import { startBrowser, UNSUPPORTED } from './browser.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** The address of the browser that all tests share; empty where none can run. */
    readonly browser: string;
  }
}

/** Starts one browser for all tests of the page. */
export default async function setup(project: TestProject): Promise<(() => Promise<void>) | undefined> {
  if (UNSUPPORTED !== undefined) {
    console.log(`Tests of the page are skipped: ${UNSUPPORTED}.`);
    project.provide('browser', '');
    return undefined;
  }
  const server = await startBrowser();
  project.provide('browser', server.wsEndpoint());
  return () => server.close();
}
