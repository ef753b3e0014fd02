import type { Page } from 'playwright-core';
import { PM, SYNTHETIC } from '../../test/web/page-service.ts';

/** An action of a trader, or what the trader waits for before the next one. */
type Action = { readonly key: string } | { readonly text: string } | { readonly awaits: 'dialog' };

interface KeyboardTask {
  readonly name: string;
  readonly actions: readonly Action[];
  /** Waits until the task is done. */
  readonly isDone: (tab: Page) => Promise<void>;
}

/** Tasks of a trader, by keyboard alone. The last one changes what the others show. */
export const KEYBOARD_TASKS: readonly KeyboardTask[] = [
  {
    name: 'what would 0.55 have brought',
    actions: [
      { key: 'Control+KeyK' },
      { text: `what if ts_min=0.55 chain=solana ${SYNTHETIC}` },
      { key: 'Enter' },
    ],
    isDone: tab => tab.locator('output', { hasText: /^0\.55$/ }).waitFor(),
  },
  {
    name: 'why is ts_min 0.591 for this scope',
    actions: [
      { key: 'Control+KeyK' },
      { text: `why ${PM} chain=solana timeframe=15m ts_min=0.6` },
      { key: 'Enter' },
    ],
    isDone: tab => tab.getByText('ts_min 0.6 → 0.591067').first().waitFor(),
  },
  {
    name: 'switch this pattern off',
    actions: [
      { key: 'Control+KeyK' },
      { text: `off ${PM}` },
      { key: 'Enter' },
      { awaits: 'dialog' },
      { text: 'losses since noon' },
      { key: 'Enter' },
    ],
    isDone: tab => tab.getByText(`${PM} is off.`).waitFor(),
  },
];
