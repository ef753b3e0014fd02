import type { Page } from 'playwright-core';
import { beforeEach, describe, expect, it } from 'vitest';
import type { LookupAnswer } from '../../shared/http/schemas/lookup-answer.ts';
import { FOCUSED, giveReason, inFiveActions, press, tabTo } from './keyboard.ts';
import { hasBrowser, openTab, SERVICE, settled, show } from './open-page.ts';
import { HOSTILE_PATTERN, PM, SYNTHETIC, send } from './page-service.ts';

const lookup = (): Promise<LookupAnswer> =>
  send(SERVICE, 'POST', '/v1/overrides/lookup', {
    pattern_key: PM,
    scope: { chain: 'solana' },
    thresholds: { ts_min: 0.6 },
  });

const goLive = (): Promise<unknown> =>
  send(SERVICE, 'PUT', `/v1/patterns/${PM}/mode`, { mode: 'live', reason: 'test' });

const lastReason = async (): Promise<string | undefined> => {
  const { changes } = await send<{ changes: { why: string }[] }>(SERVICE, 'GET', '/v1/changes?limit=1');
  return changes[0]?.why;
};

/* Nothing here uses a mouse: a test that needs one fails. */
describe.skipIf(!hasBrowser())('the ten interactions, by keyboard alone', () => {
  let tab: Page;
  beforeEach(async () => {
    const opened = await openTab({ permissions: ['clipboard-read', 'clipboard-write'] });
    tab = opened.tab;
    await show(tab, SERVICE.url, '#/overview');
    return async () => {
      expect(opened.wrong).toEqual([]);
      await opened.close();
    };
  });

  it('1: A pattern is switched off in five actions, with the effect shown before, and the next look-up is neutral', async () => {
    expect((await lookup()).thresholds.ts_min).toBeLessThan(0.6);
    await inFiveActions(tab, ['Control+KeyK', `off ${PM}`, 'Enter']);
    await tab.getByRole('dialog').waitFor();
    expect(await tab.getByRole('dialog').innerText()).toMatch(
      /live: look-ups answer the overrides[\s\S]*off: look-ups answer neutral/,
    );
    await inFiveActions(tab, ['losses since noon', 'Enter']);
    await tab.getByText(`${PM} is off.`).waitFor();
    expect(await lookup()).toMatchObject({ mode: 'off', thresholds: { ts_min: 0.6 } });
    expect(await lastReason()).toContain('losses since noon');
    await goLive();
  });

  it('1: Everything is switched off and on again, each with a reason', async () => {
    await inFiveActions(tab, ['/', 'off everything', 'Enter']);
    await giveReason(tab, 'exchange is down');
    await tab.getByText('Everything is off.').waitFor();
    expect(await lookup()).toMatchObject({ mode: 'off', mode_by: 'service', thresholds: { ts_min: 0.6 } });
    await press(tab, /^Switch on …/);
    await giveReason(tab, 'exchange is back');
    await tab.getByText('The service is live again.').waitFor();
    expect((await lookup()).mode).toBe('live');
    expect(await lastReason()).toContain('exchange is back');
  });

  it('2: A rollback shows the difference first and asks for a reason', async () => {
    await show(tab, SERVICE.url, `#/history/${PM}`);
    await press(tab, /^Roll back …/);
    await tab.getByRole('dialog').getByText('4 overrides differ').waitFor();
    await giveReason(tab, 'worse since Monday');
    await tab.getByText(`Generation 1 of ${PM} is in force.`).waitFor();
    expect(await lookup()).toMatchObject({ generation: 1, mode: 'frozen' });
    expect(await lastReason()).toContain('worse since Monday');
    await send(SERVICE, 'POST', `/v1/patterns/${PM}/rollback`, { generation: 2, reason: 'test' });
    await goLive();
  });

  it('3: The reason for a threshold at a scope is found in three actions', async () => {
    await inFiveActions(tab, ['Control+KeyK', `why ${PM} chain=solana timeframe=15m ts_min=0.6`, 'Enter']);
    await tab.getByRole('heading', { name: 'ts_min 0.6 → 0.591067' }).waitFor();
    await settled(tab);
    expect(await tab.locator('figure svg').first().textContent()).toMatch(/chain=solana[\s\S]*× 0\.9851/);
  });

  it('4: A threshold is moved, and what it would have brought follows it', async () => {
    await inFiveActions(tab, ['Control+KeyK', `what if ts_min=0.55 chain=solana ${SYNTHETIC}`, 'Enter']);
    await expect.poll(() => tab.locator('output').textContent(), { timeout: 10_000 }).toBe('0.55');
    const change = tab.getByText('Change', { exact: true }).locator('..');
    const before = await change.innerText();
    expect(before).toMatch(/[+−][\d.]+ R/);
    await tabTo(tab, /^ts_min$/);
    for (let i = 0; i < 5; i++) await tab.keyboard.press('ArrowLeft');
    await expect.poll(() => tab.locator('output').textContent()).toBe('0.535');
    expect(await change.innerText()).not.toBe(before);
  });

  it('5: Two generations are compared', async () => {
    await show(tab, SERVICE.url, `#/history/${PM}`);
    await press(tab, /^Compare/);
    await tab.getByRole('region', { name: 'Difference of generations 1 and 2' }).waitFor();
    await tab.getByText('4 overrides differ').waitFor();
  });

  it('6: What is missing for the next lesson is listed', async () => {
    await show(tab, SERVICE.url, `#/lessons/${PM}`);
    await press(tab, /^Near misses/);
    await tab.getByRole('cell', { name: '1 more', exact: true }).waitFor();
    expect(tab.url()).toContain('near=true');
  });

  it('7: A candidate is held, promoted or ended, each with a reason', async () => {
    for (const [pattern, action, after] of [
      [SYNTHETIC, 'Hold', `Hold: ${SYNTHETIC} serves generation 1.`],
      [SYNTHETIC, 'Promote', `Promote: ${SYNTHETIC} serves generation 2.`],
      [HOSTILE_PATTERN, 'End', `End: ${HOSTILE_PATTERN} serves generation 1.`],
    ] as const) {
      await show(tab, SERVICE.url, `#/guard/${pattern}`);
      if (action === 'Hold') await tab.getByText('21 of 51').waitFor();
      if (action === 'Promote') await tab.getByText('checked Hold').waitFor();
      await press(tab, new RegExp(`^${action} …`));
      expect(await tab.getByRole('dialog').innerText()).toContain('is tried on 50 % of the episodes');
      await giveReason(tab, `checked ${action}`);
      await tab.getByText(after).waitFor();
      expect(await lastReason()).toContain(`checked ${action}`);
    }
    await tab.getByText('Rollout of generation').waitFor({ state: 'detached' });
  });

  it('8: Another policy is chosen beside its evidence', async () => {
    await show(tab, SERVICE.url, `#/evidence/${SYNTHETIC}`);
    await press(tab, /^Use drift …/);
    expect(await tab.getByRole('dialog').innerText()).toMatch(/policy replay[\s\S]*policy drift/);
    await giveReason(tab, 'compare for a week');
    await tab.getByText(`The next run of ${SYNTHETIC} uses policy drift.`).waitFor();
    const settings = `/v1/patterns/${SYNTHETIC}/settings`;
    expect(await send(SERVICE, 'GET', settings)).toMatchObject({ policy: 'drift' });
    await send(SERVICE, 'PUT', settings, { policy: null, reason: 'test' });
  });

  it('9: A trial is run and published with a reason', async () => {
    await show(tab, SERVICE.url, `#/runs?pattern=${PM}&as_of=2025-01-10`);
    await press(tab, /^Run trial/);
    await tab.getByText('Publish this …').waitFor();
    await press(tab, /^Publish this …/);
    await giveReason(tab, 'data of the tenth');
    await tab.getByText('Published: succeeded').waitFor();
    expect((await lookup()).generation).toBe(3);
    await send(SERVICE, 'POST', `/v1/patterns/${PM}/rollback`, { generation: 2, reason: 'test' });
    await goLive();
  });

  it('10: A state is copied as link, curl and command, and its picture is saved as SVG and CSV', async () => {
    await show(tab, SERVICE.url, `#/pattern/${PM}?scope=chain%3Dsolana&thresholds=ts_min%3D0.6`);
    const wanted = {
      link: `${SERVICE.url}/ui#/pattern/${PM}?scope=chain%3Dsolana&thresholds=ts_min%3D0.6`,
      curl: `curl '${SERVICE.url}/v1/overrides/lookup?pattern_key=${PM}&explain=true&scope.chain=solana&thresholds.ts_min=0.6'`,
      CLI: `npm run cli -- lookup ${PM} --scope 'chain=solana' --threshold ts_min=0.6 --explain --url ${SERVICE.url}`,
    };
    for (const [name, text] of Object.entries(wanted)) {
      await press(tab, new RegExp(`^${name}$`));
      await tab.getByText(`${name === 'CLI' ? 'command' : name} copied`).waitFor();
      expect(await tab.evaluate('navigator.clipboard.readText()')).toBe(text);
    }
    for (const kind of ['SVG', 'CSV']) {
      const [file] = await Promise.all([tab.waitForEvent('download'), press(tab, new RegExp(`^${kind}$`))]);
      expect(file.suggestedFilename()).toBe(`${PM}-ts_min.${kind.toLowerCase()}`);
    }
  });
});

describe.skipIf(!hasBrowser())('when something is missing', () => {
  it('A change without a reason is not made, and Escape leaves everything as it is', async () => {
    const { tab, close } = await openTab();
    await show(tab, SERVICE.url, `#/settings/${PM}`);
    await press(tab, /^Set off …/);
    await tab.getByRole('dialog').waitFor();
    await press(tab, /^Switch off$/);
    expect(await tab.getByRole('dialog').isVisible()).toBe(true);
    await tab.keyboard.press('Escape');
    await tab.getByRole('dialog').waitFor({ state: 'detached' });
    expect(await tab.evaluate(FOCUSED)).toBe('Set off …');
    expect((await lookup()).mode).toBe('live');
    await close();
  });

  it('A service that refuses a change says why in the dialog, which keeps the reason', async () => {
    const { tab, close } = await openTab();
    await show(tab, SERVICE.url, `#/settings/${PM}`);
    await press(tab, /^Change … n_min/);
    await tab.keyboard.press('Tab');
    await tab.getByRole('textbox', { name: 'n_min' }).fill('0');
    await tab.keyboard.press('Enter');
    await giveReason(tab, 'fewer events');
    expect(await tab.getByRole('dialog').getByRole('alert').innerText()).toMatch(/n_min/);
    expect(await tab.getByLabel('Reason').inputValue()).toBe('fewer events');
    await close();
  });

  it('A page whose service is gone says so, keeps what it showed, and reads again on demand', async () => {
    const { tab, close } = await openTab();
    await show(tab, SERVICE.url, '#/overview');
    await tab.route('**/v1/**', route => route.abort());
    await tab.getByRole('link', { name: PM, exact: true }).click();
    await tab.getByText('The service does not answer.').first().waitFor();
    await tab.locator('header').getByText('no answer').waitFor();
    await tab.getByRole('link', { name: 'Overview' }).click();
    await tab.getByRole('link', { name: PM, exact: true }).waitFor();
    await tab.unroute('**/v1/**');
    await tab.getByRole('link', { name: PM, exact: true }).click();
    await tab.getByRole('region', { name: 'overrides' }).waitFor();
    await close();
  });

  it('A page whose service is slow says that it loads, and shows only the answer to the last question', async () => {
    const { tab, close } = await openTab();
    await show(tab, SERVICE.url, `#/pattern/${PM}`);
    const waiting: (() => void)[] = [];
    await tab.route('**/v1/overrides?*contains=*', async route => {
      // The first question is answered last.
      if (route.request().url().endsWith('contains=t')) await new Promise<void>(go => waiting.push(go));
      await route.continue().catch(() => undefined);
    });
    await tab.route('**/v1/lessons?*', async route => {
      await new Promise<void>(go => waiting.push(go));
      await route.continue();
    });
    const rows = tab.getByRole('region', { name: 'overrides' }).locator('tbody tr');
    await tab.getByLabel('Contains').press('t');
    await tab.getByText('Reading …').waitFor();
    expect(await rows.count()).toBe(6);
    await tab.getByLabel('Contains').pressSequentially('s_min');
    await expect.poll(() => rows.count()).toBe(2);
    for (const go of waiting.splice(0)) go();
    await tab.waitForTimeout(200);
    expect(await rows.count()).toBe(2);
    await tab.getByRole('link', { name: 'Lessons' }).click();
    await tab.getByText('Loading …').waitFor();
    await expect.poll(() => waiting.length).toBe(1);
    for (const go of waiting.splice(0)) go();
    await tab.locator('figure svg').waitFor();
    await close();
  });
});
