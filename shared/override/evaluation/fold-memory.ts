import type { ActionCategory } from '../../lever/lever.ts';
import type { PatternKey } from '../../pattern/pattern-key.ts';
import type { Override, Policy } from '../override.ts';
import type { IndexedOverride } from '../override-index.ts';

/** The fields of an override that a fold reads. */
export interface FoldOverride extends IndexedOverride {
  readonly action_category: ActionCategory;
}

/** Names the overrides of one policy for one week. */
interface FoldName {
  readonly pattern: PatternKey;
  readonly policy: Policy;
  /** Position of the week in the walk-forward. */
  readonly week: number;
  /** Everything that the overrides depend on, as text: two equal inputs give the same overrides. */
  readonly input: string;
}

/** Most overrides that are remembered, about 300 bytes each. */
const MAX_OVERRIDES = 100_000;

/**
 * The overrides that this process computed for past weeks, so that a run in which nothing changed does not compute them
 * anew. It holds one set for each pattern, policy and week, and returns it only for an equal input. It can only save
 * work: without it a run has the same result.
 */
export class FoldMemory {
  readonly #sets = new Map<string, { readonly input: string; readonly overrides: readonly FoldOverride[] }>();
  readonly #limit: number;
  #size = 0;

  /** @param limit most overrides of all sets; a set that would exceed it is not kept */
  constructor(limit = MAX_OVERRIDES) {
    this.#limit = limit;
  }

  /** Returns the remembered overrides, or computes and remembers them. */
  recall(name: FoldName, compute: () => readonly Override[]): readonly FoldOverride[] {
    const slot = JSON.stringify([name.pattern, name.policy, name.week]);
    const known = this.#sets.get(slot);
    if (known?.input === name.input) return known.overrides;
    const overrides = compute().map(essence);
    if (known) this.#size -= sizeOf(known.overrides);
    this.#sets.delete(slot);
    const size = this.#size + sizeOf(overrides);
    if (size > this.#limit) return overrides;
    this.#size = size;
    this.#sets.set(slot, { input: name.input, overrides });
    return overrides;
  }
}

/** Returns the size of a set. Its slot takes memory too, so it counts as one override. */
const sizeOf = (overrides: readonly FoldOverride[]): number => overrides.length + 1;

function essence({
  action_category,
  multiplier,
  delta,
  scope_subset,
  scope_hash,
  confidence,
  n,
}: Override): FoldOverride {
  return {
    action_category,
    ...(multiplier !== undefined && { multiplier }),
    ...(delta !== undefined && { delta }),
    scope_subset,
    scope_hash,
    confidence,
    n,
  };
}
