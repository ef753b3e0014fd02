import { gzipSync } from 'node:zlib';
import { describe, expect, inject, it } from 'vitest';
import { buildPage } from '../../web/build.ts';
import { measurement } from '../support/measurements.ts';
import { rawStatus } from '../support/raw-status.ts';
import { hasBrowser, openTab, SCREENS, SERVICE, settled, show } from './open-page.ts';
import { ANNA, HOSTILE, HOSTILE_PATTERN, PM } from './page-service.ts';

/** The service with tokens that all tests share. */
const GUARDED = inject('guarded');
/** Screens on which an operator steers. */
const STEERED = [
  'overview',
  ...['pattern', 'history', 'settings', 'evidence', 'guard'].map(name => `${name}/${PM}`),
  'runs',
];

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
    const response = await fetch(`${SERVICE.url}/ui`);
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
    const root = await fetch(`${SERVICE.url}/`, { redirect: 'manual' });
    expect([root.status, root.headers.get('location')]).toEqual([302, '/ui']);
    const html = await (await fetch(`${GUARDED}/ui`)).text();
    const files = [...html.matchAll(/"(\/ui\/(?:script|style)\/[^"]+)"/g)].map(([, path]) => path);
    expect(files).toHaveLength(2);
    for (const file of files) {
      const { status, headers } = await fetch(`${GUARDED}${file}`);
      expect([status, headers.get('cache-control')]).toEqual([200, 'public, max-age=31536000, immutable']);
    }
    expect((await fetch(`${SERVICE.url}/ui/script/0123456789abcdef.js`)).status).toBe(404);
  });

  it.each([
    ['a page on another loopback port', { origin: 'http://127.0.0.1:9', 'sec-fetch-site': 'same-site' }],
    ['a page on a public origin', { origin: 'https://example.com', 'sec-fetch-site': 'cross-site' }],
    ['a page without an origin', { origin: 'null' }],
    ['an image of another page', { 'sec-fetch-site': 'cross-site', 'sec-fetch-dest': 'image' }],
    ['a name that resolves to this machine', { host: 'rebound.example' }],
  ])('Requests of %s get 403', async (_, headers) => {
    for (const path of ['/ui', '/v1/status'])
      expect(await rawStatus(SERVICE.url, path, { headers })).toBe(403);
    const form = { ...headers, 'content-type': 'application/x-www-form-urlencoded' };
    const posted = { method: 'POST', headers: form, body: 'a=1' };
    expect(await rawStatus(SERVICE.url, '/v1/cycles', posted)).toBe(403);
  });
});

describe.skipIf(!hasBrowser())('what the page does with texts and tokens', () => {
  it('Texts of events and reasons are text on every screen', async () => {
    const { tab, wrong, close } = await openTab();
    const pattern = HOSTILE_PATTERN;
    for (const screen of ['pattern', 'lessons', 'whatif', 'evidence', 'history', 'guard', 'settings']) {
      await show(
        tab,
        SERVICE.url,
        `#/${screen}/${pattern}?scope=chain%3D${encodeURIComponent(HOSTILE[0])}&thresholds=ts_min%3D0.6`,
      );
      expect(await tab.locator('main img, main script').count(), screen).toBe(0);
    }
    await show(tab, SERVICE.url, `#/lessons/${pattern}`);
    expect(await tab.locator('main').innerText()).toContain('<img src=x');
    expect(await tab.title()).not.toBe('1');
    expect(wrong).toEqual([]);
    await close();
  });

  it('A browser blocks a script that something puts into the page', async () => {
    const { tab, wrong, close } = await openTab();
    await show(tab, SERVICE.url, '#/overview');
    const blocked = await tab.evaluate<boolean>(
      "(() => { try { document.body.innerHTML = '<p>x</p>'; return false; } catch { return true; } })()",
    );
    expect(blocked).toBe(true);
    expect(wrong.join()).toContain('TrustedHTML');
    await close();
  });

  it('A token is in no storage, no address, no cookie and no copy, unless its owner keeps it for the tab', async () => {
    const { tab, close } = await openTab({ permissions: ['clipboard-read', 'clipboard-write'] });
    const asked: string[] = [];
    tab.on('request', request => asked.push(request.url()));
    const enter = async (keep: boolean): Promise<void> => {
      await tab.goto(`${GUARDED}/ui`);
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
    await tab.getByRole('button', { name: 'curl' }).first().click();
    await tab.getByText('curl copied').waitFor();
    expect(await tab.evaluate('navigator.clipboard.readText()')).toBe(
      `curl '${GUARDED}/v1/status' -H "authorization: Bearer $PM_TUNING_TOKEN"`,
    );
    expect(asked.join()).not.toContain(ANNA);
    await close();
  });

  it.each([
    ['reader', 'token-of-a-screen-1'],
    ['operator', ANNA],
  ] as const)('The role %s sees the controls that it may use, and no more', async (role, token) => {
    const { tab, close } = await openTab();
    await tab.goto(`${GUARDED}/ui${SCREENS.overview}`);
    await tab.getByLabel('Token').fill(token);
    await tab.getByRole('button', { name: 'Enter' }).click();
    await tab.getByRole('link', { name: PM, exact: true }).waitFor();
    for (const screen of STEERED) {
      await tab.evaluate(`location.hash = '#/${screen}'`);
      await settled(tab);
      const steering = await tab.getByRole('button', { name: /…$|Run trial/ }).count();
      if (role === 'reader') expect([screen, steering]).toEqual([screen, 0]);
      else expect([screen, steering > 0]).toEqual([screen, true]);
    }
    await close();
  });

  it('The token of a bot may not read', async () => {
    const { tab, close } = await openTab();
    await tab.goto(`${GUARDED}/ui`);
    await tab.getByLabel('Token').fill('token-of-the-bot-1');
    await tab.getByRole('button', { name: 'Enter' }).click();
    await tab.getByText('may not read').waitFor();
    await close();
  });
});
