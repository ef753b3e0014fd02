import { expect, it } from 'vitest';
import type { FactorColumns } from '../../shared/episode/columns/columns.ts';
import { QUADRANT } from '../../shared/episode/columns/columns.ts';
import { guardBlockHours } from '../../shared/guard/block-hours.ts';
import { DAY, NOW } from '../support/episodes.ts';
import { randomOf } from '../support/random.ts';

const HOUR = DAY / 24;

/**
 * Returns the outcomes of 30 days. Events of one regime share a rate of success.
 * @param regimeHours length of a regime; 0: every event is independent
 */
function outcomes(perDay: number, regimeHours: number): FactorColumns {
  const random = randomOf(11);
  const rates = new Map<number, number>();
  const size = perDay * 30;
  const time = Float64Array.from({ length: size }, (_, i) => NOW - 30 * DAY + (i * 30 * DAY) / size);
  const quadrant = Uint8Array.from(time, at => {
    const regime = regimeHours === 0 ? 0 : Math.floor((at + HOUR / 2) / (regimeHours * HOUR));
    const rate = rates.get(regime) ?? (regimeHours === 0 ? 0.4 : random() < 0.5 ? 0.1 : 0.7);
    rates.set(regime, rate);
    return random() < rate ? QUADRANT.miss : QUADRANT.dodge;
  });
  return { size, time, quadrant } as unknown as FactorColumns;
}

it('Independent outcomes allow blocks of 6 hours, of 3 hours to a busy pattern, and of 1 hour to a busier one', () => {
  expect(guardBlockHours(outcomes(100, 0))).toBe(6);
  expect(guardBlockHours(outcomes(800, 0))).toBe(3);
  expect(guardBlockHours(outcomes(2400, 0))).toBe(1);
});

it('Outcomes that are correlated over hours keep a busy pattern from short blocks', () => {
  expect(guardBlockHours(outcomes(2400, 5))).toBeGreaterThanOrEqual(6);
  expect(guardBlockHours(outcomes(2400, 2.5))).toBeGreaterThanOrEqual(3);
  expect(guardBlockHours(outcomes(2400, 60))).toBe(72);
});
