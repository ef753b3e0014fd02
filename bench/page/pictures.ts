import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { PM, SYNTHETIC } from '../../test/web/page-service.ts';

const FOLDER = join(import.meta.dirname, '../../docs/pictures/page');
const PICTURES = [
  ['overview', '#/overview', 560],
  ['thresholds', `#/pattern/${PM}?scope=chain%3Dsolana%2C+timeframe%3D15m&thresholds=ts_min%3D0.6`, 760],
  ['lessons', `#/lessons/${SYNTHETIC}`, 900],
  ['guard', `#/guard/${SYNTHETIC}`, 1060],
  ['what-if', `#/whatif/${SYNTHETIC}?scope=chain%3Dsolana&at=0.55`, 860],
] as const;

/** Takes the pictures of the documentation, light and dark, each of some tens of kilobytes. */
export async function takePictures(browser: Browser, url: string): Promise<void> {
  for (const colorScheme of ['light', 'dark'] as const)
    for (const [name, fragment, height] of PICTURES) {
      const context = await browser.newContext({ viewport: { width: 1180, height }, colorScheme });
      const tab = await context.newPage();
      await tab.goto(`${url}/ui${fragment}`);
      await tab.waitForLoadState('networkidle');
      await tab.screenshot({ path: join(FOLDER, `${name}-${colorScheme}.png`) });
      await context.close();
    }
}
