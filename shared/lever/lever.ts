import type { NumericFactor } from '../episode/packed-episode.ts';
import type { PatternKey } from '../pattern/pattern-key.ts';
import { patternParts } from '../pattern/pattern-key.ts';
import type { ReplayGate } from './replay-gate.ts';
import { DX_GATE, EDX_GATE, HALO_GATE, SLOPE_GATE, SR_GATE, TS_GATE } from './replay-gate.ts';

interface LeverRow {
  /** The lever's name in the API. */
  readonly category: string;
  readonly states: readonly string[];
  /** Names of the threshold in look-ups and in `factors.applied`. */
  readonly thresholds: readonly string[];
  /** An override multiplies the threshold, or adds a delta to it. */
  readonly effect: 'multiplier' | 'delta';
  /**
   * The rule of the drift policy: `threshold` (a lower value admits more events), `halo` (a higher value does), or
   * `ladder` (spacing of the DX ladder). Drift skips a lever without it.
   */
  readonly drift?: 'threshold' | 'halo' | 'ladder';
  /** The gate that the replay policy recomputes. Replay skips a lever without it. */
  readonly replay?: ReplayGate;
}

const TS_THRESHOLDS = ['ts_min'];
const HALO_THRESHOLDS = ['halo_max', 'halo_mult'];

/**
 * Every lever is one row. The order of the rows is the order of categories in answers and in the OpenAPI document.
 * Between equally good moves of one pattern, replay chooses the lever of the earlier row.
 */
const ROWS = [
  {
    category: 'tuning_ts_min',
    states: ['S1', 'S3'],
    thresholds: TS_THRESHOLDS,
    effect: 'multiplier',
    drift: 'threshold',
    replay: TS_GATE,
  },
  {
    category: 'tuning_halo',
    states: ['S1'],
    thresholds: HALO_THRESHOLDS,
    effect: 'multiplier',
    drift: 'halo',
    replay: HALO_GATE,
  },
  {
    category: 'tuning_s2_ts_min',
    states: ['S2'],
    thresholds: TS_THRESHOLDS,
    effect: 'multiplier',
    drift: 'threshold',
    replay: TS_GATE,
  },
  {
    category: 'tuning_s2_halo',
    states: ['S2'],
    thresholds: HALO_THRESHOLDS,
    effect: 'multiplier',
    drift: 'halo',
    replay: HALO_GATE,
  },
  {
    category: 'tuning_dx_min',
    states: ['S3'],
    thresholds: ['dx_min'],
    effect: 'multiplier',
    drift: 'threshold',
    replay: DX_GATE,
  },
  {
    category: 'tuning_dx_atr_mult',
    states: ['S3'],
    thresholds: ['dx_atr_mult'],
    effect: 'multiplier',
    drift: 'ladder',
  },
  {
    category: 'tuning_slope_min',
    states: ['S1', 'S3'],
    thresholds: ['slope_min'],
    effect: 'delta',
    replay: SLOPE_GATE,
  },
  {
    category: 'tuning_s2_slope_min',
    states: ['S2'],
    thresholds: ['slope_min'],
    effect: 'delta',
    replay: SLOPE_GATE,
  },
  {
    category: 'tuning_sr_boost',
    states: ['S1', 'S2', 'S3'],
    thresholds: ['sr_boost'],
    effect: 'multiplier',
    replay: SR_GATE,
  },
  {
    category: 'tuning_edx_supp',
    states: ['S3'],
    thresholds: ['edx_supp'],
    effect: 'multiplier',
    replay: EDX_GATE,
  },
] as const satisfies readonly LeverRow[];

/** The name of a lever in the API. */
export type ActionCategory = (typeof ROWS)[number]['category'];

/** One threshold of the PM that an override moves. */
export interface Lever extends LeverRow {
  readonly category: ActionCategory;
}

export const LEVERS: readonly Lever[] = ROWS;

/** Every category, in the order of the table. */
export const ACTION_CATEGORIES: readonly ActionCategory[] = ROWS.map(row => row.category);

/** Every name of a lever that the replay policy can move: its category and the names of its threshold. */
export const REPLAY_LEVER_NAMES: readonly string[] = [
  ...new Set(LEVERS.flatMap(({ category, thresholds, replay }) => (replay ? [category, ...thresholds] : []))),
];

/** Returns the levers of a pattern, in the order of the table; none for a state that has no row. */
export function leversOf(pattern: PatternKey): readonly Lever[] {
  const { state } = patternParts(pattern);
  return LEVERS.filter(lever => lever.states.includes(state));
}

/** A lever that the replay policy can move, with the gate that it opens and closes. */
export interface ReplayLever extends Pick<Lever, 'category' | 'states'>, ReplayGate {
  /** Unit of the gate's margin: `log` for a multiplied threshold, `additive` for a shifted one. */
  readonly scale: 'log' | 'additive';
}

/** Each lever is one object, because gates and what-ifs compare levers by identity. */
const REPLAY_LEVERS: readonly ReplayLever[] = LEVERS.flatMap(({ category, states, effect, replay }) =>
  replay ? [{ category, states, scale: effect === 'multiplier' ? 'log' : 'additive', ...replay }] : [],
);

/** Returns the levers that replay can move in a pattern's state, in the order of the table. */
export function replayLeversOf(pattern: PatternKey): readonly ReplayLever[] {
  const { state } = patternParts(pattern);
  return REPLAY_LEVERS.filter(lever => lever.states.includes(state));
}

/** Returns the name of the factor that an override multiplies or shifts. */
export function movedFactor({ moves, factor, threshold }: ReplayGate): NumericFactor {
  return moves === 'factor' ? factor : threshold;
}

/** Converts an opening of a gate into the log multiplier, or the delta, that causes it. */
export function shiftOf(lever: ReplayLever, opening: number): number {
  return opensWhenRaised(lever) ? opening : -opening;
}

/** Returns how far an override opens its gate, in the unit of the gate's margin: the inverse of `shiftOf`. */
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

/** Returns true when raising the moved factor opens the gate. */
export function opensWhenRaised(lever: ReplayLever): boolean {
  return (lever.passes === 'at least') === (lever.moves === 'factor');
}
