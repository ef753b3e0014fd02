import * as z from 'zod';

/** Names of errors that are shown as the code of a failed run; any other name becomes `internal`. */
export const FAILURE_CODES = [
  'no_result',
  'damaged_event',
  'damaged_generation',
  'newer_data',
  'store_unavailable',
  'store_throttled',
  'invalid_request',
  'policy_not_available',
  'interrupted',
] as const;

/**
 * Every code that stands beside a sentence of a reason. docs/api.md lists their meanings and what to do. The order
 * within a group is the order in which the code of several joined reasons is chosen, see `joinReasons`.
 */
const REASON_CODES = [
  // Why an override exists.
  'misses_exceed_false_positives',
  'false_positives_exceed_misses',
  'three_rungs_prevail',
  'one_rung_prevails',
  'taking_more_gains',
  'taking_fewer_gains',
  'nothing_beside_other_overrides',
  'not_above_chance_beside_other_overrides',
  // Why a lesson has no override, or a pattern none: what came nearest to an override first.
  'withheld_by_held_out_days',
  'same_events_as_override',
  'covered_by_override',
  'moved_in_part_of_slice',
  'step_limit_reached',
  'first_step_not_proven',
  'within_chance',
  'wider_slice_suffices',
  'best_step_loses',
  'nothing_proven',
  'pressure_too_small',
  'pressure_zero',
  'ladder_pressure_too_small',
  'no_event_near_gate',
  'gate_never_blocked',
  'other_gates_decide',
  'not_replayable',
  'factor_constant',
  'too_few_events',
  'too_few_successes',
  'too_many_dimensions',
  'left_out_by_budget',
  'left_out_by_cap',
  'threshold_not_positive',
  'threshold_missing',
  'factor_missing',
  'factor_too_rare',
  'only_acted_events',
  'only_skipped_events',
  'optional_gate_not_logged',
  'no_lever',
  // A remark on a pattern, or why a comparison has no result.
  'loses_at_base_thresholds',
  'near_slices',
  'not_logged',
  'no_events',
  // Why a run, or its work on one pattern, ended as it did.
  'frozen_by_operator',
  'held_for_jump',
  'candidate_started',
  'candidate_pinned',
  'candidate_tried_before',
  'changed_meanwhile',
  'timeout',
  ...FAILURE_CODES,
  'internal',
] as const;

export type ReasonCode = (typeof REASON_CODES)[number];

/** A code beside a sentence. Rows of older versions have none. */
export const reasonCodeSchema = z
  .enum(REASON_CODES)
  .meta({ id: 'ReasonCode', description: 'The reason for programs; the API page lists the codes.' });

/** One sentence for people, and its code for programs. */
export interface Reason {
  readonly code: ReasonCode;
  readonly text: string;
}

/** Returns the code that comes first in `REASON_CODES`. */
function firstCode(codes: readonly [ReasonCode, ...ReasonCode[]]): ReasonCode {
  return codes.reduce((a, b) => (REASON_CODES.indexOf(b) < REASON_CODES.indexOf(a) ? b : a));
}

/** Joins reasons into one text; the code is the first of theirs in `REASON_CODES`. @returns undefined without any */
export function joinReasons(reasons: readonly Reason[]): Reason | undefined {
  const [first, ...others] = reasons;
  if (!first) return undefined;
  const code = firstCode([first.code, ...others.map(reason => reason.code)]);
  return { code, text: reasons.map(reason => reason.text).join('; ') };
}
