import { describe, expect, test } from 'vitest';
import { Random } from '../../../bench/policy/random.ts';
import type { ForecastModel } from '../../../shared/override/replay/forecast.ts';
import { forecastGain } from '../../../shared/override/replay/forecast.ts';
import { REPLAY_SETTINGS } from '../../../shared/override/replay/settings.ts';
import { DAY } from '../../support/episodes.ts';
import { AS_OF, event, replayEvents } from '../../support/replay-events.ts';

const exactly = (mean: number) => ({ mean, error: 0 });
const MODEL: ForecastModel = {
  chance: { closing: exactly(0.2), opening: exactly(-0.1) },
  share: exactly(0.5),
  windowDays: 90,
};

describe('the forecast of an override', () => {
  test('It adds to the gain by chance the share of the in-sample gain beyond it, for 28 days', () => {
    const flipped = { winners: -18, losers: -72, gain: 36, error: 9, changed: 90 };
    const forecast = forecastGain(flipped, MODEL);
    expect(forecast).toMatchObject({ days: 28, events: 28 });
    // In sample .4 an event; chance .2; forecast .3 an event.
    expect(forecast.gain).toBeCloseTo(8.4, 9);
    // Future scatter 9·√(28/90) = 5.02; error of the mean 28·.5·9/90 = 1.4, which an error of .4 of the number of
    // events makes 1.4·√(1 + .4²) = 1.508; that error itself .4·8.4 = 3.36.
    expect(forecast.high - forecast.gain).toBeCloseTo(1.645 * Math.hypot(5.02, 1.508, 3.36), 2);
    expect(forecast.gain - forecast.low).toBeCloseTo(forecast.high - forecast.gain, 9);
  });

  test('An override that opens a gate is held against the gain of opening by chance', () => {
    const flipped = { winners: 40, losers: 50, gain: 30, error: 9, changed: 90 };
    // In sample .333 an event; chance −.1; forecast −.1 + .5·.433 = .117.
    expect(forecastGain(flipped, MODEL).gain).toBeCloseTo(28 * 0.11667, 3);
  });

  test('One standard error is taken off the gain by chance, which looked favourable when the step was chosen', () => {
    const flipped = { winners: -18, losers: -72, gain: 36, error: 9, changed: 90 };
    const closing = { mean: 0.2, error: 0.1 };
    const forecast = forecastGain(flipped, { ...MODEL, chance: { ...MODEL.chance, closing } });
    // .1 + .5·(.4 − .1) = .25 an event.
    expect(forecast.gain).toBeCloseTo(28 * 0.25, 9);
  });

  test('An uncertain share makes the interval wider and leaves the gain', () => {
    const flipped = { winners: -18, losers: -72, gain: 36, error: 9, changed: 90 };
    const uncertain = forecastGain(flipped, { ...MODEL, share: { mean: 0.5, error: 0.5 } });
    const sure = forecastGain(flipped, MODEL);
    expect(uncertain.gain).toBe(sure.gain);
    expect(uncertain.low).toBeLessThan(sure.low);
  });
});

/** Events whose TS gate is too tight: success rises at ts .45, below the gate at .6. */
function tightEvents(count: number) {
  const random = new Random(3, 1);
  return Array.from({ length: count }, () => {
    const daysAgo = 1 + 88 * random.uniform();
    const ts = 0.3 + 0.6 * random.uniform();
    const success = ts > 0.45 ? 0.7 : 0.15;
    return event({
      outcome: random.uniform() < success ? 'success' : 'failure',
      ts,
      halo: 0.2,
      daysAgo,
      resolvedDaysAgo: daysAgo - 0.5,
    });
  });
}

test('Where earlier moves came true the forecast comes near the in-sample gain', () => {
  const [override] = replayEvents(tightEvents(3000), REPLAY_SETTINGS).overrides;
  const { gain = 0, winners = 0, losers = 0, expected } = override?.evidence ?? {};
  const inSample = gain / (winners + losers);
  expect(inSample).toBeGreaterThan(0.5);
  expect((expected?.gain ?? 0) / (expected?.events ?? 1)).toBeGreaterThan(0.7 * inSample);
  expect(expected?.low).toBeGreaterThan(0);
});

test('A pattern whose events began 45 days ago is expected to change as many events a day as in those days', () => {
  const young = tightEvents(3000).filter(({ time }) => time > AS_OF - 45 * DAY);
  const [override] = replayEvents(young, REPLAY_SETTINGS).overrides;
  const { winners = 0, losers = 0, expected } = override?.evidence ?? {};
  expect(winners + losers).toBeGreaterThan(100);
  expect((expected?.events ?? 0) / (winners + losers)).toBeCloseTo(28 / 45, 1);
});
