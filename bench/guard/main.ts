import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { machine } from '../support/report.ts';
import type { StreamSettings } from './streams.ts';
import { crossing, quantile, STREAM, stream } from './streams.ts';

/*
 * The guard's operating characteristics on simulated streams of flips.
 *
 *   npm run bench:guard                 6,000 runs of 60 days for each break-even world
 *   npm run bench:guard -- --runs 300   faster
 */

const { values } = parseArgs({ options: { runs: { type: 'string' }, results: { type: 'string' } } });
const runs = Number(values.runs ?? 6000);
const lines: string[] = [];
function print(line: string): void {
  console.log(line);
  lines.push(line);
}

const percent = (share: number): string => `${(100 * share).toFixed(2)} %`;

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

print(machine({}));
print(`${runs} streams of ${STREAM.days} days, ${STREAM.flipsPerDay} flips a day; seeds from 1`);
print('');
print('Break-even streams that are withdrawn within 60 days (promised: at most 1 %)');
const BREAK_EVEN: readonly (readonly [string, Partial<StreamSettings>])[] = [
  ['3 of 10 outcomes shared within 6 hours, 2:1', {}],
  ['6 of 10 shared', { shared: 0.6 }],
  ['all flips tightened', { tightened: 1 }],
  ['half tightened', { tightened: 0.5 }],
  ['1:1', { payoff: { win: 1, loss: 1 } }],
];
for (const [name, changes] of BREAK_EVEN)
  print(`  ${name.padEnd(48)}${crossingShare({ ...STREAM, ...changes }, runs, 'harm')}`);
const regimes = { ...STREAM, halfLifeDays: 2 };
print(
  `  ${'regimes, half-life 2 days, blocks of 6 hours'.padEnd(48)}${crossingShare(regimes, runs, 'harm', 6)}`,
);
print(
  `  ${'regimes, half-life 2 days, blocks of 24 hours'.padEnd(48)}${crossingShare(regimes, runs, 'harm', 24)}`,
);
print('');
print('Control: the same streams read by order of arrival');
for (const [name, changes] of BREAK_EVEN.slice(0, 3))
  print(`  ${name.padEnd(48)}${crossingShare({ ...STREAM, ...changes }, runs, 'harm', 6, 'knownAt')}`);
print('');
print('Harmful streams: known outcomes and days until they are withdrawn, median / 90 %');
for (const utility of [-1, -0.7, -0.4]) {
  const settings = { ...STREAM, utility };
  const found = Array.from({ length: Math.ceil(runs / 6) }, (_, i) =>
    crossing(stream(settings, i + 1), settings),
  );
  const stopped = found.filter(c => c !== undefined);
  const of = (share: number, of: 'known' | 'day') =>
    quantile(
      stopped.map(c => c[of]),
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
  print(`  +${utility}  ${crossingShare({ ...STREAM, utility }, Math.ceil(runs / 6), 'gain')}`);
if (values.results)
  writeFileSync(values.results, `# Guard benchmark\n\n\`\`\`\n${lines.join('\n')}\n\`\`\`\n`);
