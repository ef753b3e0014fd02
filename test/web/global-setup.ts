import type { TestProject } from 'vitest/node';
import { callersOf } from '../../local/token-auth.ts';
import { startBrowser, UNSUPPORTED } from './browser.ts';
import {
  ANNA,
  fill,
  fillHostile,
  fillPm,
  openPageService,
  PM,
  storeCandidate,
  TOKENS,
} from './page-service.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** The address of the browser that all tests share; empty where none can run. */
    readonly browser: string;
    /** The address of a filled service without tokens. */
    readonly service: string;
    /** The address of a service with the tokens of `TOKENS`. */
    readonly guarded: string;
  }
}

/** Starts one browser and the services that all tests of the page share. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  if (UNSUPPORTED !== undefined) console.log(`Tests of the page are skipped: ${UNSUPPORTED}.`);
  const [service, guarded, browser] = await Promise.all([
    openPageService(),
    openPageService({ callers: callersOf(TOKENS, 'test') }),
    UNSUPPORTED === undefined ? startBrowser() : undefined,
  ]);
  await fill(service);
  await fillHostile(service);
  await fillPm(guarded, ANNA);
  await storeCandidate(guarded, PM);
  project.provide('browser', browser?.wsEndpoint() ?? '');
  project.provide('service', service.url);
  project.provide('guarded', guarded.url);
  return async () => {
    await Promise.all([browser?.close(), service.close(), guarded.close()]);
  };
}
