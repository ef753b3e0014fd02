import type { Page } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { LookupAnswer } from '../../shared/http/schemas/lookup-answer.ts';
import { hasBrowser, openTab, settled, show } from './open-page.ts';
import { fill, openPageService, type PageService, PM, SYNTHETIC, send } from './page-service.ts';

let service: PageService;
beforeAll(async () => {
  service = await openPageService();
  await fill(service);
});
afterAll(() => service.close());

const lookup = (): Promise<LookupAnswer> =>
  send(service, 'POST', '/v1/overrides/lookup', {
    pattern_key: PM,
    scope: { chain: 'solana' },
    thresholds: { ts_min: 0.6 },
  });

/** Does a task by keyboard alone. Typing a text, and pressing a key, are one action each. */
async function byKeyboard(tab: Page, actions: readonly string[]): Promise<void> {
  expect(actions.length).toBeLessThanOrEqual(5);
  for (const action of actions) {
    if (/^(Control\+)?[A-Z/][A-Za-z]*$/.test(action)) await tab.keyboard.press(action);
    else await tab.keyboard.type(action);
  }
}

describe.skipIf(!hasBrowser())('tasks by keyboard alone', () => {
  let opened: Awaited<ReturnType<typeof openTab>>;
  beforeEach(async () => {
    opened = await openTab();
    await show(opened.tab, service.url, '#/overview');
    return () => opened.close();
  });

  it('A pattern is switched off in five actions, with the effect shown before, and the next look-up is neutral', async () => {
    expect((await lookup()).thresholds.ts_min).toBeLessThan(0.6);
    const { tab } = opened;
    await byKeyboard(tab, ['Control+KeyK', `off ${PM}`, 'Enter']);
    await tab.getByRole('dialog').waitFor();
    expect(await tab.getByRole('dialog').innerText()).toMatch(
      /live: look-ups answer the overrides[\s\S]*off: look-ups answer neutral/,
    );
    await byKeyboard(tab, ['losses since noon', 'Enter']);
    await tab.getByText(`${PM} is off.`).waitFor();
    expect(await lookup()).toMatchObject({ mode: 'off', thresholds: { ts_min: 0.6 } });
    const { changes } = await send<{ changes: { why: string }[] }>(
      service,
      'GET',
      `/v1/patterns/${PM}/generations`,
    );
    expect(changes[0]?.why).toContain('losses since noon');
    await send(service, 'PUT', `/v1/patterns/${PM}/mode`, { mode: 'live', reason: 'test' });
  });

  it('The reason for a threshold at a scope is found in three actions', async () => {
    const { tab } = opened;
    await byKeyboard(tab, ['Control+KeyK', `why ${PM} chain=solana timeframe=15m ts_min=0.6`, 'Enter']);
    await tab.getByRole('heading', { name: 'ts_min 0.6 → 0.591067' }).waitFor();
    await settled(tab);
    expect(await tab.locator('figure svg').first().textContent()).toMatch(/chain=solana[\s\S]*× 0\.9851/);
  });

  it('What another threshold would have brought is found in three actions', async () => {
    const { tab } = opened;
    await byKeyboard(tab, ['Control+KeyK', `what if ts_min=0.55 chain=solana ${SYNTHETIC}`, 'Enter']);
    await expect.poll(() => tab.locator('output').textContent(), { timeout: 10_000 }).toBe('0.55');
    expect(await tab.getByText('Change', { exact: true }).locator('..').innerText()).toMatch(/[+−]\d+ R/);
  });
});

describe.skipIf(!hasBrowser())('steering', () => {
  it('A rollback shows the difference first and asks for a reason', async () => {
    const { tab, close } = await openTab();
    await show(tab, service.url, `#/history/${PM}`);
    await tab.getByRole('button', { name: 'Roll back …' }).focus();
    await tab.keyboard.press('Enter');
    const dialog = tab.getByRole('dialog');
    await dialog.getByText('4 overrides differ').waitFor();
    await tab.getByLabel('Reason').fill('worse since Monday');
    await tab.keyboard.press('Enter');
    await tab.getByText(`Generation 1 of ${PM} is in force.`).waitFor();
    expect(await lookup()).toMatchObject({ generation: 1, mode: 'frozen' });
    await send(service, 'POST', `/v1/patterns/${PM}/rollback`, { generation: 2, reason: 'test' });
    await send(service, 'PUT', `/v1/patterns/${PM}/mode`, { mode: 'live', reason: 'test' });
    await close();
  });

  it('A trial is run and published with a reason', async () => {
    const { tab, close } = await openTab();
    await show(tab, service.url, `#/runs?pattern=${PM}&as_of=2025-01-10`);
    await tab.getByRole('button', { name: 'Run trial' }).focus();
    await tab.keyboard.press('Enter');
    await tab.getByRole('button', { name: 'Publish this …' }).focus();
    await tab.keyboard.press('Enter');
    await tab.getByLabel('Reason').fill('data of the tenth');
    await tab.keyboard.press('Enter');
    await tab.getByText('Published: succeeded').waitFor();
    expect((await lookup()).generation).toBe(3);
    await close();
  });

  it('A change without a reason is not made', async () => {
    const { tab, close } = await openTab();
    await show(tab, service.url, `#/settings/${PM}`);
    await tab.getByRole('button', { name: 'Set off …' }).click();
    await tab.getByRole('button', { name: 'Switch off', exact: true }).click();
    expect(await tab.getByRole('dialog').isVisible()).toBe(true);
    expect((await lookup()).mode).toBe('live');
    await close();
  });

  it('A page whose service is gone says so and keeps what it showed', async () => {
    const { tab, close } = await openTab();
    await show(tab, service.url, '#/overview');
    await tab.route('**/v1/**', route => route.abort());
    await tab.getByRole('link', { name: PM, exact: true }).click();
    await tab.getByText('The service does not answer.').first().waitFor();
    await tab.getByRole('link', { name: 'Overview' }).click();
    await tab.getByRole('link', { name: PM, exact: true }).waitFor();
    await close();
  });
});
