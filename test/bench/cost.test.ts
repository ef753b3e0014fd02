import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { bill, USE } from '../../bench/cost/model.ts';
import { resources, synthesize } from '../infra/synth.ts';

const MEMORY = { ingestGb: 1, lookupGb: 1, mineGb: 1, stepGb: 1 };
const LOAD = { eventsPerDay: 10_000, patterns: 10, lookupsPerDay: 100_000 };
const total = (load: typeof LOAD): number => bill(load, MEMORY).reduce((sum, line) => sum + line.dollars, 0);

const run = (...options: string[]) =>
  spawnSync(
    process.execPath,
    [fileURLToPath(new URL('../../bench/cost/main.ts', import.meta.url)), ...options],
    {
      encoding: 'utf8',
    },
  );

it('The cost bench counts the metrics, alarms and dashboards of the stack', () => {
  const template = synthesize();
  const alarms = [...resources(template, 'AWS::CloudWatch::Alarm').values()];
  // The price of an alarm is per metric that it evaluates.
  const metricCounts = alarms.map(({ Properties: { Metrics } }) =>
    Array.isArray(Metrics) ? Metrics.filter(query => 'MetricStat' in query).length : 1,
  );
  expect(USE.alarmMetrics).toBe(metricCounts.reduce((sum, n) => sum + n, 0));
  expect(USE.compositeAlarms).toBe(resources(template, 'AWS::CloudWatch::CompositeAlarm').size);
  expect(USE.metrics).toBe(resources(template, 'AWS::Logs::MetricFilter').size);
  expect(resources(template, 'AWS::CloudWatch::Dashboard').size).toBe(1);
});

it('No line of the cost bench’s bill is negative, and more load of any kind costs more', () => {
  for (const { item, dollars } of bill(LOAD, MEMORY)) expect(dollars, item).toBeGreaterThanOrEqual(0);
  for (const name of ['eventsPerDay', 'patterns', 'lookupsPerDay'] as const)
    expect(total({ ...LOAD, [name]: 2 * LOAD[name] }), name).toBeGreaterThan(total(LOAD));
});

it('A stage without load pays only for Step Functions, metrics, alarms and the dashboard', () => {
  const idle = bill({ eventsPerDay: 0, patterns: 0, lookupsPerDay: 0 }, MEMORY);
  const paid = idle.filter(({ dollars }) => dollars >= 0.05).map(({ item }) => item);
  expect(paid).toEqual(['Step Functions', 'Metrics, alarms, dashboard']);
});

it('The cost command prints the bill by line for three sizes or for a given one, with the date of its prices', () => {
  const three = run().stdout;
  expect(three).toMatch(/List prices of \S+, [\w -]*20\d\d/);
  expect(three).toMatch(/100k\/month +1M\/month +10M\/month/);
  const single = run('--events-per-day', '10000', '--patterns', '10', '--lookups-per-day', '100000').stdout;
  const sums = (text: string, name: string) =>
    (new RegExp(`^${name} +(.*)$`, 'm').exec(text)?.[1] ?? '').split(/ +/).map(Number);
  expect(sums(three, 'total')).toHaveLength(3);
  expect(sums(single, 'total')).toHaveLength(1);
  const lines = bill(LOAD, MEMORY).map(({ item }) => sums(single, item)[0] ?? Number.NaN);
  expect(lines.reduce((sum, dollars) => sum + dollars, 0)).toBeCloseTo(sums(single, 'total')[0] ?? 0, 1);
});

it.each([
  [['--patterns', 'many'], '--patterns must be a number of 0 or more'],
  [['--lookups-per-day=-1'], '--lookups-per-day must be a number of 0 or more'],
  [['--evnts', '1'], "Unknown option '--evnts'"],
])('The options %j of the cost command are rejected with an error and the usage', (options, message) => {
  const { status, stderr } = run(...options);
  expect(status).toBe(2);
  expect(stderr).toContain(message);
  expect(stderr).toContain('Usage: npm run cost');
  expect(stderr).not.toMatch(/\n +at /);
});
