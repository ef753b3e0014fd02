import type { GateFlag, NumericFactor } from '../../shared/episode/packed-episode.ts';
import { GATE_FLAGS, GATE_NAMES, NUMERIC_FACTORS } from '../../shared/episode/packed-episode.ts';
import {
  pairEnd,
  readActed,
  readFactors,
  scopeRange,
  unpackPair,
} from '../../shared/episode/read-packed-episode.ts';
import type { Scope } from '../../shared/pattern/scope.ts';
import { scopeFromPairs } from '../../shared/pattern/scope.ts';

/** The content of a packed event. */
export interface PackedEpisode {
  readonly scope: Scope;
  readonly decision: 'acted' | 'skipped';
  readonly numbers: ReadonlyMap<NumericFactor, number>;
  readonly flags: ReadonlyMap<GateFlag, boolean>;
  /** Undefined when the event does not have the factor `blocked_by`. */
  readonly blockedBy: ReadonlySet<string> | undefined;
  readonly tradeId: string | undefined;
}

/** Inverts `packEpisode`, up to the factors that it leaves out. @throws Fault `damaged_event` */
export function unpackEpisode(packed: Uint8Array): PackedEpisode {
  const [start, end] = scopeRange(packed);
  const byIndex = new Map<number, number>();
  const factors = readFactors(packed, end, (index, value) => byIndex.set(index, value));
  const trade = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(
    packed.subarray(...factors.trade),
  );
  return {
    scope: unpackScope(packed, start, end),
    decision: readActed(packed, end) ? 'acted' : 'skipped',
    numbers: new Map(
      NUMERIC_FACTORS.flatMap((name, i) => {
        const value = byIndex.get(i);
        return value === undefined ? [] : [[name, value] as const];
      }),
    ),
    flags: new Map(
      GATE_FLAGS.flatMap((name, i) =>
        hasBit(factors.flagsKnown, i) ? [[name, hasBit(factors.flagsSet, i)] as const] : [],
      ),
    ),
    blockedBy:
      factors.blocked & 0x80 ? new Set(GATE_NAMES.filter((_, i) => hasBit(factors.blocked, i))) : undefined,
    tradeId: trade === '' ? undefined : trade,
  };
}

/** Returns the pairs of a packed scope. @throws Fault `damaged_event` */
export function unpackScope(packed: Uint8Array, start: number, end: number): Scope {
  const pairs: (readonly [string, string])[] = [];
  for (let at = start; at < end; at = pairEnd(packed, at, end)) pairs.push(unpackPair(packed, at, end));
  return scopeFromPairs(pairs);
}

function hasBit(bits: number, index: number): boolean {
  return (bits & (1 << index)) !== 0;
}
