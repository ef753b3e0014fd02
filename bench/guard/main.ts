import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { WORLDS } from '../policy/worlds.ts';
import { machine } from '../support/report.ts';
import { COMMON_TRADES, dayOfProof } from './arms.ts';
import type { StreamSettings } from './streams.ts';
import { crossing, quantile, STREAM, stream } from './streams.ts';
import { guardMilliseconds } from './timing.ts';
import { guardedWorlds } from './worlds.ts';

/*
 * The guard's operating characteristics on simulated streams of flips, a comparison of two arms beside it, what it does to
 * policies in the worlds of `bench:policy`, and its time.
 *
 *   npm run bench:guard                             all parts: 6,000 streams for each break-even world; about 40 minutes
 *   npm run bench:guard -- --runs 300               faster
 *   npm run bench:guard -- --parts streams,arms     some of streams, arms, worlds, time
 *   npm run bench:guard -- --parts worlds --worlds regime --seeds 5 --resume-after 7
 */

const PARTS = ['streams', 'arms', 'worlds', 'time'] as const;
const { values } = parseArgs({
  options: {
    parts: { type: 'string', default: PARTS.join(',') },
    runs: { type: 'string', default: '6000' },
    worlds: { type: 'string', default: WORLDS.map(({ name }) => name).join(',') },
    seeds: { type: 'string', default: '10' },
    'resume-after': { type: 'string', default: 'Infinity' },
    results: { type: 'string' },
  },
});
const runs = Number(values.runs);
const parts = values.parts.split(',');
const lines: string[] = [];
function print(line: string): void {
  console.log(line);
  lines.push(line);
}

const percent = (share: number): string => `${(100 * share).toFixed(2)} %`;
const BREAK_EVEN: readonly (readonly [string, Partial<StreamSettings>])[] = [
  ['3 of 10 outcomes shared within 6 hours, 2:1', {}],
  ['6 of 10 shared', { shared: 0.6 }],
  ['all flips tightened', { tightened: 1 }],
  ['half tightened', { tightened: 0.5 }],
  ['1:1', { payoff: { win: 1, loss: 1 } }],
];

/** Returns the share of streams that cross a line, with its standard error. */
function crossingShare(
  settings: StreamSettings,
  n: number,
  side: 'harm' | 'gain',
  hours = 6,
  by: 'at' | 'knownAt' = 'at',
): string {
  let crossed = 0;
  for (let seed = 1; seed <= n; seed++)
    if (crossing(stream(settings, seed), settings, side, hours, by)) crossed++;
  const share = crossed / n;
  return `${percent(share)} ± ${percent(Math.sqrt((share * (1 - share)) / n))}`;
}

function printBreakEven(): void {
  const row = (name: string, share: string): void => print(`  ${name.padEnd(48)}${share}`);
  print(`${runs} streams of ${STREAM.days} days, ${STREAM.flipsPerDay} flips a day; seeds from 1`);
  print('');
  print('Break-even streams that are withdrawn within 60 days (promised: at most 1 %)');
  for (const [name, changes] of BREAK_EVEN) row(name, crossingShare({ ...STREAM, ...changes }, runs, 'harm'));
  const regimes = { ...STREAM, halfLifeDays: 2 };
  for (const hours of [6, 24])
    row(`regimes, half-life 2 days, blocks of ${hours} hours`, crossingShare(regimes, runs, 'harm', hours));
  print('');
  print('Control: the same streams read by order of arrival');
  for (const [name, changes] of BREAK_EVEN.slice(0, 3))
    row(name, crossingShare({ ...STREAM, ...changes }, runs, 'harm', 6, 'knownAt'));
  print('');
}

function printHarmfulAndGaining(): void {
  const n = Math.ceil(runs / 6);
  print('Harmful streams: known outcomes and days until they are withdrawn, median / 90 %');
  for (const utility of [-1, -0.7, -0.4]) {
    const settings = { ...STREAM, utility };
    const found = Array.from({ length: n }, (_, i) => crossing(stream(settings, i + 1), settings));
    const stopped = found.filter(c => c !== undefined);
    const of = (share: number, name: 'known' | 'day'): string =>
      quantile(
        stopped.map(c => c[name]),
        share,
      ).toFixed(0);
    print(
      `  ${String(utility).padEnd(6)}${of(0.5, 'known')} / ${of(0.9, 'known')} outcomes, ` +
        `${of(0.5, 'day')} / ${of(0.9, 'day')} days, ${percent(stopped.length / found.length)} withdrawn`,
    );
  }
  print('');
  print('Streams that gain: share with proof of gain within 60 days');
  for (const utility of [0.2, 0.5, 0.8])
    print(`  +${utility}  ${crossingShare({ ...STREAM, utility }, n, 'gain')}`);
  print('');
}

/** Prints how long an ordinary comparison of two arms takes to prove the same harm at the same line. */
function printArms(): void {
  const n = Math.ceil(runs / 20);
  const { perDay, utility: common } = COMMON_TRADES;
  print('An ordinary comparison: each episode in either arm at 50 %, the same martingale, line and blocks');
  print(`${n} streams of 240 days, beside ${perDay} trades a day of utility +${common} that both arms take`);
  for (const utility of [-1, -0.7, -0.4]) {
    const settings = { ...STREAM, days: 240, utility };
    const found = Array.from(
      { length: n },
      (_, i) => dayOfProof(settings, i + 1) ?? Number.POSITIVE_INFINITY,
    );
    const proven = found.filter(Number.isFinite).length / n;
    const [half, most] = [0.5, 0.9].map(share => quantile(found, share).toFixed(0));
    print(`  ${String(utility).padEnd(6)}${half} / ${most} days, ${percent(proven)} proven`);
  }
  print('');
}

print(machine({}));
if (parts.includes('streams')) {
  printBreakEven();
  printHarmfulAndGaining();
}
if (parts.includes('arms')) printArms();
if (parts.includes('worlds')) {
  const names = values.worlds.split(',');
  guardedWorlds(
    WORLDS.filter(({ name }) => names.includes(name)),
    Number(values.seeds),
    Number(values['resume-after']),
    print,
  );
  print('');
}
if (parts.includes('time'))
  print(
    `Time of both tests of a pattern with 100,000 events: ${(await guardMilliseconds()).toFixed(0)} ms (promised: 200)`,
  );
if (values.results)
  writeFileSync(values.results, `# Guard benchmark\n\n\`\`\`\n${lines.join('\n')}\n\`\`\`\n`);
