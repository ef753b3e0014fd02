import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { REPLAY_SETTINGS } from '../../shared/override/replay/settings.ts';
import { machine } from '../support/report.ts';
import { coinFlips } from './coin-flips.ts';
import { FIRST_REPLAY_SETTINGS } from './first-settings.ts';
import { oracleActs } from './oracle.ts';
import { plot } from './plot.ts';
import type { PolicyRunner } from './policy-runners.ts';
import { driftPlayer, none, replayPlayer } from './policy-runners.ts';
import { eventsOf, score, summary } from './score.ts';
import { timings } from './timing.ts';
import { WORLDS } from './worlds.ts';

/*
 * What policies capture of the gain there is, and what harm they do where there is none, in simulated worlds.
 * `npm run bench:policy`; `-- --quick` for a look, `-- --worlds scope,null --seeds 40 --choosing` to choose settings,
 * `-- --draws 200 --worlds "null clustered,null clustered x3"` for the worst of many draws, of replay only.
 */

/** Settings were chosen on seeds from 1; what is reported begins here. */
const FIRST_REPORTED = 1001;

const { values } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    choosing: { type: 'boolean', default: false },
    worlds: { type: 'string' },
    seeds: { type: 'string' },
    'every-days': { type: 'string' },
    'events-per-day': { type: 'string' },
    draws: { type: 'string' },
    plot: { type: 'string' },
    results: { type: 'string' },
    'no-timing': { type: 'boolean', default: false },
    'no-coins': { type: 'boolean', default: false },
  },
});

function whole(name: 'seeds' | 'draws' | 'every-days' | 'events-per-day', fallback: number): number {
  const value = Number(values[name] ?? fallback);
  if (!Number.isInteger(value) || value < 1) throw new Error(`--${name}: not a whole number of one or more`);
  return value;
}

const seeds = values.draws ? whole('draws', 200) : whole('seeds', values.quick ? 2 : 20);
const everyDays = whole('every-days', values.quick ? 10 : 3);
const firstSeed = values.choosing ? 1 : FIRST_REPORTED;
const wanted = values.worlds?.split(',');
const QUICK = ['scope', 'tight', 'null', 'tiny'];
const worlds = WORLDS.filter(w => wanted?.includes(w.name) ?? (!values.quick || QUICK.includes(w.name))).map(
  w => (values['events-per-day'] ? { ...w, eventsPerDay: whole('events-per-day', 200) } : w),
);
if (worlds.length === 0) throw new Error(`--worlds: of ${WORLDS.map(w => w.name).join(', ')}`);

const PLAYERS: Readonly<Record<string, PolicyRunner>> = values.draws
  ? { replay: replayPlayer({}, everyDays) }
  : {
      none,
      'drift blended': driftPlayer('blend'),
      'drift specific': driftPlayer('most-specific'),
      'replay, first': replayPlayer(FIRST_REPLAY_SETTINGS, everyDays),
      replay: replayPlayer({}, everyDays),
      oracle: events => ({ acts: oracleActs(events), overrides: 0 }),
    };

const lines: string[] = [];
function print(line: string): void {
  console.log(line);
  lines.push(line);
}

const figure = (value: number): string => value.toFixed(3).replace('-', '−').padStart(8);

print(machine({}));
print(
  `${seeds} seeds from ${firstSeed}, replay tuned every ${everyDays} days${values.draws ? '' : ', drift every day'}`,
);
print('Captured share of what the oracle gains; in null worlds gain or harm as a share of its utility.');
const titles = ['mean', '±', 'p10', 'worst', 'overrides'].map(t => t.padStart(t === 'overrides' ? 11 : 8));
print(`${'world'.padEnd(20)}${'policy'.padEnd(16)}${titles.join('')}`);
const bars: { world: string; policy: string; mean: number; p10: number }[] = [];
for (const world of worlds) {
  const captured: Record<string, number[]> = {};
  const overrides: Record<string, number> = {};
  for (let seed = firstSeed; seed < firstSeed + seeds; seed++) {
    process.stderr.write(`\r${world.name}: seed ${seed - firstSeed + 1} of ${seeds}   `);
    for (const [name, result] of Object.entries(score(eventsOf(world, seed), PLAYERS))) {
      captured[name] = [...(captured[name] ?? []), result.captured];
      overrides[name] = Math.max(overrides[name] ?? 0, result.overrides);
    }
  }
  process.stderr.write('\r\x1b[K');
  for (const [name, shares] of Object.entries(captured)) {
    const { mean, error, p10, worst } = summary(shares);
    const cells = [mean, error, p10, worst].map(figure).join('');
    const most = (overrides[name] ?? 0).toLocaleString('en-US').padStart(11);
    print(`${world.name.padEnd(20)}${name.padEnd(16)}${cells}${most}`);
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
  writeFileSync(values.results, `# What policies capture\n\n\`\`\`\n${lines.join('\n')}\n\`\`\`\n`);
