import type { FactorColumns } from '../../shared/episode/columns/columns.ts';
import { QUADRANT } from '../../shared/episode/columns/columns.ts';
import type { Outcome } from '../../shared/episode/outcome.ts';
import type { GateFlag } from '../../shared/episode/packed-episode.ts';
import {
  BLOCKED_LOGGED,
  GATE_FLAGS,
  GATE_NAMES,
  NUMERIC_FACTORS,
} from '../../shared/episode/packed-episode.ts';
import type { DimensionColumn } from '../../shared/mining/types.ts';
import type { PackedEpisode } from './unpack-episode.ts';

/** An event with an outcome, as the packed form holds it. */
export interface KnownEvent {
  readonly episode: PackedEpisode;
  readonly outcome: Outcome;
  readonly time: number;
  readonly resolvedAt: number;
  readonly pair?: string;
}

/** Returns the columns of events, as the store's decoder would fill them. */
export function factorColumns(events: readonly KnownEvent[]): FactorColumns {
  const names = [...new Set(events.flatMap(e => Object.keys(e.episode.scope)))].sort();
  return {
    size: events.length,
    dimensions: names.map(name => dimension(name, events)),
    quadrant: Uint8Array.from(events, e => quadrantOf(e.episode.decision === 'acted', e.outcome)),
    time: Float64Array.from(events, e => e.time),
    resolvedAt: Float64Array.from(events, e => e.resolvedAt),
    numbers: Object.fromEntries(
      NUMERIC_FACTORS.filter(name => events.some(e => e.episode.numbers.has(name))).map(name => [
        name,
        Float64Array.from(events, e => e.episode.numbers.get(name) ?? Number.NaN),
      ]),
    ),
    flagsKnown: Uint8Array.from(events, e => flagBits(e.episode.flags, () => true)),
    flagsSet: Uint8Array.from(events, e => flagBits(e.episode.flags, set => set)),
    blocked: Uint8Array.from(events, e => gateBits(e.episode.blockedBy)),
    trade: codes(events.map(e => e.episode.tradeId)),
    pair: codes(events.map(e => e.pair)),
  };
}

function dimension(name: string, events: readonly KnownEvent[]): DimensionColumn {
  const texts = events.map(({ episode: { scope } }) =>
    Object.hasOwn(scope, name) ? scope[name] : undefined,
  );
  return { name, values: sortedTexts(texts), codes: codes(texts) };
}

function sortedTexts(texts: readonly (string | undefined)[]): string[] {
  return [...new Set(texts.filter(text => text !== undefined))].sort();
}

function codes(texts: readonly (string | undefined)[]): Uint32Array {
  const codeOf = new Map(sortedTexts(texts).map((text, i) => [text, i + 1]));
  return Uint32Array.from(texts, text => (text === undefined ? 0 : (codeOf.get(text) ?? 0)));
}

function quadrantOf(acted: boolean, outcome: Outcome): number {
  if (outcome === 'success') return acted ? QUADRANT.win : QUADRANT.miss;
  if (outcome === 'failure') return acted ? QUADRANT.falsePositive : QUADRANT.dodge;
  return acted ? QUADRANT.actedNeutral : QUADRANT.skippedNeutral;
}

function flagBits(flags: ReadonlyMap<GateFlag, boolean>, isCounted: (set: boolean) => boolean): number {
  return GATE_FLAGS.reduce((bits, name, i) => {
    const flag = flags.get(name);
    return flag !== undefined && isCounted(flag) ? bits | (1 << i) : bits;
  }, 0);
}

function gateBits(blockedBy: ReadonlySet<string> | undefined): number {
  if (!blockedBy) return 0;
  return GATE_NAMES.reduce((bits, gate, i) => (blockedBy.has(gate) ? bits | (1 << i) : bits), BLOCKED_LOGGED);
}
