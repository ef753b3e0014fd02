import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import { inject } from 'vitest';
import { HOSTILE, HOSTILE_PATTERN, PM, SYNTHETIC } from './page-service.ts';

/** The address of each screen, with data in it. */
export const SCREENS: Readonly<Record<string, string>> = {
  overview: '#/overview',
  thresholds: `#/pattern/${PM}?scope=chain%3Dsolana%2C+timeframe%3D15m&thresholds=ts_min%3D0.6%2C+halo_max%3D1`,
  hostile: `#/pattern/${HOSTILE_PATTERN}?scope=chain%3D${encodeURIComponent(HOSTILE[0])}&thresholds=ts_min%3D0.6`,
  lessons: `#/lessons/${SYNTHETIC}`,
  'near misses': `#/lessons/${PM}?near=true`,
  'what if': `#/whatif/${SYNTHETIC}?scope=chain%3Dsolana&at=0.55`,
  evidence: `#/evidence/${SYNTHETIC}`,
  history: `#/history/${PM}?diff=1,2`,
  guard: `#/guard/${SYNTHETIC}`,
  settings: `#/settings/${PM}`,
  runs: '#/runs',
  connect: '#/connect',
};

/** The service without tokens that all tests share. */
export const SERVICE = { url: inject('service') };

/** True where a browser runs. */
export const hasBrowser = (): boolean => inject('browser') !== '';

let browser: Promise<Browser> | undefined;

/** Opens a tab of the shared browser, and collects what goes wrong in it: errors, and what the policy blocks. */
export async function openTab(options: BrowserContextOptions = {}) {
  browser ??= chromium.connect(inject('browser'));
  const context = await (await browser).newContext({ reducedMotion: 'reduce', ...options });
  const tab = await context.newPage();
  tab.setDefaultTimeout(15_000);
  const wrong: string[] = [];
  tab.on('console', message => message.type() === 'error' && wrong.push(message.text()));
  tab.on('pageerror', error => wrong.push(String(error)));
  return { tab, wrong, close: () => context.close() };
}

/** Goes to a screen and waits until it has its data. */
export async function show(tab: Page, url: string, fragment: string): Promise<void> {
  await tab.goto(`${url}/ui${fragment}`);
  await tab.locator('h1').waitFor();
  await settled(tab);
}

/**
 * Waits until an expression is true in the page. The policy of the page blocks the polling of `waitForFunction`.
 * @throws Error after 15 s
 */
export async function until(tab: Page, expression: string): Promise<void> {
  const end = Date.now() + 15_000;
  while (!(await tab.evaluate<boolean>(expression))) {
    if (Date.now() > end) throw new Error(`never true: ${expression}`);
    await tab.waitForTimeout(25);
  }
}

/** Waits until nothing is loading and pictures are drawn. */
export async function settled(tab: Page): Promise<void> {
  await until(
    tab,
    `!/(Loading|Reading) …/.test(document.body.innerText) &&
      [...document.querySelectorAll('.canvas')].every(canvas => canvas.childElementCount > 0)`,
  );
}

interface Violation {
  readonly id: string;
  readonly impact: string;
  readonly nodes: readonly { readonly html: string }[];
}

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/**
 * Returns what axe finds to be serious or critical, with the elements.
 * @param rules the rules to check; all without it
 */
export async function seriousFindings(tab: Page, rules?: readonly string[]): Promise<string[]> {
  // `evaluate` runs outside of the policy of the page, which allows no other script.
  await tab.evaluate(AXE);
  const { passes, violations } = await tab.evaluate(async runOnly => {
    const { axe } = globalThis as unknown as {
      axe: { run: (options: object) => Promise<{ passes: object[]; violations: Violation[] }> };
    };
    const { passes, violations } = await axe.run(runOnly ? { runOnly } : {});
    return { passes: passes.length, violations };
  }, rules);
  if (passes === 0) throw new Error('axe checked nothing');
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html.slice(0, 160)}`));
}
