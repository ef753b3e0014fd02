import { gzipSync } from 'node:zlib';
import type { Browser, Page } from 'playwright-core';
import { type PageService, send } from '../../test/web/page-service.ts';
import { buildPage } from '../../web/build.ts';
import { median, type Target } from '../support/report.ts';
import { KEYBOARD_TASKS } from './tasks.ts';

const ROUNDS = 7;
const LARGE = 'pm.uptrend.S1.large';
/** Overrides of the large pattern: as many as a pattern may have. */
const OVERRIDES = 20_000;
/** Wait after which a measurement counts as failed, milliseconds. */
const LONGEST_MS = 60_000;

/**
 * Measures what the page promises.
 * @throws Error for what cannot be measured: fewer overrides, a picture that never comes, a task that fails
 */
export async function measurePage(browser: Browser, service: PageService): Promise<Target[]> {
  const rows = (await publishLarge(service)).toLocaleString('en-US');
  const tab = await (await browser.newContext()).newPage();
  tab.setDefaultTimeout(LONGEST_MS);
  const target = (name: string, value: number, limit: number, unit: string): Target => {
    if (!Number.isFinite(value)) throw new Error(`${name}: the browser gave no time`);
    return { name, value, limit, bound: 'at most', unit };
  };
  const { script, style } = await buildPage();
  const bytes = [script, style].reduce((sum, { text }) => sum + gzipSync(text, { level: 9 }).byteLength, 0);
  const paint = await firstPaint(browser, service.url);
  const filtered = await filtering(tab, service.url);
  const scrolled = await scrolling(tab, service.url);
  return [
    target('script and style sheet, gzipped', bytes / 1000, 45, 'kB'),
    target('first paint, on loopback', paint, 300, 'ms'),
    target(`filter ${rows} overrides, until the rows are drawn`, filtered, 100, 'ms'),
    target(`scroll far in a list of ${rows} overrides`, scrolled, 100, 'ms'),
    ...(await timeTasks(tab, service.url)).flatMap(({ name, seconds, actions }) => [
      target(`by keyboard: ${name}`, seconds, 10, 's'),
      target(`by keyboard: ${name}`, actions, 5, 'actions'),
    ]),
  ];
}

/** Publishes a pattern with as many overrides as a pattern may have. @returns their number */
async function publishLarge(service: PageService): Promise<number> {
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
  await send(service, 'POST', '/v1/cycles', { pattern_key: LARGE });
  const end = Date.now() + 300_000;
  for (;;) {
    const rows = await rowsOf(service);
    if (rows > 0.95 * OVERRIDES) return rows;
    if (Date.now() > end) throw new Error(`the run published ${rows} overrides, not about ${OVERRIDES}`);
    await new Promise(done => setTimeout(done, 500));
  }
}

async function rowsOf(service: PageService): Promise<number> {
  const { patterns } = await send<{ patterns: { pattern_key: string; overrides: number }[] }>(
    service,
    'GET',
    '/v1/status',
  );
  return patterns.find(row => row.pattern_key === LARGE)?.overrides ?? 0;
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

/**
 * Returns milliseconds from a statement to the frame in which a condition holds.
 * @throws Error when it does not hold within the longest wait
 */
function drawn(tab: Page, statement: string, condition: string): Promise<number> {
  return tab.evaluate<number>(`new Promise((done, fail) => {
    const start = performance.now();
    ${statement};
    const wait = () => {
      if (${condition}) requestAnimationFrame(() => done(performance.now() - start));
      else if (performance.now() - start > ${LONGEST_MS}) fail(new Error(${JSON.stringify(`never true: ${condition}`)}));
      else setTimeout(wait, 1);
    };
    wait();
  })`);
}

const ROWS = "[...document.querySelectorAll('section[aria-label=overrides] tbody tr:not(.gap)')]";

/** Returns milliseconds from a key in the filter to the frame in which the filtered rows, and no others, are drawn. */
async function filtering(tab: Page, url: string): Promise<number> {
  await tab.goto(`${url}/ui#/pattern/${LARGE}`);
  await tab.locator('section.long tbody tr').first().waitFor();
  const field =
    "[...document.querySelectorAll('label.field')].find(l => l.textContent.startsWith('Contains')).querySelector('input')";
  const times: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const text = JSON.stringify(`d${round % 6}=v${round % 5}`);
    times.push(
      await drawn(
        tab,
        `const input = ${field}; input.value = ${text}; input.dispatchEvent(new Event('input', { bubbles: true }))`,
        `${ROWS}.length > 1 && ${ROWS}.every(row => row.textContent.includes(${text}))`,
      ),
    );
  }
  return median(times);
}

/** Reads every page of the list, and returns milliseconds from a far scroll to the frame in which its rows are drawn. */
async function scrolling(tab: Page, url: string): Promise<number> {
  await tab.goto(`${url}/ui#/pattern/${LARGE}`);
  await tab.reload();
  await tab.locator('section.long tbody tr').first().waitFor();
  const more = "[...document.querySelectorAll('button')].find(button => button.textContent === 'More')";
  await drawn(tab, `const reading = setInterval(() => ${more}?.click(), 5)`, `!${more}`);
  const times: number[] = [];
  for (let round = 1; round <= ROUNDS; round++)
    times.push(
      await drawn(
        tab,
        `const before = ${ROWS}[0].textContent + ${ROWS}.at(-1).textContent; const box = document.querySelector('section.long'); box.scrollTop = box.scrollHeight * ${((round * 3) % 7) + 1} / 8`,
        `${ROWS}[0].textContent + ${ROWS}.at(-1).textContent !== before`,
      ),
    );
  return median(times);
}

interface TimedTask {
  readonly name: string;
  readonly seconds: number;
  readonly actions: number;
}

/** Does each task by keyboard alone. Typing a text, and pressing a key, are one action each. */
async function timeTasks(tab: Page, url: string): Promise<TimedTask[]> {
  const timed: TimedTask[] = [];
  for (const { name, actions, isDone } of KEYBOARD_TASKS) {
    await tab.goto(`${url}/ui#/overview`);
    await tab.locator('table').first().waitFor();
    const start = performance.now();
    for (const action of actions) {
      if ('key' in action) await tab.keyboard.press(action.key);
      else if ('text' in action) await tab.keyboard.type(action.text);
      else await tab.getByRole(action.awaits).waitFor();
    }
    await isDone(tab);
    const seconds = (performance.now() - start) / 1000;
    timed.push({ name, seconds, actions: actions.filter(action => !('awaits' in action)).length });
  }
  return timed;
}
