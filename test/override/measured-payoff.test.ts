import { describe, expect, it } from 'vitest';
import type { FactorColumns } from '../../shared/episode/columns/columns.ts';
import { QUADRANT } from '../../shared/episode/columns/columns.ts';
import { selectRows } from '../../shared/episode/columns/select-rows.ts';
import type { PayoffSettings } from '../../shared/override/measured-payoff.ts';
import { settlePayoff } from '../../shared/override/measured-payoff.ts';
import { breakEvenRate } from '../../shared/override/payoff.ts';
import { factorColumns } from '../support/factor-columns.ts';

const HOUR = 3_600_000;
const TWO_TO_ONE = { win: 2, loss: 1 };
const configured: PayoffSettings = { payoff: TWO_TO_ONE, payoff_fallback: TWO_TO_ONE };
const measured: PayoffSettings = { payoff: 'measured', payoff_fallback: TWO_TO_ONE };

interface Trade {
  readonly quadrant: number;
  readonly value: number;
  readonly timeframe?: string;
}

/** Returns columns of trades, one every seven hours. */
function columnsOf(trades: readonly Trade[]): FactorColumns {
  const values = [...new Set(trades.flatMap(({ timeframe }) => timeframe ?? []))].sort();
  const codes = Uint32Array.from(trades, ({ timeframe }) => (timeframe ? values.indexOf(timeframe) + 1 : 0));
  const time = Float64Array.from(trades, (_, i) => i * 7 * HOUR);
  return {
    ...factorColumns([]),
    size: trades.length,
    dimensions: [{ name: 'timeframe', values, codes }],
    quadrant: Uint8Array.from(trades, trade => trade.quadrant),
    time,
    resolvedAt: time,
    flagsKnown: new Uint8Array(trades.length),
    flagsSet: new Uint8Array(trades.length),
    blocked: new Uint8Array(trades.length),
    trade: new Uint32Array(trades.length),
    pair: new Uint32Array(trades.length),
    returns: Float64Array.from(trades, trade => trade.value),
  };
}

/** Returns trades whose returns scatter by ±.1 around a mean. */
const trades = (n: number, quadrant: number, mean: number, timeframe?: string): Trade[] =>
  Array.from({ length: n }, (_, i) => ({
    quadrant,
    value: mean + (i % 2 === 0 ? 0.1 : -0.1),
    ...(timeframe !== undefined && { timeframe }),
  }));

const net = [...trades(40, QUADRANT.win, 1.6), ...trades(60, QUADRANT.falsePositive, -1.1)];

describe('the payoff that returns show', () => {
  it('The measured payoff has the mean win, the mean loss, their errors and the break-even rate', () => {
    const { payoff, payoffs } = settlePayoff(columnsOf(net), configured);
    expect(payoff).toEqual(TWO_TO_ONE);
    expect(payoffs).toMatchObject({ used: 'configured', configured: { win: 2, loss: 1 } });
    const { win, loss, break_even } = payoffs.measured ?? {};
    expect(win).toMatchObject({ n: 40 });
    expect(win?.mean).toBeCloseTo(1.6, 12);
    expect(win?.error).toBeCloseTo(0.1 / Math.sqrt(39), 6);
    expect(loss).toMatchObject({ n: 60 });
    expect(loss?.mean).toBeCloseTo(1.1, 12);
    expect(break_even).toBeCloseTo(1.1 / 2.7, 12);
  });

  it('Skipped and neutral events do not count, and neither do events without a return', () => {
    const others = [
      ...trades(50, QUADRANT.miss, 9),
      ...trades(50, QUADRANT.dodge, -9),
      ...trades(50, QUADRANT.actedNeutral, 9),
      ...trades(50, QUADRANT.win, Number.NaN),
    ];
    const { payoffs } = settlePayoff(columnsOf([...net, ...others]), configured);
    expect(payoffs.measured).toMatchObject({ win: { n: 40 }, loss: { n: 60 } });
    expect(settlePayoff(columnsOf(others), configured).payoffs.measured).toBeUndefined();
    expect(settlePayoff(factorColumns([]), configured).payoffs.measured).toBeUndefined();
  });

  it('Each timeframe has its own figures, those with most returns first', () => {
    const { payoffs } = settlePayoff(
      columnsOf([...trades(3, QUADRANT.win, 1, '1h'), ...trades(5, QUADRANT.win, 2, '15m'), ...net]),
      configured,
    );
    expect(payoffs.by_timeframe.map(({ timeframe, win }) => [timeframe, win?.n])).toEqual([
      ['15m', 5],
      ['1h', 3],
    ]);
  });

  it('Trades of one market block count together, so their error is larger', () => {
    const apart = columnsOf(trades(40, QUADRANT.win, 1.6));
    const blocks = { ...apart, time: apart.time.map((_, i) => Math.floor(i / 10) * 100 * HOUR) };
    const returns = apart.time.map((_, i) => (Math.floor(i / 10) % 2 === 0 ? 1.5 : 1.7));
    const errorOf = (columns: FactorColumns): number =>
      settlePayoff({ ...columns, returns }, configured).payoffs.measured?.win?.error ?? Number.NaN;
    expect(errorOf(blocks)).toBeGreaterThan(3 * errorOf(apart));
  });

  it('The order of the events changes no digit', () => {
    const columns = columnsOf(net.map((trade, i) => ({ ...trade, value: trade.value + Math.sin(i) / 7 })));
    const moved = selectRows(
      columns,
      Uint32Array.from(net, (_, i) => (i * 37) % net.length),
    );
    expect(settlePayoff(moved, measured)).toEqual(settlePayoff(columns, measured));
  });
});

describe('the payoff that a run uses', () => {
  it('With the setting measured a run uses the means, with three digits', () => {
    const { payoff, payoffs } = settlePayoff(columnsOf(net), measured);
    expect(payoff).toEqual({ win: 1.6, loss: 1.1 });
    expect(payoffs).toMatchObject({ used: 'measured', configured: TWO_TO_ONE });
    expect(payoffs.contradiction).toBeUndefined();
  });

  it.each([
    [
      'no return at all',
      [],
      '0 acted successes and 0 acted failures have a return, and 33 of each are needed',
    ],
    [
      'too few successes',
      [...trades(32, QUADRANT.win, 1.6), ...trades(60, QUADRANT.falsePositive, -1.1)],
      '32 acted successes and 60 acted failures',
    ],
    [
      'failures that gain',
      [...trades(40, QUADRANT.win, 1.6), ...trades(60, QUADRANT.falsePositive, 0.5)],
      'check what return holds',
    ],
  ])('[L7] With %s the configured payoff stands in, and the reason says so', (_, events, reason) => {
    const { payoff, payoffs } = settlePayoff(columnsOf(events), measured);
    expect(payoff).toEqual(TWO_TO_ONE);
    expect(payoffs.used).toBe('configured');
    expect(payoffs.reason).toContain(reason);
    expect(payoffs.reason).toContain('the configured payoff of 2:1 stands in');
  });

  it('Returns contradict a configured amount outside of their 90 % interval', () => {
    const { payoffs } = settlePayoff(columnsOf(net), configured);
    expect(payoffs.contradiction).toBe(
      '40 acted successes return 1.6 (90 %: 1.57 to 1.63) R on average, and win 2 is configured; ' +
        '60 acted failures lose 1.1 (90 %: 1.08 to 1.12) R on average, and loss 1 is configured; ' +
        'a pattern breaks even at a success rate of 40.7 %, and not at 33.3 %',
    );
  });

  it.each([
    ['amounts within the intervals', { win: 1.61, loss: 1.11 }, net],
    ['amounts that equal constant returns', { win: 1.9, loss: 1.1 }, net.map(constant)],
    [
      'too few returns',
      TWO_TO_ONE,
      [...trades(32, QUADRANT.win, 1.6), ...trades(32, QUADRANT.falsePositive, -2)],
    ],
  ])('Nothing contradicts %s', (_, payoff, events) => {
    const { payoffs } = settlePayoff(columnsOf(events), { payoff, payoff_fallback: TWO_TO_ONE });
    expect(payoffs.contradiction).toBeUndefined();
  });

  it('A measured payoff that falls back to contradicted amounts says both', () => {
    const events = [...trades(20, QUADRANT.win, 1.6), ...trades(60, QUADRANT.falsePositive, -2)];
    const { payoffs } = settlePayoff(columnsOf(events), measured);
    expect(payoffs.reason).toContain('20 acted successes');
    expect(payoffs.contradiction).toContain('60 acted failures lose 2');
  });
});

function constant(trade: Trade): Trade {
  return { ...trade, value: trade.quadrant === QUADRANT.win ? 1.9 : -1.1 };
}

it('The break-even rate is the loss over win plus loss', () => {
  expect(breakEvenRate({ win: 1.9, loss: 1.1 })).toBeCloseTo(0.3667, 4);
});
