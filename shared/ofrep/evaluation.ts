import { servesOverrides } from '../generation/served.ts';
import type { LookupResult } from '../lookup/look-up.ts';
import type { ResolvedOverride } from '../override/override-index.ts';
import type { FlagContext } from './flag-context.ts';
import type { Flag } from './flag-key.ts';

/** The answer of a look-up, as far as a flag is made from it. */
export interface FlagLookup extends LookupResult {
  /** Present when the overrides in force could not be read: the answer is neutral. */
  readonly degraded?: object;
  /** True where a copy has had no contact with the service for long. */
  readonly stale?: boolean;
  /** Age of the copy, seconds; −1 before its first contact. */
  readonly age_seconds?: number;
}

/** Why a flag has its value, in the words of the protocol. */
type EvaluationReason = 'TARGETING_MATCH' | 'STATIC' | 'DISABLED' | 'SPLIT' | 'UNKNOWN';

/** The effects of a whole pattern: multipliers and deltas by the first name of each threshold. */
interface Effects {
  readonly multipliers: Readonly<Record<string, number>>;
  readonly deltas: Readonly<Record<string, number>>;
  readonly entries: 'open' | 'halted';
}

/** One evaluated flag. */
export interface Evaluation {
  readonly key: string;
  readonly value: number | Effects;
  readonly variant: string;
  readonly reason: EvaluationReason;
  /** Plain values only. */
  readonly metadata: Readonly<Record<string, string | number | boolean>>;
}

/** Maximum number of ignored attributes that an answer names, and of characters of each. */
const MAX_NAMED = 64;

/**
 * Returns the value of a flag from the answer of a look-up without thresholds.
 * @param key as the caller sent it
 */
export function evaluateFlag(
  key: string,
  flag: Flag,
  answer: FlagLookup,
  { ignored }: Pick<FlagContext, 'ignored'>,
): Evaluation {
  const matching = matchingOverrides(flag, answer.overrides);
  const reason = reasonOf(answer, matching.length > 0);
  return {
    key,
    value: flagValue(flag, matching, answer),
    variant: variantOf(answer, reason),
    reason,
    metadata: {
      generation: answer.generation,
      mode: answer.mode,
      policy: answer.policy,
      resolution: answer.resolution,
      matched: matching.reduce((sum, { matched }) => sum + matched, 0),
      scope_hash: answer.scope_hash,
      entries: answer.entries,
      stale: answer.stale ?? false,
      age_seconds: answer.age_seconds ?? 0,
      degraded: answer.degraded !== undefined,
      ...(ignored.length > 0 && { ignored: namesOf(ignored) }),
    },
  };
}

function matchingOverrides(flag: Flag, overrides: readonly ResolvedOverride[]): readonly ResolvedOverride[] {
  return flag.effect === 'all'
    ? overrides
    : overrides.filter(
        override => override.action_category === flag.category && override[flag.effect] !== undefined,
      );
}

/** The variant of a running rollout names the generation of the arm, whether an override matched or not. */
function variantOf({ generation, arm }: FlagLookup, reason: EvaluationReason): string {
  if (reason === 'SPLIT') {
    if (arm === 'candidate') return `g${generation}-candidate`;
    return generation > 0 ? `g${generation}` : 'neutral';
  }
  return reason === 'TARGETING_MATCH' ? `g${generation}` : 'neutral';
}

function reasonOf({ degraded, mode, arm }: FlagLookup, matches: boolean): EvaluationReason {
  if (degraded) return 'UNKNOWN';
  if (!servesOverrides(mode)) return 'DISABLED';
  if (arm) return 'SPLIT';
  return matches ? 'TARGETING_MATCH' : 'STATIC';
}

function flagValue(
  flag: Flag,
  [override]: readonly ResolvedOverride[],
  { applied, entries }: FlagLookup,
): Evaluation['value'] {
  if (flag.effect === 'multiplier') return override?.multiplier ?? 1;
  if (flag.effect === 'delta') return override?.delta ?? 0;
  return { multipliers: applied.multipliers ?? {}, deltas: applied.deltas ?? {}, entries };
}

function namesOf(ignored: readonly string[]): string {
  const named = ignored.slice(0, MAX_NAMED).map(name => name.slice(0, MAX_NAMED));
  return [...named, ...(ignored.length > MAX_NAMED ? ['…'] : [])].join(', ');
}

/**
 * Returns an evaluation as JSON. A value that is a number is written as a float, `1.0` and never `1`: some providers
 * return the default for a whole number where a float is requested.
 */
export function evaluationText({ key, value, variant, reason, metadata }: Evaluation): string {
  const members = [
    `"key":${JSON.stringify(key)}`,
    `"value":${typeof value === 'number' ? floatText(value) : effectsText(value)}`,
    `"variant":${JSON.stringify(variant)}`,
    `"reason":${JSON.stringify(reason)}`,
    `"metadata":${JSON.stringify(metadata)}`,
  ];
  return `{${members.join(',')}}`;
}

function effectsText({ multipliers, deltas, entries }: Effects): string {
  return `{"multipliers":${floatsText(multipliers)},"deltas":${floatsText(deltas)},"entries":${JSON.stringify(entries)}}`;
}

function floatsText(values: Readonly<Record<string, number>>): string {
  const members = Object.entries(values).map(
    ([name, value]) => `${JSON.stringify(name)}:${floatText(value)}`,
  );
  return `{${members.join(',')}}`;
}

/** Returns a finite number as JSON with a decimal point or an exponent. */
function floatText(value: number): string {
  const text = JSON.stringify(value);
  return /^-?\d+$/.test(text) ? `${text}.0` : text;
}
