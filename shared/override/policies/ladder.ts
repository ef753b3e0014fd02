import type { LadderStats } from '../../lesson/stats.ts';
import { clamp } from '../../numbers.ts';
import type { Reason, ReasonCode } from '../../reason.ts';

/* Drift's formula for the spacing of the DX ladder (contract, section 4). Ladder replay uses it too. */

/** Change of the ladder multiplier's logarithm per tenth of ladder pressure. */
export const ETA_DX_LADDER = 0.02;
/** Bounds of the ladder formula. */
export const LADDER = {
  range: { min: 0.7, max: 1.5 },
  deadBand: 0.02,
  minSuccesses: 10,
  minPressure: 0.05,
  fullConfidence: 100,
} as const;

/** Returns the ladder pressure as the formula uses it: rounded to 3 decimals. */
export function ladderPressure(stats: LadderStats): number {
  return roundHalfEven3(stats.ladder_pressure);
}

/**
 * Returns the multiplier of the ladder's spacing, exp(0.02 · 10 · pressure) within 0.7 to 1.5.
 * Example: a ladder pressure of 0.5 gives exp(0.1) = 1.105.
 */
export function ladderMultiplier(pressure: number): number {
  return clamp(Math.exp(ETA_DX_LADDER * 10 * pressure), LADDER.range);
}

/**
 * Rounds to 3 decimals, and exact ties to even, as the tables of the earlier system do. A binary number is an exact tie
 * only if it is an odd multiple of 1/16. Example: 0.0625 gives 0.062, and 0.1875 gives 0.188.
 */
export function roundHalfEven3(value: number): number {
  if (Math.abs((value * 16) % 2) !== 1) return Number(value.toFixed(3));
  const below = Math.floor(value * 1000);
  return (below % 2 === 0 ? below : below + 1) / 1000;
}

/** Returns a number with its sign: `+4`, `-4`, `0`. */
export const signed = (value: number): string => (value > 0 ? `+${value}` : `${value}`);

/** Returns the code of an override of the spacing. */
export const ladderCode = (pressure: number): ReasonCode =>
  pressure > 0 ? 'three_rungs_prevail' : 'one_rung_prevails';

export function tooFewSuccesses(successes: number): Reason {
  return {
    code: 'too_few_successes',
    text: `${successes} of ${LADDER.minSuccesses} needed successes with a dx_count`,
  };
}

export function ladderPressureTooSmall(pressure: number): Reason {
  return {
    code: 'ladder_pressure_too_small',
    text: `ladder pressure ${signed(pressure)}: within ${LADDER.minPressure} of 0`,
  };
}
