import type { Reporter, TestModule } from 'vitest/node';

/** Prints the last line that continuous integration reads: "N passed, N failed". */
export default class SummaryReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], unhandled: readonly unknown[]): void {
    let passed = 0;
    let failed = unhandled.length;
    for (const module of modules) {
      let failedInModule = 0;
      for (const test of module.children.allTests()) {
        const state = test.result().state;
        if (state === 'passed') passed++;
        else if (state === 'failed') failedInModule++;
      }
      // A file that fails before its first test has no failed test, but counts as one failure.
      if (failedInModule === 0 && module.state() === 'failed') failedInModule = 1;
      failed += failedInModule;
    }
    process.stdout.write(`${passed} passed, ${failed} failed\n`);
  }
}
