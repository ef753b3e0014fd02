import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { callersOf } from '../../local/token-auth.ts';
import { buildPage } from '../../web/build.ts';
import { measurement } from '../support/measurements.ts';
import { hasBrowser, openTab, SCREENS, show } from './open-page.ts';
import { fill, openPageService, type PageService, PM, send } from './page-service.ts';

const TOKENS = {
  'token-of-the-bot-1': { role: 'pm', name: 'bot 1' },
  'token-of-a-screen-1': { role: 'reader', name: 'screen' },
  'token-of-anna-12345': { role: 'operator', name: 'anna' },
};
const ANNA = 'token-of-anna-12345';
/** Texts that would be code, were they not set as text. */
const HOSTILE = ['<img src=x onerror="document.title=1">', 'javascript:alert(1)', '"><script>1</script>'];

let open: PageService;
let guarded: PageService;
beforeAll(async () => {
  open = await openPageService();
  guarded = await openPageService({ callers: callersOf(TOKENS, 'test') });
  await fill(guarded, ANNA);
  const event = (scope: object, i: number) => ({
    pattern_key: 'pm.uptrend.S1.hostile',
    episode_id: `hostile-${i}`,
    decision: i % 2 === 0 ? 'acted' : 'skipped',
    scope,
    factors: {},
    timestamp: new Date(Date.now() - 86_400_000).toISOString(),
    outcome: 'success',
  });
  const events = Array.from({ length: 120 }, (_, i) => event({ chain: HOSTILE[i % HOSTILE.length] }, i));
  await send(open, 'POST', '/v1/events', { events });
  await send(open, 'PUT', '/v1/patterns/pm.uptrend.S1.hostile/settings', { policy: 'drift', reason: 'test' });
  await send(open, 'POST', '/v1/cycles?wait=true', { publish: true, reason: HOSTILE[0] });
});
afterAll(() => Promise.all([open.close(), guarded.close()]));

describe('how the page is served', () => {
  it('Script and style sheet have at most 45 kB gzipped together', async () => {
    const { script, style } = await buildPage();
    const bytes = [script, style].map(({ text }) => gzipSync(text, { level: 9 }).byteLength);
    measurement(
      'page, script and style sheet, gzipped',
      bytes.map(n => `${(n / 1000).toFixed(1)} kB`).join(' + '),
    );
    expect(bytes.reduce((a, b) => a + b)).toBeLessThanOrEqual(45_000);
  });

  it('The document allows nothing inline, nothing from elsewhere and no frame', async () => {
    const response = await fetch(`${open.url}/ui`);
    expect(response.headers.get('content-security-policy')).toBe(
      "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; " +
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'",
    );
    expect(Object.fromEntries(response.headers)).toMatchObject({
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
      'cross-origin-opener-policy': 'same-origin',
      'cross-origin-resource-policy': 'same-origin',
    });
    expect(await response.text()).not.toMatch(/<script(?![^>]*src=)|<style|style=|\son\w+=/);
  });

  it('The root leads to the page, and files of the page may be kept for ever', async () => {
    const root = await fetch(`${open.url}/`, { redirect: 'manual' });
    expect([root.status, root.headers.get('location')]).toEqual([302, '/ui']);
    const html = await (await fetch(`${guarded.url}/ui`)).text();
    const files = [...html.matchAll(/"(\/ui\/(?:script|style)\/[^"]+)"/g)].map(([, path]) => path);
    expect(files).toHaveLength(2);
    for (const file of files) {
      const { status, headers } = await fetch(`${guarded.url}${file}`);
      expect([status, headers.get('cache-control')]).toEqual([200, 'public, max-age=31536000, immutable']);
    }
    expect((await fetch(`${open.url}/ui/script/0123456789abcdef.js`)).status).toBe(404);
  });

  it.each([
    ['a page on another loopback port', { origin: 'http://127.0.0.1:9', 'sec-fetch-site': 'same-site' }],
    ['a page on a public origin', { origin: 'https://example.com', 'sec-fetch-site': 'cross-site' }],
    ['a page without an origin', { origin: 'null' }],
    ['an image of another page', { 'sec-fetch-site': 'cross-site', 'sec-fetch-dest': 'image' }],
  ])('Requests of %s get 403', async (_, headers) => {
    for (const path of ['/ui', '/v1/status'])
      expect(
        (
          await open.service.app.request(`${open.url}${path}`, {
            headers: headers as unknown as Record<string, string>,
          })
        ).status,
      ).toBe(403);
    const form = { ...headers, 'content-type': 'application/x-www-form-urlencoded' } as unknown as Record<
      string,
      string
    >;
    const posted = await open.service.app.request(`${open.url}/v1/cycles`, {
      method: 'POST',
      headers: form,
      body: 'a=1',
    });
    expect(posted.status).toBe(403);
  });
});

describe.skipIf(!hasBrowser())('what the page does with texts and tokens', () => {
  it('Texts of events and reasons are text on every screen', async () => {
    const { tab, wrong, close } = await openTab();
    const pattern = 'pm.uptrend.S1.hostile';
    for (const screen of ['pattern', 'lessons', 'whatif', 'history', 'settings']) {
      await show(
        tab,
        open.url,
        `#/${screen}/${pattern}?scope=chain%3D${encodeURIComponent(HOSTILE[0] ?? '')}&thresholds=ts_min%3D0.6`,
      );
      expect(await tab.locator('main img, main script').count(), screen).toBe(0);
    }
    await show(tab, open.url, `#/lessons/${pattern}`);
    expect(await tab.locator('main').innerText()).toContain('<img src=x');
    expect(await tab.title()).not.toBe('1');
    expect(wrong).toEqual([]);
    await close();
  });

  it('A browser blocks a script that something puts into the page', async () => {
    const { tab, wrong, close } = await openTab();
    await show(tab, open.url, '#/overview');
    const blocked = await tab.evaluate<boolean>(
      "(() => { try { document.body.innerHTML = '<p>x</p>'; return false; } catch { return true; } })()",
    );
    expect(blocked).toBe(true);
    expect(wrong.join()).toContain('TrustedHTML');
    await close();
  });

  it('A token is in no storage, no address and no cookie, unless its owner keeps it for the tab', async () => {
    const { tab, close } = await openTab();
    const asked: string[] = [];
    tab.on('request', request => asked.push(request.url()));
    const enter = async (keep: boolean): Promise<void> => {
      await tab.goto(`${guarded.url}/ui`);
      await tab.getByLabel('Token').fill(ANNA);
      if (keep) await tab.getByLabel('Keep it').check();
      await tab.getByRole('button', { name: 'Enter' }).click();
      await tab.getByRole('link', { name: PM, exact: true }).waitFor();
    };
    const stored = () =>
      tab.evaluate<string[]>(
        '[JSON.stringify({ ...localStorage }), document.cookie, JSON.stringify({ ...sessionStorage })]',
      );
    await enter(false);
    expect(await stored()).toEqual(['{}', '', '{}']);
    await tab.reload();
    await enter(true);
    expect((await stored())[2]).toContain(ANNA);
    expect(asked.join()).not.toContain(ANNA);
    await close();
  });

  it.each([
    ['reader', 'token-of-a-screen-1', 0],
    ['operator', ANNA, 1],
  ] as const)('A %s sees what the role may do, and no more', async (_, token, least) => {
    const { tab, close } = await openTab();
    await tab.goto(`${guarded.url}/ui${SCREENS.overview}`);
    await tab.getByLabel('Token').fill(token);
    await tab.getByRole('button', { name: 'Enter' }).click();
    await tab.getByRole('link', { name: PM, exact: true }).waitFor();
    for (const screen of [
      'overview',
      `pattern/${PM}`,
      `history/${PM}`,
      `settings/${PM}`,
      `evidence/${PM}`,
      'runs',
    ]) {
      await tab.evaluate(`location.hash = '#/${screen}'`);
      await tab.waitForTimeout(150);
      const steering = await tab.getByRole('button', { name: /…$|Run trial/ }).count();
      if (least === 0) expect([screen, steering]).toEqual([screen, 0]);
      else expect([screen, steering > 0]).toEqual([screen, true]);
    }
    await close();
  });

  it('The token of a bot may not read', async () => {
    const { tab, close } = await openTab();
    await tab.goto(`${guarded.url}/ui`);
    await tab.getByLabel('Token').fill('token-of-the-bot-1');
    await tab.getByRole('button', { name: 'Enter' }).click();
    await tab.getByText('may not read').waitFor();
    await close();
  });
});
