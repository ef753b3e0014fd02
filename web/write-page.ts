// This script writes the page into a folder, where the function `page` reads it: node web/write-page.ts FOLDER
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { buildPage } from './build.ts';

const [folder] = process.argv.slice(2);
if (folder === undefined) throw new Error('the folder is missing: node web/write-page.ts FOLDER');
mkdirSync(folder, { recursive: true });
writeFileSync(join(folder, 'page.json'), JSON.stringify(await buildPage()));
