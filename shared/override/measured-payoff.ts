import * as z from 'zod';
import type { FactorColumns } from '../episode/columns/columns.ts';
import { QUADRANT } from '../episode/columns/columns.ts';
import { gather } from '../episode/columns/select-rows.ts';
import { elementAt } from '../numbers.ts';
import { clusteredMean } from '../statistics/clustered-mean.ts';
import { count } from '../validation.ts';
import type { Payoff, PayoffSetting } from './payoff.ts';
import { breakEvenRate, breakEvenSchema, MEASURED, payoffSchema } from './payoff.ts';
import type { Clustering } from './replay/clusters.ts';
import { clusterings } from './replay/clusters.ts';
import { REPLAY_SETTINGS } from './replay/settings.ts';

/** Least number of returns of acted successes, and of acted failures, from which a payoff is measured. */
const MIN_RETURNS = 33;
/** Significant digits of a measured payoff that is used, so that a few new returns rarely publish a generation. */
const DIGITS = 3;
/** Relative difference below which two amounts are equal: sums of decimals are not exact. */
const SAME = 1e-9;
const TIMEFRAME = 'timeframe';
/** Maximum number of timeframes; those with most returns are listed. */
const MAX_TIMEFRAMES = 20;

const amountSchema = z.object({
  n: count.meta({ description: 'returns' }),
  mean: z.number().meta({ description: 'R, net of costs; of failures the loss' }),
  error: z.number().optional().meta({ description: 'cluster-robust standard error; absent below 2 returns' }),
  low: z.number().optional().meta({ description: '90 % interval of the mean' }),
  high: z.number().optional(),
});
type Amount = z.output<typeof amountSchema>;

const measuredPayoffSchema = z.object({
  win: amountSchema.optional().meta({ description: 'acted successes; absent without any return' }),
  loss: amountSchema.optional().meta({ description: 'acted failures; absent without any return' }),
  break_even: breakEvenSchema.optional(),
});
type MeasuredPayoff = z.output<typeof measuredPayoffSchema>;

/** The configured payoff of a pattern beside the one that its returns show. */
export const payoffsSchema = z
  .object({
    configured: payoffSchema.extend({ break_even: breakEvenSchema }),
    measured: measuredPayoffSchema
      .optional()
      .meta({ description: 'absent when no acted event has a return' }),
    used: z.enum(['configured', 'measured']),
    reason: z
      .string()
      .optional()
      .meta({ description: 'why the configured payoff stands in for the measured one' }),
    contradiction: z.string().optional().meta({
      description:
        'present when a configured amount in use lies outside of the 90 % interval of the measured one',
    }),
    by_timeframe: z
      .array(measuredPayoffSchema.extend({ timeframe: z.string() }))
      .meta({ description: 'those with most returns, at most 20' }),
  })
  .meta({ id: 'Payoffs' });
type PayoffComparison = z.output<typeof payoffsSchema>;

/** A pattern's setting, and the amounts that stand in while too little is measured. */
export interface PayoffSettings {
  readonly payoff: PayoffSetting;
  readonly payoff_fallback: Payoff;
}

/** Returns the configured amounts: those of the setting, or those that stand in for measured ones. */
export function configuredPayoff({ payoff, payoff_fallback }: PayoffSettings): Payoff {
  return payoff === MEASURED ? payoff_fallback : payoff;
}

/**
 * Measures the payoff of a pattern on the returns of its acted events, and chooses the payoff that a run uses. With the
 * setting `measured` it is the measured one, once 33 acted successes and 33 acted failures have a return. The order of
 * the events does not matter.
 */
export function settlePayoff(
  columns: FactorColumns,
  settings: PayoffSettings,
): { readonly payoff: Payoff; readonly payoffs: PayoffComparison } {
  const amounts = configuredPayoff(settings);
  const configured = { ...amounts, break_even: breakEvenRate(amounts) };
  const { whole, byTimeframe } = measure(columns);
  const isMeasured = settings.payoff === MEASURED;
  const obstacle = isMeasured ? whyNotMeasured(whole) : undefined;
  const { win, loss } = whole ?? {};
  const used = isMeasured && obstacle === undefined && win && loss;
  const contradiction = used ? undefined : contradictionOf(amounts, whole);
  const payoffs: PayoffComparison = {
    configured,
    ...(whole && { measured: whole }),
    used: used ? 'measured' : 'configured',
    ...(obstacle !== undefined && {
      reason: `${obstacle}: the configured payoff of ${amounts.win}:${amounts.loss} stands in`,
    }),
    ...(contradiction !== undefined && { contradiction }),
    by_timeframe: byTimeframe,
  };
  return { payoff: used ? { win: rounded(win.mean), loss: rounded(loss.mean) } : amounts, payoffs };
}

const rounded = (value: number): number => Number(value.toPrecision(DIGITS));

/** Returns why no payoff follows from the returns; undefined when one does. */
function whyNotMeasured(measured: MeasuredPayoff | undefined): string | undefined {
  const { win, loss } = measured ?? {};
  const [wins, losses] = [win?.n ?? 0, loss?.n ?? 0];
  if (wins < MIN_RETURNS || losses < MIN_RETURNS)
    return `${wins} acted successes and ${losses} acted failures have a return, and ${MIN_RETURNS} of each are needed`;
  if (!isAmount(win) || !isAmount(loss))
    return 'acted successes return nothing or acted failures lose nothing on average, so check what return holds';
  return undefined;
}

const isAmount = (amount: Amount | undefined): boolean =>
  amount !== undefined && payoffSchema.shape.win.safeParse(rounded(amount.mean)).success;

/** Returns what the returns contradict, in one sentence; undefined when nothing, or too little is known. */
function contradictionOf({ win, loss }: Payoff, measured: MeasuredPayoff | undefined): string | undefined {
  const sides = [
    { name: 'win', noun: 'acted successes return', configured: win, amount: measured?.win },
    { name: 'loss', noun: 'acted failures lose', configured: loss, amount: measured?.loss },
  ];
  const found = sides.flatMap(({ name, noun, configured, amount }) =>
    amount && lies(configured, amount)
      ? [`${amount.n} ${noun} ${figure(amount)} R on average, and ${name} ${configured} is configured`]
      : [],
  );
  if (found.length === 0) return undefined;
  const breakEven = measured?.break_even;
  const rates =
    breakEven === undefined
      ? ''
      : `; a pattern breaks even at a success rate of ${percent(breakEven)}, and not at ${percent(breakEvenRate({ win, loss }))}`;
  return found.join('; ') + rates;
}

/** Returns whether an amount lies outside of the interval of a mean of enough returns. */
function lies(configured: number, { n, low, high }: Amount): boolean {
  if (n < MIN_RETURNS || low === undefined || high === undefined) return false;
  const tolerance = SAME * Math.abs(configured);
  return configured < low - tolerance || configured > high + tolerance;
}

const short = (value: number | undefined): string =>
  String(Number((value ?? Number.NaN).toPrecision(DIGITS)));
const figure = ({ mean, low, high }: Amount): string =>
  `${short(mean)} (90 %: ${short(low)} to ${short(high)})`;
const percent = (rate: number): string => `${(100 * rate).toFixed(1)} %`;

interface Measured {
  readonly whole: MeasuredPayoff | undefined;
  readonly byTimeframe: PayoffComparison['by_timeframe'];
}

function measure(columns: FactorColumns): Measured {
  const rows = returnedRows(columns);
  if (rows.length === 0) return { whole: undefined, byTimeframe: [] };
  const dependent = clusterings(columns, REPLAY_SETTINGS.clusters);
  const timeframes = columns.dimensions.find(({ name }) => name === TIMEFRAME);
  const grouped = Map.groupBy(rows, row => (timeframes ? elementAt(timeframes.codes, row) : 0));
  const byTimeframe = [...grouped]
    .flatMap(([code, of]) => {
      const timeframe = timeframes?.values[code - 1];
      return timeframe === undefined ? [] : [{ timeframe, of }];
    })
    .sort((a, b) => b.of.length - a.of.length || (a.timeframe < b.timeframe ? -1 : 1))
    .slice(0, MAX_TIMEFRAMES)
    .map(({ timeframe, of }) => ({ timeframe, ...payoffOf(columns, Uint32Array.from(of), dependent) }));
  return { whole: payoffOf(columns, rows, dependent), byTimeframe };
}

/** Returns the acted successes and failures with a return. */
function returnedRows({ size, quadrant, returns }: FactorColumns): Uint32Array {
  const rows: number[] = [];
  for (let row = 0; returns && row < size; row++) {
    const code = elementAt(quadrant, row);
    const decided = code === QUADRANT.win || code === QUADRANT.falsePositive;
    if (decided && Number.isFinite(elementAt(returns, row))) rows.push(row);
  }
  return Uint32Array.from(rows);
}

function payoffOf(
  columns: FactorColumns,
  rows: Uint32Array,
  dependent: readonly Clustering[],
): MeasuredPayoff {
  const ofQuadrant = (code: number): Uint32Array =>
    rows.filter(row => elementAt(columns.quadrant, row) === code);
  const win = amountOf(columns, ofQuadrant(QUADRANT.win), dependent, 1);
  const loss = amountOf(columns, ofQuadrant(QUADRANT.falsePositive), dependent, -1);
  const amounts = isAmount(win) && isAmount(loss) && win && loss;
  return {
    ...(win && { win }),
    ...(loss && { loss }),
    ...(amounts && { break_even: breakEvenRate({ win: win.mean, loss: loss.mean }) }),
  };
}

/** @param sign −1 counts losses as positive amounts */
function amountOf(
  { returns = new Float64Array() }: FactorColumns,
  rows: Uint32Array,
  dependent: readonly Clustering[],
  sign: 1 | -1,
): Amount | undefined {
  const values = gather(returns, rows).map(value => sign * value);
  if (values.length < 2) return values.length === 0 ? undefined : { n: 1, mean: elementAt(values, 0) };
  return clusteredMean(
    values,
    dependent.map(clustering => gather(clustering, rows)),
  );
}
