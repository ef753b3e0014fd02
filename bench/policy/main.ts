import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { REPLAY_SETTINGS } from '../../shared/override/replay/settings.ts';
import { machine } from '../support/report.ts';
import { coinFlips } from './coin-flips.ts';
import { FIRST_REPLAY_SETTINGS } from './first-settings.ts';
import { modelRunner } from './model-runner.ts';
import { oracleActs } from './oracle.ts';
import { plot } from './plot.ts';
import type { PolicyRunner } from './policy-runners.ts';
import { baseRunner, driftRunner, replayRunner } from './policy-runners.ts';
import type { Score } from './score.ts';
import { eventsOf, score, summary } from './score.ts';
import { timings } from './timing.ts';
import { WORLDS } from './worlds.ts';

/*
 * The policy benchmark measures the share of the possible gain that each policy captures in simulated worlds. In null
 * worlds it measures the harm.
 *
 *   npm run bench:policy                                                         all worlds
 *   npm run bench:policy -- --quick                                              four worlds, two seeds
 *   npm run bench:policy -- --worlds scope,null --seeds 40 --choosing            to choose settings
 *   npm run bench:policy -- --draws 200 --worlds "null clustered,null hourly,null thin"   replay only, many seeds
 *   npm run bench:policy -- --model --seeds 3                                    the model beside replay, after a year
 */

/** First seed of reported results; settings were chosen on the seeds from 1. */
const FIRST_REPORTED_SEED = 1001;

const { values } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    choosing: { type: 'boolean', default: false },
    worlds: { type: 'string' },
    seeds: { type: 'string' },
    'every-days': { type: 'string' },
    'events-per-day': { type: 'string' },
    draws: { type: 'string' },
    model: { type: 'boolean', default: false },
    'model-every-days': { type: 'string' },
    plot: { type: 'string' },
    results: { type: 'string' },
    'no-timing': { type: 'boolean', default: false },
    'no-coins': { type: 'boolean', default: false },
  },
});

/** Returns the whole number of an option, at least 1. */
function integerOption(
  name: 'seeds' | 'draws' | 'every-days' | 'model-every-days' | 'events-per-day',
  fallback: number,
): number {
  const value = Number(values[name] ?? fallback);
  if (!Number.isInteger(value) || value < 1)
    throw new Error(`--${name} must be a whole number of at least 1`);
  return value;
}

const seeds = values.draws ? integerOption('draws', 200) : integerOption('seeds', values.quick ? 2 : 20);
const everyDays = integerOption('every-days', values.quick ? 10 : 3);
const firstSeed = values.choosing ? 1 : FIRST_REPORTED_SEED;
const requested = values.worlds?.split(',');
const QUICK = ['scope', 'tight', 'null', 'tiny'];
const worlds = WORLDS.filter(
  w => requested?.includes(w.name) ?? (!values.quick || QUICK.includes(w.name)),
).map(w => (values['events-per-day'] ? { ...w, eventsPerDay: integerOption('events-per-day', 200) } : w));
if (worlds.length === 0)
  throw new Error(`--worlds contains no known world; use some of ${WORLDS.map(w => w.name).join(', ')}`);

const modelEveryDays = integerOption('model-every-days', 10);
const ORACLE: PolicyRunner = events => ({ acts: oracleActs(events), overrides: 0 });
const MODEL: Readonly<Record<string, PolicyRunner>> = {
  none: baseRunner,
  replay: replayRunner({}, everyDays),
  model: modelRunner('gates', modelEveryDays),
  'model, score': modelRunner('score', modelEveryDays),
  oracle: ORACLE,
};
const ALL: Readonly<Record<string, PolicyRunner>> = values.draws
  ? { replay: replayRunner({}, everyDays) }
  : {
      none: baseRunner,
      'drift blended': driftRunner('blend'),
      'drift specific': driftRunner('most-specific'),
      'replay, first': replayRunner(FIRST_REPLAY_SETTINGS, everyDays),
      replay: replayRunner({}, everyDays),
      oracle: ORACLE,
    };
const RUNNERS = values.model ? MODEL : ALL;

const lines: string[] = [];
function print(line: string): void {
  console.log(line);
  lines.push(line);
}

const fixed = (value: number): string => value.toFixed(3).replace('-', '−').padStart(8);

print(machine({}));
print(
  `${seeds} seeds from ${firstSeed}, replay tuned every ${everyDays} days${values.draws ? '' : ', drift every day'}`,
);
print('Captured share of the gain of the oracle; in null worlds, gain or harm as a share of its utility.');
print(
  'Chance and never: gain over as many decisions by chance, and over taking nothing; ± is a standard error.',
);
const titles = ['mean', '±', 'p10', 'worst', 'overrides', 'chance', '±', 'never', '±'].map(t =>
  t.padStart(t === 'overrides' ? 11 : 8),
);
print(`${'world'.padEnd(20)}${'policy'.padEnd(16)}${titles.join('')}`);
const bars: { world: string; policy: string; mean: number; p10: number }[] = [];
for (const world of worlds) {
  const scores: Record<string, Score[]> = {};
  for (let seed = firstSeed; seed < firstSeed + seeds; seed++) {
    process.stderr.write(`\r${world.name}: seed ${seed - firstSeed + 1} of ${seeds}   `);
    for (const [name, result] of Object.entries(score(eventsOf(world, seed), RUNNERS)))
      scores[name] = [...(scores[name] ?? []), result];
  }
  process.stderr.write('\r\x1b[K');
  for (const [name, results] of Object.entries(scores)) {
    const { mean, error, p10, worst } = summary(results.map(({ captured }) => captured));
    const cells = [mean, error, p10, worst].map(fixed).join('');
    const others = [results.map(r => r.overChance), results.map(r => r.overNever)]
      .map(summary)
      .flatMap(({ mean, error }) => [mean, error]);
    const maxOverrides = Math.max(...results.map(r => r.overrides))
      .toLocaleString('en-US')
      .padStart(11);
    print(`${world.name.padEnd(20)}${name.padEnd(16)}${cells}${maxOverrides}${others.map(fixed).join('')}`);
    if (name !== 'none' && name !== 'oracle') bars.push({ world: world.name, policy: name, mean, p10 });
  }
}
if (values.plot) {
  writeFileSync(values.plot, plot(bars));
}
if (!values['no-coins'] && !values.draws)
  coinFlips(
    values.quick ? 10 : 100,
    { 'replay, first': FIRST_REPLAY_SETTINGS, replay: REPLAY_SETTINGS },
    print,
  );
if (!values['no-timing'] && !values.draws)
  timings(values.quick ? [18_000] : [18_000, 180_000, 1_000_000], print);
if (values.results)
  writeFileSync(values.results, `# Policy benchmark\n\n\`\`\`\n${lines.join('\n')}\n\`\`\`\n`);
