import type { GateFlag, NumericFactor } from '../episode/packed-episode.ts';
import { GATE_NAMES } from '../episode/packed-episode.ts';
import type { PatternKey } from '../pattern/pattern-key.ts';
import { patternParts } from '../pattern/pattern-key.ts';
import type { ActionCategory } from './lever.ts';

/** How one gate is replayed and moved: the factor against its threshold. */
export interface ReplayLever {
  readonly category: ActionCategory;
  readonly states: readonly string[];
  readonly factor: NumericFactor;
  readonly threshold: NumericFactor;
  /** The gate passes when the factor is at least, or at most, its threshold. */
  readonly passes: 'at least' | 'at most';
  /** `log`: an override multiplies. `additive`: it shifts. */
  readonly scale: 'log' | 'additive';
  /** What an override multiplies or shifts: a factor that is boosted opens its gate the other way round. */
  readonly moves: 'threshold' | 'factor';
  /** A gate that not every pattern has: an event that carries neither its factor nor `blocked_by` passes it. */
  readonly optional?: boolean;
  /** Where an event logs whether the gate passed, for events that lack the factor. */
  readonly flag?: GateFlag;
  readonly gate: (typeof GATE_NAMES)[number];
  /** Sizes of a move, ascending: in log, or in standard deviations of the factor over the window. */
  readonly steps: readonly number[];
}

const THRESHOLD_STEPS = [0.04, 0.08, 0.12, 0.16, 0.2, 0.25, 0.3, 0.36, 0.43];
const HALO_STEPS = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7];
const SLOPE_STEPS = [1 / 6, 1 / 3, 1 / 2, 2 / 3, 1, 4 / 3];

const TS = {
  factor: 'ts_score',
  threshold: 'ts_min',
  passes: 'at least',
  scale: 'log',
  moves: 'threshold',
  flag: 'ts_ok',
  gate: 'ts',
  steps: THRESHOLD_STEPS,
} as const;
const HALO = {
  factor: 'halo_distance',
  threshold: 'halo_max',
  passes: 'at most',
  scale: 'log',
  moves: 'threshold',
  gate: 'halo',
  steps: HALO_STEPS,
} as const;
const SLOPE = {
  factor: 'ema60_slope',
  threshold: 'slope_min',
  passes: 'at least',
  scale: 'additive',
  moves: 'threshold',
  flag: 'slope_ok',
  gate: 'slope',
  steps: SLOPE_STEPS,
} as const;
const DX = {
  factor: 'dx',
  threshold: 'dx_min',
  passes: 'at least',
  scale: 'log',
  moves: 'threshold',
  gate: 'dx',
  steps: THRESHOLD_STEPS,
} as const;

/** The boost that support and resistance give must reach `sr_min`. */
const SR = {
  factor: 'sr_boost',
  threshold: 'sr_min',
  passes: 'at least',
  scale: 'log',
  moves: 'factor',
  optional: true,
  gate: 'sr',
  steps: THRESHOLD_STEPS,
} as const;
/** The suppression by an exhausted trend must stay within `edx_max`. */
const EDX = {
  factor: 'edx',
  threshold: 'edx_max',
  passes: 'at most',
  scale: 'log',
  moves: 'factor',
  optional: true,
  gate: 'edx',
  steps: THRESHOLD_STEPS,
} as const;

/** A new lever is one row; ties between levers go to the earlier row. */
export const REPLAY_LEVERS: readonly ReplayLever[] = [
  { category: 'tuning_ts_min', states: ['S1', 'S3'], ...TS },
  { category: 'tuning_s2_ts_min', states: ['S2'], ...TS },
  { category: 'tuning_halo', states: ['S1'], ...HALO },
  { category: 'tuning_s2_halo', states: ['S2'], ...HALO },
  { category: 'tuning_dx_min', states: ['S3'], ...DX },
  { category: 'tuning_slope_min', states: ['S1', 'S3'], ...SLOPE },
  { category: 'tuning_s2_slope_min', states: ['S2'], ...SLOPE },
  { category: 'tuning_sr_boost', states: ['S1', 'S2', 'S3'], ...SR },
  { category: 'tuning_edx_supp', states: ['S3'], ...EDX },
];

/** The levers that replay can move in a pattern's state. */
export function replayLeversOf(pattern: PatternKey): readonly ReplayLever[] {
  const { state } = patternParts(pattern);
  return REPLAY_LEVERS.filter(lever => lever.states.includes(state));
}

/** Bit of a gate in a packed `blocked_by`. */
export function gateBit(gate: ReplayLever['gate']): number {
  return 1 << GATE_NAMES.indexOf(gate);
}

/** What an override multiplies or shifts, by its name among the factors. */
export function movedFactor(lever: ReplayLever): NumericFactor {
  return lever.moves === 'factor' ? lever.factor : lever.threshold;
}

/** The multiplier or shift that opens a lever's gate so far: a logarithm, or in the factor's unit. */
export function shiftOf(lever: ReplayLever, opening: number): number {
  return opensWhenRaised(lever) ? opening : -opening;
}

/** How far an override opens its gate, in the unit of the gate's margin: the inverse of `shiftOf`. */
export function openingOf(
  lever: ReplayLever,
  {
    multiplier = 1,
    delta = 0,
  }: { readonly multiplier?: number | undefined; readonly delta?: number | undefined },
): number {
  const shift = lever.scale === 'log' ? Math.log(multiplier) : delta;
  return opensWhenRaised(lever) ? shift : -shift;
}

/** Whether more of what moves opens the gate. */
export function opensWhenRaised(lever: ReplayLever): boolean {
  return (lever.passes === 'at least') === (lever.moves === 'factor');
}
