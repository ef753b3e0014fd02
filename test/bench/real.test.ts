import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { compareDecisions } from '../../bench/real/compare.ts';
import { readRuns } from '../../bench/real/data.ts';
import { drawOutcomes, harmOf } from '../../bench/real/harm.ts';
import { plant } from '../../bench/real/planted.ts';
import { gainsTable, meansTable } from '../../bench/real/report.ts';
import { runPolicies } from '../../bench/real/run.ts';
import { openMarket, simulatePolicy } from '../../bench/real/simulate.ts';
import { DAY_MS } from '../../shared/time.ts';

const SAMPLE = join(import.meta.dirname, '../../bench/real/sample');

function sampleRun() {
  const [run] = readRuns(SAMPLE);
  if (!run) throw new Error('the sample is missing; run bench/real/make-sample.ts');
  return run;
}

/** Runs a function on a folder that holds the given table and description. */
function inFolder<T>(rows: string, description: object, run: (folder: string) => T): T {
  const folder = mkdtempSync(join(tmpdir(), 'pm-tuning-real-'));
  try {
    writeFileSync(join(folder, 'a-b.csv.gz'), gzipSync(rows));
    writeFileSync(join(folder, 'a-b.json'), JSON.stringify(description));
    return run(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const HEADER =
  'time_s,resolved_s,outcome,acted_at_base,timeframe,pair,vol_bucket,session,regime,ts_score,halo_distance,ema60_slope,pnl_atr,atr_pct';
const DESCRIPTION = { up: 2, dn: 1, base: { ts: 0.6, halo: 1, slope: 0 } };

describe('recorded opportunities', () => {
  test('The recorded decisions of the sample are those of its base gates', () => {
    const { baseActs, run } = openMarket(sampleRun(), { win: 1.9, loss: 1.1 });
    expect(run.columns.size).toBeGreaterThan(1000);
    expect(baseActs).toEqual(run.columns.quadrant.map(code => (code < 3 ? 1 : 0)));
  });

  test('Opportunities are read in time order, and those without an outcome are left out', () => {
    const rows = [
      HEADER,
      '200,300,success,1,1h,A,q1,s,up,0.7,0.5,0.1,2,0.01',
      '100,200,failure,0,1h,B,q1,s,up,0.5,0.5,0.1,-1,0.01',
      '400,,,0,1h,B,q1,s,up,0.5,0.5,0.1,,0.01',
    ].join('\n');
    inFolder(rows, DESCRIPTION, folder => {
      const [run] = readRuns(folder);
      expect(run?.name).toBe('a-b');
      expect([...(run?.columns.time ?? [])]).toEqual([100_000, 200_000]);
      expect([...(run?.columns.quadrant ?? [])]).toEqual([4, 0]);
    });
  });

  test('A row with a missing number is refused with the name of its file and column', () => {
    const rows = [HEADER, '200,300,success,1,1h,A,q1,s,up,,0.5,0.1,2,0.01'].join('\n');
    inFolder(rows, DESCRIPTION, folder =>
      expect(() => readRuns(folder)).toThrow(/a-b\.csv\.gz, row 1: ts_score must be a number/),
    );
  });

  test('A description without base thresholds is refused with the name of its file', () => {
    inFolder(HEADER, { up: 2, dn: 1 }, folder => expect(() => readRuns(folder)).toThrow(/a-b\.json/));
  });
});

describe('the walk-forward over recorded opportunities', () => {
  test('Outcomes that become known after a tuning do not change its overrides', () => {
    const run = sampleRun();
    const market = openMarket(run, { win: 1.9, loss: 1.1 });
    const tunings = simulatePolicy(market, 'replay', 28, () => {}).tunings;
    const at = run.scoredFrom + 84 * DAY_MS;
    const late = Uint8Array.from(run.columns.resolvedAt, known => (known > at ? 1 : 0));
    // A success becomes a failure and the reverse.
    const quadrant = run.columns.quadrant.map((code, row) =>
      late[row] === 1 ? 3 * Math.floor(code / 3) + (1 - (code % 3)) : code,
    );
    expect(quadrant).not.toEqual(run.columns.quadrant);
    const changed = openMarket({ ...run, columns: { ...run.columns, quadrant } }, { win: 1.9, loss: 1.1 });
    const again = simulatePolicy(changed, 'replay', 28, () => {}).tunings;
    const until = (all: typeof tunings) => all.filter(tuning => tuning.at <= at);
    expect(until(tunings).some(({ overrides }) => overrides.length > 0)).toBe(true);
    expect(until(again)).toEqual(until(tunings));
  });

  test('The base gates gain nothing over no tuning, and taking nothing gains nothing over never', () => {
    const market = openMarket(sampleRun(), { win: 1.9, loss: 1.1 });
    const zero = { mean: 0, low: 0, high: 0 };
    expect(compareDecisions(market, market.baseActs).none).toMatchObject(zero);
    const nothing = compareDecisions(market, new Uint8Array(market.run.columns.size));
    expect(nothing.never).toMatchObject(zero);
    expect(nothing.none.mean).toBeCloseTo(-compareDecisions(market, market.baseActs).never.mean, 12);
    expect(nothing.random.mean).toBeCloseTo(0, 12);
  });

  test('The tables name each policy of the sample with three gains and the mean of the runs', () => {
    const { result } = runPolicies(sampleRun(), 'real', 28, () => {});
    expect(result.payoff).toEqual({ win: 1.9, loss: 1.1 });
    const gains = gainsTable([result]);
    for (const policy of ['none', 'drift', 'replay', 'halt', 'never', 'always'])
      expect(gains).toContain(policy);
    expect(gains.split('\n')[0]).toMatch(/over none +over random +over never/);
    expect(meansTable([result])).toMatch(/payoff real +score and halt +[+−]\.\d{4}/);
  });

  test('At costs for an edge of .1 the base gates of the sample earn .1 an act', () => {
    const { result } = runPolicies(sampleRun(), '0.1', 60, () => {});
    const none = result.policies.none;
    expect((none?.never.mean ?? 0) / (none?.taken ?? 1)).toBeCloseTo(0.1, 9);
  });
});

describe('trials on changed outcomes', () => {
  const market = openMarket(sampleRun(), { win: 1.9, loss: 1.1 });
  const { columns } = market.run;

  test('A planted effect changes only what misses the gate of TS narrowly in its timeframe', () => {
    const timeframe = columns.dimensions.find(({ name }) => name === 'timeframe');
    const [value = ''] = timeframe?.values ?? [];
    const { run, planted } = plant(market, value, 0.6, 1);
    expect(planted.filter(Boolean).length).toBeGreaterThan(20);
    const [ts] = market.gates.gates;
    planted.forEach((isPlanted, row) => {
      const same = run.columns.quadrant[row] === columns.quadrant[row];
      const isNear = (ts?.margin[row] ?? 0) < 0 && (ts?.margin[row] ?? 0) >= -0.36;
      expect(isPlanted === 1 ? isNear && timeframe?.codes[row] === 1 : same).toBe(true);
    });
  });

  test('A timeframe that no opportunity has is refused with those that exist', () => {
    expect(() => plant(market, '7d', 0.5, 1)).toThrow(/sim-trend has no timeframe 7d: use one of/);
  });

  test('Drawn outcomes keep the decisions of the base gates and follow them', () => {
    const drawn = openMarket(drawOutcomes(market, 1), { win: 1.9, loss: 1.1 });
    expect(drawn.baseActs).toEqual(market.baseActs);
    const successes = (acts: number): number => {
      const rows = [...drawn.baseActs.keys()].filter(row => drawn.baseActs[row] === acts);
      return rows.filter(row => drawn.gates.result[row] === 1).length / rows.length;
    };
    expect(Math.abs(successes(1) - 0.42)).toBeLessThan(0.06);
    expect(Math.abs(successes(0) - 0.33)).toBeLessThan(0.03);
  });

  test('The base gates do no harm, and taking nothing loses all of their utility', () => {
    expect(harmOf(market, market.baseActs)).toBe(0);
    expect(harmOf(market, new Uint8Array(columns.size))).toBeCloseTo(1, 12);
  });
});
