import type { Reporter, TestModule } from 'vitest/node';
import type { Measurement } from './measurements.ts';

/** Prints the measurements of tests, one line each, in the order of the fault table in docs/guarantees-tests.md. */
export default class MeasurementsReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const measurements = modules.flatMap(module =>
      [...module.children.allTests()].flatMap(test => test.meta().measurements ?? []),
    );
    for (const { row, text } of measurements.sort(byRow)) process.stdout.write(`${nameOf(row)}: ${text}\n`);
  }
}

const nameOf = (row: Measurement['row']): string => (typeof row === 'number' ? `row ${row}` : row);

/** Sorts numbers before words. */
function byRow(a: Measurement, b: Measurement): number {
  if (typeof a.row === 'number' && typeof b.row === 'number') return a.row - b.row;
  if (typeof a.row === 'number') return -1;
  if (typeof b.row === 'number') return 1;
  return a.row < b.row ? -1 : a.row > b.row ? 1 : 0;
}
