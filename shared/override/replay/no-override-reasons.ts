import type { ActionCategory } from '../../lever/lever.ts';
import { describeScope } from '../../pattern/describe-scope.ts';
import type { Scope } from '../../pattern/scope.ts';
import { covers } from '../../pattern/scope.ts';
import type { ScopeHash } from '../../pattern/scope-hash.ts';
import { scopeHash } from '../../pattern/scope-hash.ts';
import type { Reason, ReasonCode } from '../../reason.ts';
import { joinReasons } from '../../reason.ts';
import { describeNoOverride } from './describe.ts';
import type { Fit } from './fit.ts';
import type { Gate, Gates } from './gates.ts';
import type { ReplaySettings } from './settings.ts';
import type { Slice } from './slices.ts';
import { sliceScope } from './slices.ts';
import { untouchedReason } from './untouched-gate.ts';

/** The reason why a lever has no override in a slice, or why the slice as a whole has none. */
export interface NoOverrideReason {
  readonly scope_subset: Scope;
  readonly scope_hash: ScopeHash;
  /** Rows of the slice. */
  readonly n: number;
  /** Absent when the reason holds for the slice as a whole. */
  readonly action_category?: ActionCategory;
  readonly reason: string;
  readonly reason_code: ReasonCode;
}

interface ReasonContext {
  readonly gates: Gates;
  /** Row numbers of the fit. */
  readonly rows: Uint32Array;
  readonly fit: Fit;
  /** Length of the fitted window, days. */
  readonly days: number;
  readonly settings: ReplaySettings;
  /** Why all overrides are withheld; undefined when they are emitted. */
  readonly withheld: Reason | undefined;
}

type ReasonedSlice = Pick<NoOverrideReason, 'scope_subset' | 'scope_hash' | 'n'>;

/** Returns a reason for every lever of every slice without an override: by lever, then slice, near slices last. */
export function noOverrideReasons(context: ReasonContext): NoOverrideReason[] {
  const { gates, fit, days, settings } = context;
  const describe = (slice: Slice): ReasonedSlice => {
    const scope_subset = sliceScope(slice, gates.columns);
    return { scope_subset, scope_hash: scopeHash(scope_subset), n: slice.n };
  };
  const slices = fit.slices.list.map(describe);
  return [
    ...gates.gates.flatMap((_, gate) => leverReasons(context, gate, slices)),
    ...fit.slices.near.map((slice): NoOverrideReason => {
      const text = `${slice.n} of ${settings.nMin} needed events in the last ${days} days`;
      return { ...describe(slice), reason: text, reason_code: 'too_few_events' };
    }),
  ];
}

/** Returns the reasons of one lever. @param slices the slices of the fit, in their order */
function leverReasons(
  context: ReasonContext,
  index: number,
  slices: readonly ReasonedSlice[],
): NoOverrideReason[] {
  const { gates, fit, withheld } = context;
  const gate = gates.gates[index];
  if (!gate) return [];
  const { lever } = gate;
  const untestable = untestableReason(gates, gate);
  const movedSlices = fit.moves.filter(move => move.gate === index).map(move => move.slice);
  const movedIndexes = new Set(movedSlices.map(slice => fit.slices.list.indexOf(slice)));
  const movedScopes = movedSlices.map(slice => sliceScope(slice, gates.columns));
  const bestStepReason = stepReasons(context, index);
  const reasonOf = (slice: number, { scope_subset }: ReasonedSlice): Reason | undefined => {
    if (movedIndexes.has(slice)) return withheld;
    if (untestable) return untestable;
    const moved = fit.promising(index, slice) ? overlapReason(movedScopes, scope_subset) : undefined;
    // An override that is withheld covers nothing.
    return (moved && withheld) ?? moved ?? bestStepReason(slice);
  };
  return slices.flatMap((described, slice) => {
    const reason = reasonOf(slice, described);
    if (!reason) return [];
    const { text, code } = reason;
    return [{ ...described, action_category: lever.category, reason: text, reason_code: code }];
  });
}

/** Returns why no slice of a gate can be tested; undefined when slices can. */
function untestableReason({ columns, disabled }: Gates, { lever, steps }: Gate): Reason | undefined {
  const reason = disabled.find(({ lever: disabledLever }) => disabledLever === lever)?.reason;
  if (reason || steps.length > 0) return reason;
  const values = columns.numbers[lever.factor]?.subarray(0, columns.size).filter(Number.isFinite);
  return {
    code: 'factor_constant',
    text: `${lever.factor} is ${values?.[0]} on all ${values?.length} events that log it: only a factor that varies can be tested`,
  };
}

/** Returns the reason that an override holds in the whole slice, or in a part of it. @param moved slices of overrides */
export function overlapReason(moved: readonly Scope[], scope: Scope): Reason | undefined {
  const wider = moved.find(candidate => covers(candidate, scope));
  if (wider)
    return {
      code: 'covered_by_override',
      text: `covered by ${describeScope(wider)}, whose override holds here too`,
    };
  const part = moved.find(candidate => covers(scope, candidate));
  return (
    part && {
      code: 'moved_in_part_of_slice',
      text: `${describeScope(part)}, a part of it, has an override of its own, and nothing more is proven`,
    }
  );
}

/** Returns a function that describes the best step of a lever in a slice, by the index of the slice. */
function stepReasons(context: ReasonContext, index: number): (slice: number) => Reason {
  const { gates, rows, fit, days, settings, withheld } = context;
  const lever = gates.gates[index]?.lever;
  const beside = fit.moves.length === 0 ? '' : `beside the ${withheld ? 'withheld ' : ''}overrides, `;
  let untouched: Reason | undefined;
  return slice => {
    const best = lever && fit.remaining(index, slice);
    if (best) {
      const step = { ...best, lever, required: fit.required(best) };
      return describeNoOverride(step, { days, settings, beside });
    }
    untouched ??= untouchedReason(gates, index, rows);
    return untouched;
  };
}

interface ReasonsOfPattern {
  readonly noOverrideReasons: readonly NoOverrideReason[];
  /** Levers that are disabled for the whole pattern. */
  readonly disabled: readonly { readonly action_category: ActionCategory }[];
}

/**
 * Returns one reason for each slice that has any: the reason that all its levers share, or each lever with its own. Its
 * code is that of the lever that came nearest to an override. Levers that are disabled for the whole pattern are left
 * out, unless all are. Slices that replay does not test are missing.
 */
export function reasonsBySlice({
  noOverrideReasons: all,
  disabled,
}: ReasonsOfPattern): Map<ScopeHash, Reason> {
  const disabledLevers = new Set(disabled.map(lever => lever.action_category));
  const isEnabled = ({ action_category }: NoOverrideReason): boolean =>
    action_category === undefined || !disabledLevers.has(action_category);
  const reasons = new Map<ScopeHash, Reason>();
  for (const [hash, ofSlice] of Map.groupBy(all, reason => reason.scope_hash)) {
    const enabled = ofSlice.filter(isEnabled);
    const joined = joinReasons(byLever(enabled.length > 0 ? enabled : ofSlice));
    if (joined) reasons.set(hash, joined);
  }
  return reasons;
}

/** Returns the distinct reasons of a slice; with more than one, each names its levers. */
function byLever(ofSlice: readonly NoOverrideReason[]): Reason[] {
  const byText = [...Map.groupBy(ofSlice, ({ reason }) => reason)];
  return byText.flatMap(([text, levers]) =>
    levers.slice(0, 1).map(({ reason_code: code }) => {
      const names = levers.map(lever => lever.action_category).join(', ');
      return { code, text: byText.length === 1 ? text : `${names}: ${text}` };
    }),
  );
}
