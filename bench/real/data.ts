import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { parse } from 'csv-parse/sync';
import * as z from 'zod';
import type { FactorColumns } from '../../shared/episode/columns/columns.ts';
import { QUADRANT } from '../../shared/episode/columns/columns.ts';
import type { DimensionColumn } from '../../shared/mining/types.ts';
import { elementAt } from '../../shared/numbers.ts';
import { DAY_MS, startOfDay } from '../../shared/time.ts';

/** The members of the JSON file beside a table that are read; others are ignored. */
const descriptionSchema = z.object({
  /** Barriers in multiples of the average true range (ATR): a success gains `up`, a failure loses `dn`. */
  up: z.number().positive(),
  dn: z.number().positive(),
  base: z.object({ ts: z.number().positive(), halo: z.number().positive(), slope: z.number() }),
  /** End of the time on which the base thresholds were chosen, milliseconds since 1970; scoring begins there. */
  cal_end: z.number().optional(),
});

const DIMENSIONS = ['pair', 'regime', 'session', 'timeframe', 'vol_bucket'] as const;
const NUMBERS = ['time_s', 'resolved_s', 'ts_score', 'halo_distance', 'ema60_slope'] as const;
/** Days before the first scored one when the description names none. */
const WARM_UP_DAYS = 50;

/** The opportunities of one set of candles and one entry engine, in time order. */
export interface RealRun {
  /** `SET-ENGINE`. */
  readonly name: string;
  /** Quadrants hold the decisions of the base gates. */
  readonly columns: FactorColumns;
  /** Gain of a success and loss of a failure before costs, in ATR. */
  readonly barriers: { readonly up: number; readonly dn: number };
  /** First scored moment: midnight UTC, milliseconds since 1970. */
  readonly scoredFrom: number;
  /** Midnight after the last opportunity. */
  readonly end: number;
}

/**
 * Reads every `SET-ENGINE.csv.gz` with its `.json` in a folder, in the order of their names.
 * @throws Error that names the file and what is wrong with it
 */
export function readRuns(folder: string): RealRun[] {
  const files = readdirSync(folder)
    .filter(file => file.endsWith('.csv.gz'))
    .sort();
  if (files.length === 0)
    throw new Error(`${folder} holds no SET-ENGINE.csv.gz: name a folder with such files and their .json`);
  return files.map(file => readRun(folder, file.slice(0, -'.csv.gz'.length)));
}

type Record = Readonly<globalThis.Record<string, string>>;

function readRun(folder: string, name: string): RealRun {
  const description = readDescription(join(folder, `${name}.json`));
  const table = join(folder, `${name}.csv.gz`);
  const all = parse(gunzipSync(readFileSync(table)), { columns: true }) as Record[];
  // An opportunity near the end of the candles may have no outcome yet.
  const records = all.filter(({ outcome }) => outcome !== '');
  if (records.length === 0) throw new Error(`${table} holds no outcome: write one row for each opportunity`);
  records.sort((a, b) => Number(a.time_s) - Number(b.time_s));
  const columns = toColumns(records, description.base, table);
  const first = elementAt(columns.time, 0);
  return {
    name,
    columns,
    barriers: { up: description.up, dn: description.dn },
    scoredFrom: startOfDay(description.cal_end ?? first + WARM_UP_DAYS * DAY_MS) + DAY_MS,
    end: startOfDay(elementAt(columns.time, columns.size - 1)) + DAY_MS,
  };
}

function readDescription(file: string): z.output<typeof descriptionSchema> {
  const result = descriptionSchema.safeParse(JSON.parse(readFileSync(file, 'utf8')));
  if (!result.success) throw new Error(`${file}: ${z.prettifyError(result.error)}; correct these members`);
  return result.data;
}

function toColumns(
  records: readonly Record[],
  base: { readonly ts: number; readonly halo: number; readonly slope: number },
  table: string,
): FactorColumns {
  const size = records.length;
  const number = (name: (typeof NUMBERS)[number]): Float64Array =>
    Float64Array.from(records, (record, i) => {
      const value = Number(record[name]);
      if (record[name] === undefined || record[name] === '' || !Number.isFinite(value))
        throw new Error(`${table}, row ${i + 1}: ${name} must be a number`);
      return value;
    });
  const [time, resolved, ts, halo, slope] = NUMBERS.map(number) as [
    Float64Array,
    Float64Array,
    Float64Array,
    Float64Array,
    Float64Array,
  ];
  const dimensions = DIMENSIONS.map(name => dimensionOf(name, records));
  const pair = dimensions.find(({ name }) => name === 'pair')?.codes;
  return {
    size,
    dimensions,
    quadrant: Uint8Array.from(records, ({ outcome, acted_at_base: acted }, i) =>
      quadrantOf(acted === '1', outcome, `${table}, row ${i + 1}`),
    ),
    time: time.map(second => second * 1000),
    resolvedAt: resolved.map(second => second * 1000),
    numbers: {
      ts_score: ts,
      ts_min: new Float64Array(size).fill(base.ts),
      halo_distance: halo,
      halo_max: new Float64Array(size).fill(base.halo),
      ema60_slope: slope,
      slope_min: new Float64Array(size).fill(base.slope),
    },
    flagsKnown: new Uint8Array(size),
    flagsSet: new Uint8Array(size),
    blocked: new Uint8Array(size),
    ...(pair && { pair: Uint32Array.from(pair) }),
  };
}

function dimensionOf(name: string, records: readonly Record[]): DimensionColumn {
  const values = [...new Set(records.map(record => record[name] ?? ''))].filter(value => value !== '').sort();
  const codes = new Map(values.map((value, i) => [value, i + 1]));
  return { name, values, codes: Uint16Array.from(records, record => codes.get(record[name] ?? '') ?? 0) };
}

function quadrantOf(acted: boolean, outcome: string | undefined, where: string): number {
  if (outcome === 'success') return acted ? QUADRANT.win : QUADRANT.miss;
  if (outcome === 'failure') return acted ? QUADRANT.falsePositive : QUADRANT.dodge;
  if (outcome === 'neutral') return acted ? QUADRANT.actedNeutral : QUADRANT.skippedNeutral;
  throw new Error(`${where}: outcome must be success, failure or neutral`);
}
