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
  /** Names everything that the overrides depend on: two equal inputs give the same overrides. */
  readonly input: string;
}

/** The overrides of one policy for one week, as they are stored. */
export interface StoredFold {
  readonly week: number;
  readonly input: string;
  readonly overrides: readonly FoldOverride[];
}

/** What is remembered of one week. */
export interface LearnedWeek {
  readonly overrides: readonly FoldOverride[];
  /** Decisions under the overrides on the scored events; absent until they are simulated. They are not stored. */
  decisions?: WeekDecisions;
}

/** Decisions on the scored events of a week. */
interface WeekDecisions {
  /** Names the events, and what their decisions depend on besides the overrides. */
  readonly input: string;
  /** Hashes of the events, ascending, and the decision on each: 1 acted, 0 skipped. */
  readonly events: Float64Array;
  readonly acts: Uint8Array;
}

/** Most overrides that are remembered, about 300 bytes each. */
const MAX_OVERRIDES = 100_000;
/** The decisions of a week take about as much memory as this many overrides. */
const SIZE_OF_DECISIONS = 40;

interface RememberedWeek extends LearnedWeek, StoredFold {}

/** What is remembered of one policy of one pattern. */
interface Remembered {
  readonly weeks: Map<number, RememberedWeek>;
  /** Whether a week was computed since the weeks were restored or taken. */
  isNew: boolean;
}

/**
 * The overrides that runs computed for past weeks, and the decisions under them, so that a run in which nothing changed
 * does not compute them anew. It holds one set for each pattern, policy and week, and returns it only for an equal input.
 * It can only save work: without it a run has the same result.
 */
export class FoldMemory {
  readonly #policies = new Map<string, Remembered>();
  readonly #limit: number;
  #size = 0;

  /** @param limit most overrides of all sets; a set that would exceed it is not kept */
  constructor(limit = MAX_OVERRIDES) {
    this.#limit = limit;
  }

  /** Returns the remembered overrides, or computes and remembers them. */
  recall({ pattern, policy, week, input }: FoldName, compute: () => readonly Override[]): LearnedWeek {
    const remembered = this.#of(pattern, policy);
    const known = remembered.weeks.get(week);
    if (known?.input === input) return known;
    const learned: RememberedWeek = { week, input, overrides: compute().map(essence) };
    if (this.#keep(remembered, learned)) remembered.isNew = true;
    return learned;
  }

  /** Returns whether this process has seen a policy of a pattern, so that nothing has to be restored. */
  has(pattern: PatternKey, policy: Policy): boolean {
    return this.#policies.has(nameOf(pattern, policy));
  }

  /** Takes over what an earlier process stored. */
  restore(pattern: PatternKey, policy: Policy, folds: readonly StoredFold[]): void {
    const remembered = this.#of(pattern, policy);
    for (const fold of folds) this.#keep(remembered, { ...fold });
  }

  /** Returns the weeks of a policy if one of them was computed since the last call; they are to be stored. */
  takeNew(pattern: PatternKey, policy: Policy): readonly StoredFold[] | undefined {
    const remembered = this.#of(pattern, policy);
    if (!remembered.isNew) return undefined;
    remembered.isNew = false;
    return [...remembered.weeks.values()].map(({ week, input, overrides }) => ({ week, input, overrides }));
  }

  #of(pattern: PatternKey, policy: Policy): Remembered {
    const name = nameOf(pattern, policy);
    const known = this.#policies.get(name) ?? { weeks: new Map<number, RememberedWeek>(), isNew: false };
    this.#policies.set(name, known);
    return known;
  }

  /** Replaces the overrides of a week, unless there is no room for them. */
  #keep({ weeks }: Remembered, fold: RememberedWeek): boolean {
    const known = weeks.get(fold.week);
    if (known) this.#size -= sizeOf(known.overrides);
    weeks.delete(fold.week);
    const size = this.#size + sizeOf(fold.overrides);
    if (size > this.#limit) return false;
    this.#size = size;
    weeks.set(fold.week, fold);
    return true;
  }
}

const nameOf = (pattern: PatternKey, policy: Policy): string => JSON.stringify([pattern, policy]);

/** Returns the size of a set, with that of its decisions. */
const sizeOf = (overrides: readonly FoldOverride[]): number => overrides.length + SIZE_OF_DECISIONS;

/** Returns what a fold reads of an override. */
export function essence({
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
