import { readFileSync } from 'node:fs';
import type { PageFiles } from './page.ts';

/** Reads the page from the file that `web/write-page.ts` wrote beside the bundle of the function. */
export function readPageFiles(): PageFiles {
  return JSON.parse(readFileSync(new URL('page.json', import.meta.url), 'utf8'));
}
