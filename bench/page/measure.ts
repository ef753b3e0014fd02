import type { Browser, Page } from 'playwright-core';
import { type PageService, PM, SYNTHETIC, send } from '../../test/web/page-service.ts';
import { median, type Target } from '../support/report.ts';

const ROUNDS = 7;
const LARGE = 'pm.uptrend.S1.large';

/** Measures what the page promises. */
export async function measurePage(browser: Browser, service: PageService): Promise<Target[]> {
  await publishLarge(service);
  const tab = await (await browser.newContext()).newPage();
  const target = (name: string, value: number, limit: number, unit: string): Target => ({
    name,
    value,
    limit,
    bound: 'at most',
    unit,
  });
  const rows = await rowsOf(service);
  return [
    target('first paint, on loopback', await firstPaint(browser, service.url), 300, 'ms'),
    target(
      `filter ${rows} overrides, until the rows are drawn`,
      await filtering(tab, service.url),
      100,
      'ms',
    ),
    target(`scroll ${rows} overrides by a screen`, await scrolling(tab), 100, 'ms'),
    ...(await tasks(tab, service.url)).map(([name, seconds]) => target(name, seconds, 10, 's')),
  ];
}

/** Publishes a pattern with as many overrides as a pattern may have, 20,000, or nearly so. */
async function publishLarge(service: PageService): Promise<void> {
  const at = Date.now() - 86_400_000;
  const event = (i: number) => ({
    pattern_key: LARGE,
    episode_id: `e${i}`,
    decision: 'skipped',
    scope: Object.fromEntries(
      Array.from({ length: 6 }, (_, d) => [`d${d}`, `v${Math.floor(i / 7 ** d) % 7}`]),
    ),
    factors: { ts_score: 0.5, ts_min: 0.6 },
    timestamp: new Date(at - i).toISOString(),
    outcome: 'success',
    resolved_at: new Date(at).toISOString(),
  });
  const events = Array.from({ length: 20_000 }, (_, i) => event(i * 5));
  for (let i = 0; i < events.length; i += 500)
    await send(service, 'POST', '/v1/events', { events: events.slice(i, i + 500) });
  const settings = { policy: 'drift', n_min: 5, reason: 'bench' };
  await send(service, 'PUT', `/v1/patterns/${LARGE}/settings`, settings);
  await send(service, 'POST', '/v1/cycles?wait=true', { pattern_key: LARGE });
}

async function rowsOf(service: PageService): Promise<string> {
  const { patterns } = await send<{ patterns: { pattern_key: string; overrides: number }[] }>(
    service,
    'GET',
    '/v1/status',
  );
  return (patterns.find(row => row.pattern_key === LARGE)?.overrides ?? 0).toLocaleString('en-US');
}

async function firstPaint(browser: Browser, url: string): Promise<number> {
  const times: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const context = await browser.newContext();
    const tab = await context.newPage();
    await tab.goto(`${url}/ui`, { waitUntil: 'load' });
    await tab.locator('h1').waitFor();
    times.push(
      await tab.evaluate<number>(
        "performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? NaN",
      ),
    );
    await context.close();
  }
  return median(times);
}

/** Returns milliseconds from the last key to the frame in which the filtered rows are drawn. */
async function filtering(tab: Page, url: string): Promise<number> {
  await tab.goto(`${url}/ui#/pattern/${LARGE}`);
  await tab.locator('section.long tbody tr').first().waitFor();
  const times: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const text = `d${round % 6}=v${round % 7}, `;
    times.push(
      await tab.evaluate<number>(`new Promise(done => {
        const input = [...document.querySelectorAll('label.field')].find(l => l.textContent.startsWith('Contains')).querySelector('input');
        const start = performance.now();
        input.value = ${JSON.stringify(text)};
        input.dispatchEvent(new Event('input', { bubbles: true }));
        const wait = () => {
          const rows = [...document.querySelectorAll('section[aria-label=overrides] tbody tr:not(.gap)')];
          const drawn = rows.length > 0 && rows.every(row => row.textContent.includes(${JSON.stringify(text.split('=')[0])}));
          const asked = performance.getEntriesByType('resource').some(r => r.startTime > start && r.name.includes('contains='));
          if (drawn && asked) requestAnimationFrame(() => done(performance.now() - start));
          else setTimeout(wait, 1);
        };
        wait();
      })`),
    );
  }
  return median(times);
}

/** Returns milliseconds from a scroll to the frame in which its rows are drawn. */
async function scrolling(tab: Page): Promise<number> {
  const times: number[] = [];
  for (let round = 1; round <= ROUNDS; round++)
    times.push(
      await tab.evaluate<number>(`new Promise(done => {
        const box = document.querySelector('section.long');
        const start = performance.now();
        box.scrollTop = ${round * 600};
        requestAnimationFrame(() => requestAnimationFrame(() => done(performance.now() - start)));
      })`),
    );
  return median(times);
}

async function tasks(tab: Page, url: string): Promise<[string, number][]> {
  const type = async (text: string): Promise<void> => {
    await tab.keyboard.press('Control+KeyK');
    await tab.keyboard.type(text);
    await tab.keyboard.press('Enter');
  };
  const timed = async (name: string, run: () => Promise<void>): Promise<[string, number]> => {
    await tab.goto(`${url}/ui#/overview`);
    await tab.locator('table').first().waitFor();
    const start = performance.now();
    await run();
    return [name, (performance.now() - start) / 1000];
  };
  return [
    await timed('task: what would 0.55 have brought', async () => {
      await type(`what if ts_min=0.55 chain=solana ${SYNTHETIC}`);
      await tab.locator('output', { hasText: /^0\.55$/ }).waitFor();
    }),
    await timed('task: why is ts_min 0.591 for this scope', async () => {
      await type(`why ${PM} chain=solana timeframe=15m ts_min=0.6`);
      await tab.getByText('ts_min 0.6 → 0.591067').first().waitFor();
    }),
    await timed('task: switch this pattern off', async () => {
      await type(`off ${PM}`);
      await tab.getByRole('dialog').waitFor();
      await tab.keyboard.type('losses since noon');
      await tab.keyboard.press('Enter');
      await tab.getByText(`${PM} is off.`).waitFor();
    }),
  ];
}
