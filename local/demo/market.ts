import type { RandomIntegers } from '../../shared/statistics/random.ts';
import { sfc32, uniform } from '../../shared/statistics/random.ts';
import { DAY_MS } from '../../shared/time.ts';

/** Thresholds of the bot, before any tuning. */
export const BASE = { ts_min: 0.6, halo_max: 1, slope_min: 0 };

/** Planted: the `ts_min` of each timeframe above which entries succeed. The bot knows none of them. */
export const PLANTED: Readonly<Record<string, number>> = { '15m': 0.48, '1h': 0.6, '4h': 0.74 };

export const CHAINS = ['solana', 'base'] as const;
/** Success rates where all factors pass the right thresholds, and elsewhere. */
const GOOD = 0.65;
const BAD = 0.15;
const PER_DAY = 48;
const START = Date.UTC(2025, 0, 1);

/** One opportunity, with what the bot sees at its time and what became of it. */
export interface Opportunity {
  readonly id: string;
  /** Milliseconds since 1970. */
  readonly time: number;
  readonly resolvedAt: number;
  readonly scope: { readonly timeframe: string; readonly chain: string };
  readonly factors: {
    readonly ts_score: number;
    readonly halo_distance: number;
    readonly ema60_slope: number;
  };
  readonly success: boolean;
  /** In R, net of costs: what a trade returns, or would have returned. */
  readonly return: number;
}

/** Returns the time at which a day begins, milliseconds since 1970. */
export const startOf = (day: number): number => START + day * DAY_MS;

/** Returns whether an opportunity passes some thresholds. */
export function passes({ factors }: Opportunity, limits: Readonly<Record<string, number>>): boolean {
  const { ts_min, halo_max, slope_min } = { ...BASE, ...limits };
  return factors.ts_score >= ts_min && factors.halo_distance <= halo_max && factors.ema60_slope >= slope_min;
}

/** Returns the opportunities of one day, in order of time. The same day always has the same ones. */
export function opportunitiesOf(day: number): Opportunity[] {
  const random = sfc32(day + 1);
  const gap = DAY_MS / PER_DAY;
  return Array.from({ length: PER_DAY }, (_, i) =>
    draw(`d${day}-${i}`, startOf(day) + (i + 0.5) * gap, random),
  );
}

function draw(id: string, time: number, random: RandomIntegers): Opportunity {
  const pick = <T>(values: readonly T[]): T => values[Math.floor(uniform(random) * values.length)] as T;
  const scope = { timeframe: pick(Object.keys(PLANTED)), chain: pick(CHAINS) };
  const factors = {
    ts_score: BASE.ts_min * Math.exp(0.35 * normal(random)),
    halo_distance: 0.55 * Math.exp(0.45 * normal(random)),
    ema60_slope: 0.002 + 0.002 * normal(random),
  };
  const seen = { id, time, scope, factors, resolvedAt: time + (2 + 22 * uniform(random)) * 3_600_000 };
  const right = { ts_min: PLANTED[scope.timeframe] ?? BASE.ts_min };
  const good = passes({ ...seen, success: false, return: 0 }, right);
  const success = uniform(random) < (good ? GOOD : BAD);
  // A target of 2 R and a stop of 1 R, less costs of .1 R, with some slippage.
  const result = (success ? 1.9 : -1.1) + 0.1 * normal(random);
  return { ...seen, success, return: Math.round(result * 1000) / 1000 };
}

/** Returns a standard normal number (Box and Muller). */
function normal(random: RandomIntegers): number {
  return Math.sqrt(-2 * Math.log(1 - uniform(random))) * Math.cos(2 * Math.PI * uniform(random));
}
