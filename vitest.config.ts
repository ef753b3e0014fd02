import { defineConfig } from 'vitest/config';

/** Tests of pure rules: they start no server and no other process. */
const UNIT = [
  'architecture',
  'docs/*',
  'statistics/*',
  'mining/*',
  'plot/*',
  'pattern/*',
  'episode/**/*',
  'lever/*',
  'lesson/**/*',
  'override/**/*',
  'generation/*',
  'guard/*',
  'warning/*',
  'notification/*',
  'lookup/*',
  'cycle/cycle',
  'cycle/health',
  'validation',
];

/** Tests that measure the memory of the whole process run one by one, after all other tests. */
const MEMORY = ['faults/large-bodies'];

const project = (name: string, include: readonly string[], exclude: readonly string[] = []) => ({
  extends: true as const,
  test: {
    name,
    include: include.map(path => `test/${path}.test.ts`),
    exclude: exclude.map(path => `test/${path}.test.ts`),
  },
});

const infra = project('infra', ['infra/*']);
const page = project('page', ['web/*']);
const memory = project('memory', MEMORY);

export default defineConfig({
  test: {
    reporters: ['default', './test/support/measurements-reporter.ts', './test/support/summary-reporter.ts'],
    maxWorkers: '100%',
    testTimeout: 180_000,
    hookTimeout: 120_000,
    projects: [
      project('unit', UNIT),
      project('integration', ['**/*'], [...UNIT, ...MEMORY, 'infra/*', 'web/*']),
      { ...memory, test: { ...memory.test, maxWorkers: 1, sequence: { groupOrder: 1 } } },
      // The tests of the page share one browser.
      { ...page, test: { ...page.test, maxWorkers: 1, globalSetup: 'test/web/global-setup.ts' } },
      // Without isolation a worker loads CDK once for all its files.
      { ...infra, test: { ...infra.test, isolate: false } },
    ],
  },
});
