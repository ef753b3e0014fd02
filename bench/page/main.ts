// This bench measures the page in a browser: first paint, scrolling and filtering 20,000 overrides, three tasks.
//   npm run bench:page                 prints a table (about a minute); exits with 1 when it cannot measure
//   npm run bench:page -- --pictures   draws the pictures of docs/page.md anew instead
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { chromium } from 'playwright-core';
import { startBrowser, UNSUPPORTED } from '../../test/web/browser.ts';
import { fill, openPageService } from '../../test/web/page-service.ts';
import { machine, type Target, targetTable } from '../support/report.ts';
import { measurePage } from './measure.ts';
import { takePictures } from './pictures.ts';

const { dependencies, devDependencies } = JSON.parse(readFileSync('package.json', 'utf8'));
const VERSIONS = {
  preact: devDependencies.preact,
  'd3-scale': dependencies['d3-scale'],
  esbuild: devDependencies.esbuild,
};
const { values } = parseArgs({ options: { pictures: { type: 'boolean', default: false } } });

if (UNSUPPORTED !== undefined) {
  console.error(`The bench cannot run: ${UNSUPPORTED}.`);
  process.exit(1);
}
const server = await startBrowser();
const browser = await chromium.connect(server.wsEndpoint());
const service = await openPageService();
try {
  await fill(service);
  if (values.pictures) await takePictures(browser, service.url);
  else {
    const targets: Target[] = await measurePage(browser, service);
    console.log(`${machine({ Chromium: browser.version(), ...VERSIONS })}\n\n${targetTable(targets)}`);
  }
} finally {
  await browser.close();
  await server.close();
  await service.close();
}
