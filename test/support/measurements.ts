import { TestRunner } from 'vitest';

/** One figure that a test measured. */
export interface Measurement {
  /** Of the table in docs/guarantees.md: a row's number, or a word for what has none. */
  readonly row: number | string;
  readonly text: string;
}

declare module 'vitest' {
  interface TaskMeta {
    figures?: Measurement[];
  }
}

/**
 * Says what the running test measured. It is printed at the end of the run by `FiguresReporter`, whatever else the
 * run prints; a test that fails before it gets here prints none.
 */
export function measurement(row: number | string, text: string): void {
  const meta = TestRunner.getCurrentTest()?.meta;
  if (!meta) throw new Error('no test is running');
  meta.figures = [...(meta.figures ?? []), { row, text }];
}

/** How long something took, in milliseconds, and what it gave. */
export async function timed<T>(run: () => Promise<T>): Promise<{ readonly value: T; readonly ms: number }> {
  const began = performance.now();
  const value = await run();
  return { value, ms: performance.now() - began };
}

/** `1,234.5 ms`, at most one decimal. */
export const inMs = (ms: number): string =>
  `${ms.toLocaleString('en-US', { maximumFractionDigits: ms < 10 ? 1 : 0 })} ms`;

/** `12,345`. */
export const whole = (n: number): string => n.toLocaleString('en-US');
