import type { PatternKey } from '../pattern/pattern-key.ts';
import { patternParts } from '../pattern/pattern-key.ts';

/** The threshold that an override moves, by the name the PM knows it under. */
export const ACTION_CATEGORIES = [
  'tuning_ts_min',
  'tuning_halo',
  'tuning_s2_ts_min',
  'tuning_s2_halo',
  'tuning_dx_min',
  'tuning_dx_atr_mult',
  'tuning_slope_min',
  'tuning_s2_slope_min',
  'tuning_sr_boost',
  'tuning_edx_supp',
] as const;
export type ActionCategory = (typeof ACTION_CATEGORIES)[number];

/** One lever: which threshold it moves, in which states, and what the drift policy does with it. */
export interface Lever {
  readonly category: ActionCategory;
  readonly states: readonly string[];
  /** Names under which a look-up may ask for the threshold. */
  readonly thresholds: readonly string[];
  /** An override multiplies the threshold, or shifts it. */
  readonly effect: 'multiplier' | 'delta';
  /**
   * `threshold`: lower admits more. `halo`: higher admits more. `ladder`: spacing of the DX ladder.
   * Absent: drift does not learn it.
   */
  readonly drift?: 'threshold' | 'halo' | 'ladder';
}

/** A new lever is one row. */
export const LEVERS: readonly Lever[] = [
  {
    category: 'tuning_ts_min',
    states: ['S1', 'S3'],
    thresholds: ['ts_min'],
    effect: 'multiplier',
    drift: 'threshold',
  },
  {
    category: 'tuning_halo',
    states: ['S1'],
    thresholds: ['halo_max', 'halo_mult'],
    effect: 'multiplier',
    drift: 'halo',
  },
  {
    category: 'tuning_s2_ts_min',
    states: ['S2'],
    thresholds: ['ts_min'],
    effect: 'multiplier',
    drift: 'threshold',
  },
  {
    category: 'tuning_s2_halo',
    states: ['S2'],
    thresholds: ['halo_max', 'halo_mult'],
    effect: 'multiplier',
    drift: 'halo',
  },
  {
    category: 'tuning_dx_min',
    states: ['S3'],
    thresholds: ['dx_min'],
    effect: 'multiplier',
    drift: 'threshold',
  },
  {
    category: 'tuning_dx_atr_mult',
    states: ['S3'],
    thresholds: ['dx_atr_mult'],
    effect: 'multiplier',
    drift: 'ladder',
  },
  { category: 'tuning_slope_min', states: ['S1', 'S3'], thresholds: ['slope_min'], effect: 'delta' },
  { category: 'tuning_s2_slope_min', states: ['S2'], thresholds: ['slope_min'], effect: 'delta' },
  { category: 'tuning_sr_boost', states: ['S1', 'S2', 'S3'], thresholds: ['sr_boost'], effect: 'multiplier' },
  { category: 'tuning_edx_supp', states: ['S3'], thresholds: ['edx_supp'], effect: 'multiplier' },
];

/** The levers of a pattern, in the order of the table; none for a state that has no row. */
export function leversOf(pattern: PatternKey): readonly Lever[] {
  const { state } = patternParts(pattern);
  return LEVERS.filter(lever => lever.states.includes(state));
}
