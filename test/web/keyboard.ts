import type { Page } from 'playwright-core';
import { expect } from 'vitest';

/** The name of the control that has the focus. */
export const FOCUSED = `(() => {
  const e = document.activeElement;
  return (e?.getAttribute('aria-label') ?? e?.labels?.[0]?.textContent ?? e?.textContent ?? '').trim();
})()`;

/** Most presses of Tab that lead to a control. */
const MOST = 80;

/**
 * Presses Tab until a control has the focus.
 * @throws Error when no press of Tab leads there
 */
export async function tabTo(tab: Page, name: RegExp): Promise<void> {
  const seen: string[] = [];
  for (let i = 0; i < MOST; i++) {
    await tab.keyboard.press('Tab');
    const focused = await tab.evaluate<string>(FOCUSED);
    if (name.test(focused)) return;
    seen.push(focused.slice(0, 30));
  }
  throw new Error(`no press of Tab leads to ${name}: ${seen.join(' | ')}`);
}

/** Presses Tab until a control has the focus, and then Enter. */
export async function press(tab: Page, name: RegExp): Promise<void> {
  await tabTo(tab, name);
  await tab.keyboard.press('Enter');
}

/** Does a task by keyboard alone. Typing a text, and pressing a key, are one action each. */
export async function inFiveActions(tab: Page, actions: readonly string[]): Promise<void> {
  expect(actions.length).toBeLessThanOrEqual(5);
  for (const action of actions) {
    if (/^(Control\+)?[A-Z/][A-Za-z]*$/.test(action)) await tab.keyboard.press(action);
    else await tab.keyboard.type(action);
  }
}

/** Types a reason into the dialog that asks for it, and confirms it. */
export async function giveReason(tab: Page, reason: string): Promise<void> {
  await tab.getByRole('dialog').waitFor();
  await tab.keyboard.type(reason);
  await tab.keyboard.press('Enter');
}
