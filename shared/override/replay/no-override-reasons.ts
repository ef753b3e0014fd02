import type { ActionCategory } from '../../lever/lever.ts';
import type { Scope, ScopeHash } from '../../pattern/scope.ts';
import { covers, describeScope, scopeHash } from '../../pattern/scope.ts';
import type { RemainingStep } from './describe.ts';
import { describeNoOverride } from './describe.ts';
import type { Gates } from './gates.ts';
import type { Fit } from './greedy-fit.ts';
import type { ReplaySettings } from './settings.ts';
import { sliceScope } from './slices.ts';

/** A lesson, or a lever in it, that led to nothing. */
export interface NoOverrideReason {
  readonly scope_subset: Scope;
  readonly scope_hash: ScopeHash;
  readonly n: number;
  /** Absent when the slice as a whole is silent. */
  readonly action_category?: ActionCategory;
  readonly reason: string;
}

interface ReasonContext {
  readonly gates: Gates;
  readonly made: Fit;
  readonly settings: ReplaySettings;
}

/**
 * Why every lever of every slice that has no override has none.
 * @param withheld why the overrides that were found are not emitted, if they are not
 */
export function noOverrideReasons(
  { gates, made, settings }: ReasonContext,
  withheld: string | undefined,
): NoOverrideReason[] {
  const { list, near } = made.slices;
  const found: NoOverrideReason[] = [];
  const slices = list.map(slice => {
    const scope_subset = sliceScope(slice, gates.columns);
    return { scope_subset, scope_hash: scopeHash(scope_subset), n: slice.n };
  });
  gates.gates.forEach(({ lever, steps }, g) => {
    const off = gates.disabled.find(s => s.lever === lever)?.reason;
    const still = steps.length === 0 ? `${lever.factor} does not vary` : undefined;
    const movedSlices = new Set(made.moves.filter(m => m.gate === g).map(m => m.slice));
    const moved = [...movedSlices].map(slice => sliceScope(slice, gates.columns));
    slices.forEach((slice, s) => {
      const row = list[s];
      if (row && movedSlices.has(row)) {
        if (withheld !== undefined)
          found.push({ ...slice, action_category: lever.category, reason: withheld });
        return;
      }
      const covering = made.promising(g, s)
        ? moved.find(scope => covers(scope, slice.scope_subset) || covers(slice.scope_subset, scope))
        : undefined;
      const reason =
        off ??
        still ??
        (covering ? `covered by ${describeScope(covering)}` : describeNoOverride(leftOf(made, g, s)));
      found.push({ ...slice, action_category: lever.category, reason });
    });
  });
  for (const slice of near) {
    const scope_subset = sliceScope(slice, gates.columns);
    const reason = `${slice.n} of ${settings.nMin} events`;
    found.push({ scope_subset, scope_hash: scopeHash(scope_subset), n: slice.n, reason });
  }
  return found;
}

function leftOf(made: Fit, gate: number, slice: number): RemainingStep | undefined {
  const best = made.remaining(gate, slice);
  return best && { ...best, required: made.required(gate, slice) };
}

/**
 * One short text for each slice in which a lever is silent: what all its silent levers say, or what each says. Levers
 * that are off for the whole pattern are left out, unless all are. Slices that replay does not look at are not in it.
 */
export function reasonsBySlice({ silences: all, off }: WhyNot): Map<ScopeHash, string> {
  const offLevers = new Set(off.map(lever => lever.action_category));
  const texts = new Map<ScopeHash, string>();
  for (const [hash, ofSlice] of Map.groupBy(all, silence => silence.scope_hash)) {
    const on = ofSlice.filter(s => s.action_category === undefined || !offLevers.has(s.action_category));
    texts.set(hash, merged(on.length > 0 ? on : ofSlice));
  }
  return texts;
}

interface WhyNot {
  readonly silences: readonly NoOverrideReason[];
  readonly off: readonly { readonly action_category: ActionCategory }[];
}

function merged(ofSlice: readonly NoOverrideReason[]): string {
  const byReason = Map.groupBy(ofSlice, silence => silence.reason);
  if (byReason.size === 1) return ofSlice[0]?.reason ?? '';
  return [...byReason]
    .map(([reason, levers]) => `${levers.map(silence => silence.action_category).join(', ')}: ${reason}`)
    .join('; ');
}
