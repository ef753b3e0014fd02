import { TestRunner } from 'vitest';

/** One measurement of a test. */
export interface Measurement {
  /** Row of the fault table in docs/guarantees-tests.md, or a word for a measurement that has no row there. */
  readonly row: number | string;
  readonly text: string;
}

declare module 'vitest' {
  interface TaskMeta {
    measurements?: Measurement[];
  }
}

/**
 * Records a measurement of the running test. `MeasurementsReporter` prints it at the end of the run. A test that fails
 * earlier records none.
 */
export function measurement(row: number | string, text: string): void {
  const meta = TestRunner.getCurrentTest()?.meta;
  if (!meta) throw new Error('no test is running: call measurement() inside a test');
  meta.measurements = [...(meta.measurements ?? []), { row, text }];
}

/** Runs a function and returns its milliseconds and its value. */
export async function timed<T>(run: () => Promise<T>): Promise<{ readonly value: T; readonly ms: number }> {
  const start = performance.now();
  const value = await run();
  return { value, ms: performance.now() - start };
}

/** Formats milliseconds as `1,234 ms`, with one decimal below 10. */
export const inMs = (ms: number): string =>
  `${ms.toLocaleString('en-US', { maximumFractionDigits: ms < 10 ? 1 : 0 })} ms`;

/** Formats a whole number as `12,345`. */
export const whole = (n: number): string => n.toLocaleString('en-US');
