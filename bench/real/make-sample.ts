import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { elementAt } from '../../shared/numbers.ts';
import { DAY_MS } from '../../shared/time.ts';
import { baseRunner, START_MS } from '../policy/policy-runners.ts';
import type { World } from '../policy/world.ts';
import { generate } from '../policy/world.ts';

/*
 * Writes the sample that `bench:real` reads without a folder: simulated opportunities in the form of recorded ones. The
 * base gates lose, as they do on real candles.
 *
 *   node bench/real/make-sample.ts
 */

const WORLD: World = {
  name: 'sample',
  payoff: { win: 2, loss: 1 },
  eventsPerDay: 30,
  days: 200,
  low: 0.1,
  high: 0.6,
  dependence: { market: 0.06, pair: 0.1 },
  shifts: () => codes => [codes[5] === 1 ? 0.4 : 0.1, 0.2, 0],
};
/** Columns of the sample by dimension of the world. */
const COLUMNS = {
  timeframe: 'timeframe',
  vol_bucket: 'bucket',
  session: 'session',
  regime: 'chain',
} as const;
const CALIBRATION_DAYS = 60;

const folder = join(import.meta.dirname, 'sample');
const events = generate(WORLD, 1);
const { acts } = baseRunner(events);
const second = (day: number): number => Math.round((START_MS + day * DAY_MS) / 1000);
const value = (name: string, i: number): string => {
  const dimension = events.dimensions.find(d => d.name === name);
  return dimension?.values[elementAt(dimension.codes, i) - 1] ?? '';
};
const round = (x: number): string => String(Number(x.toFixed(6)));
const rows = Array.from({ length: events.size }, (_, i) => {
  const [ts, halo, slope] = events.margins.map(margin => elementAt(margin, i)) as [number, number, number];
  const success = elementAt(events.success, i) === 1;
  return [
    second(elementAt(events.day, i)),
    second(elementAt(events.known, i)),
    success ? 'success' : 'failure',
    elementAt(acts, i),
    ...Object.values(COLUMNS).map(name => value(name, i)),
    `p${elementAt(events.pair, i)}`,
    round(0.6 * Math.exp(ts)),
    round(Math.exp(-halo)),
    round(slope),
    success ? 2 : -1,
    0.005,
  ].join();
});
const header = `time_s,resolved_s,outcome,acted_at_base,${Object.keys(COLUMNS)},pair,ts_score,halo_distance,ema60_slope,pnl_atr,atr_pct`;
writeFileSync(join(folder, 'sim-trend.csv.gz'), gzipSync(`${[header, ...rows].join('\n')}\n`, { level: 9 }));
const description = {
  name: 'sim-trend-2_1',
  set: 'sim',
  engine: 'trend',
  up: 2,
  dn: 1,
  n: events.size,
  base: { ts: 0.6, halo: 1, slope: 0 },
  cal_end: START_MS + CALIBRATION_DAYS * DAY_MS,
};
writeFileSync(join(folder, 'sim-trend.json'), `${JSON.stringify(description, null, 2)}\n`);
