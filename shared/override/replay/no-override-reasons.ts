import type { ActionCategory } from '../../lever/lever.ts';
import type { Scope, ScopeHash } from '../../pattern/scope.ts';
import { covers, describeScope, scopeHash } from '../../pattern/scope.ts';
import type { RemainingStep } from './describe.ts';
import { describeNoOverride } from './describe.ts';
import type { Fit } from './fit.ts';
import type { Gates } from './gates.ts';
import type { ReplaySettings } from './settings.ts';
import type { Slice } from './slices.ts';
import { sliceScope } from './slices.ts';

/** The reason why a lever has no override in a slice, or why the slice as a whole has none. */
export interface NoOverrideReason {
  readonly scope_subset: Scope;
  readonly scope_hash: ScopeHash;
  /** Rows of the slice. */
  readonly n: number;
  /** Absent when the reason holds for the slice as a whole. */
  readonly action_category?: ActionCategory;
  readonly reason: string;
}

interface ReasonContext {
  readonly gates: Gates;
  readonly fit: Fit;
  readonly settings: ReplaySettings;
}

type ReasonedSlice = Pick<NoOverrideReason, 'scope_subset' | 'scope_hash' | 'n'>;

/**
 * Returns a reason for every lever of every slice without an override: by lever, then slice, near slices last.
 * @param withheld why all overrides are withheld; undefined when they are emitted
 */
export function noOverrideReasons(context: ReasonContext, withheld: string | undefined): NoOverrideReason[] {
  const { gates, fit, settings } = context;
  const describe = (slice: Slice): ReasonedSlice => {
    const scope_subset = sliceScope(slice, gates.columns);
    return { scope_subset, scope_hash: scopeHash(scope_subset), n: slice.n };
  };
  const slices = fit.slices.list.map(describe);
  return [
    ...gates.gates.flatMap((_, gate) => leverReasons(context, gate, slices, withheld)),
    ...fit.slices.near.map(slice => ({
      ...describe(slice),
      reason: `${slice.n} of ${settings.nMin} events`,
    })),
  ];
}

/** Returns the reasons of one lever. @param slices the slices of the fit, in their order */
function leverReasons(
  { gates, fit }: ReasonContext,
  gate: number,
  slices: readonly ReasonedSlice[],
  withheld: string | undefined,
): NoOverrideReason[] {
  const lever = gates.gates[gate]?.lever;
  if (!lever) return [];
  const disabledReason = gates.disabled.find(disabled => disabled.lever === lever)?.reason;
  const constantFactorReason =
    gates.gates[gate]?.steps.length === 0 ? `${lever.factor} does not vary` : undefined;
  const movedSlices = fit.moves.filter(move => move.gate === gate).map(move => move.slice);
  const movedIndexes = new Set(movedSlices.map(slice => fit.slices.list.indexOf(slice)));
  const movedScopes = movedSlices.map(slice => sliceScope(slice, gates.columns));
  const coveredReason = (index: number, { scope_subset }: ReasonedSlice): string | undefined => {
    const covering = fit.promising(gate, index) && movedScopes.find(scope => overlaps(scope, scope_subset));
    return covering ? `covered by ${describeScope(covering)}` : undefined;
  };
  return slices.flatMap((described, index) => {
    const reason = movedIndexes.has(index)
      ? withheld
      : (disabledReason ??
        constantFactorReason ??
        coveredReason(index, described) ??
        describeNoOverride(remainingStep(fit, gate, index)));
    return reason === undefined ? [] : [{ ...described, action_category: lever.category, reason }];
  });
}

const overlaps = (a: Scope, b: Scope): boolean => covers(a, b) || covers(b, a);

function remainingStep(fit: Fit, gate: number, slice: number): RemainingStep | undefined {
  const best = fit.remaining(gate, slice);
  return best && { ...best, required: fit.required(gate, slice) };
}

interface ReasonsOfPattern {
  readonly noOverrideReasons: readonly NoOverrideReason[];
  /** Levers that are disabled for the whole pattern. */
  readonly disabled: readonly { readonly action_category: ActionCategory }[];
}

/**
 * Returns one short text for each slice with a reason: the reason that all its levers share, or each lever with its
 * own. Levers that are disabled for the whole pattern are left out, unless all are. Slices that replay does not test
 * are missing.
 */
export function reasonsBySlice({
  noOverrideReasons: all,
  disabled,
}: ReasonsOfPattern): Map<ScopeHash, string> {
  const disabledLevers = new Set(disabled.map(lever => lever.action_category));
  const isEnabled = ({ action_category }: NoOverrideReason): boolean =>
    action_category === undefined || !disabledLevers.has(action_category);
  const texts = new Map<ScopeHash, string>();
  for (const [hash, ofSlice] of Map.groupBy(all, reason => reason.scope_hash)) {
    const enabled = ofSlice.filter(isEnabled);
    texts.set(hash, joinReasons(enabled.length > 0 ? enabled : ofSlice));
  }
  return texts;
}

function joinReasons(ofSlice: readonly NoOverrideReason[]): string {
  const byReason = Map.groupBy(ofSlice, ({ reason }) => reason);
  if (byReason.size === 1) return [...byReason.keys()].join();
  return [...byReason]
    .map(([reason, levers]) => `${levers.map(lever => lever.action_category).join(', ')}: ${reason}`)
    .join('; ');
}
