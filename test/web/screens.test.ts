import { describe, expect, it } from 'vitest';
import { hasBrowser, openTab, SCREENS, SERVICE, seriousFindings, show, until } from './open-page.ts';

const SIZES = [
  ['1280 px', { width: 1280, height: 900 }],
  ['360 px', { width: 360, height: 760 }],
] as const;

/** Names what is wider than its place: the document, and on a narrow screen each table that is shown as cards. */
const TOO_WIDE = `[document.documentElement, ...(innerWidth < 760 ? document.querySelectorAll('.cards') : [])]
  .filter(element => element.scrollWidth > element.clientWidth)
  .map(element => element.getAttribute('aria-label') ?? element.tagName)`;

describe.skipIf(!hasBrowser())('the screens', () => {
  it.each(SIZES)(
    'Every screen fits %s, light and dark, without an error or a serious finding of axe',
    async (_, viewport) => {
      const { tab, wrong, close } = await openTab({ viewport });
      for (const [name, fragment] of Object.entries(SCREENS)) {
        await tab.emulateMedia({ colorScheme: 'light' });
        await show(tab, SERVICE.url, fragment);
        expect([name, await tab.evaluate(TOO_WIDE)]).toEqual([name, []]);
        expect([name, await seriousFindings(tab)]).toEqual([name, []]);
        // The theme changes colours only, so the dark one is checked for contrast.
        await tab.emulateMedia({ colorScheme: 'dark' });
        expect([name, await seriousFindings(tab, ['color-contrast'])]).toEqual([name, []]);
      }
      expect(wrong).toEqual([]);
      await close();
    },
  );

  it('Every picture has a table with the same rows, and both are files', async () => {
    const { tab, close } = await openTab();
    for (const name of ['thresholds', 'lessons', 'what if', 'evidence', 'guard']) {
      await show(tab, SERVICE.url, SCREENS[name] ?? '');
      const figure = tab.locator('figure.picture').first();
      await figure.locator('svg[role=img] > title').waitFor({ state: 'attached' });
      for (const kind of ['SVG', 'CSV']) {
        const [file] = await Promise.all([
          tab.waitForEvent('download'),
          figure.getByRole('button', { name: kind }).click(),
        ]);
        expect(file.suggestedFilename()).toMatch(new RegExp(`\\.${kind.toLowerCase()}$`));
      }
      await figure.getByRole('button', { name: 'Table' }).click();
      expect(await figure.locator('tbody tr').count(), name).toBeGreaterThan(2);
    }
    await close();
  });

  it('A threshold follows the pointer that drags it in the picture', async () => {
    const { tab, close } = await openTab();
    await show(tab, SERVICE.url, SCREENS['what if'] ?? '');
    const picture = tab.locator('.drag').first();
    const { x, y, width, height } = (await picture.boundingBox()) ?? { x: 0, y: 0, width: 0, height: 0 };
    const chosen = async () => Number(await tab.locator('output').textContent());
    await tab.mouse.move(x + width / 2, y + height / 2);
    await tab.mouse.down();
    const middle = await chosen();
    await tab.mouse.move(x + width * 0.9, y + height / 2, { steps: 4 });
    await expect.poll(chosen).toBeGreaterThan(middle);
    await tab.mouse.up();
    expect(new URL(tab.url()).hash).toContain(`at=${await chosen()}`);
    await close();
  });

  it('An address leads to the same state in another browser', async () => {
    const { tab, close } = await openTab();
    await show(tab, SERVICE.url, SCREENS['what if'] ?? '');
    await tab.getByRole('slider').press('ArrowRight');
    await until(tab, '!/at=0[.]55(&|$)/.test(location.hash)');
    const chosen = await tab.locator('output').textContent();
    const other = await openTab();
    await show(other.tab, SERVICE.url, new URL(tab.url()).hash);
    await expect.poll(() => other.tab.locator('output').textContent(), { timeout: 10_000 }).toBe(chosen);
    await Promise.all([close(), other.close()]);
  });
});
