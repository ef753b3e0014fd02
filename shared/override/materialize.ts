import type { FactorColumns } from '../episode/columns/columns.ts';
import type { Lesson } from '../lesson/lesson.ts';
import { makesLadderLessons } from '../lesson/lesson.ts';
import type { PatternKey } from '../pattern/pattern-key.ts';
import { dimensionCount } from '../pattern/scope.ts';
import type { Override, Policy } from './override.ts';
import { byScopeHashThenCategory } from './override.ts';
import type { Payoff } from './payoff.ts';
import { drift, explainNoDriftOverride } from './policies/drift.ts';
import type { ReplayResult } from './policies/replay.ts';
import { replay } from './policies/replay.ts';
import { ladderReplay } from './policies/replay-ladder.ts';
import { reasonsBySlice } from './replay/no-override-reasons.ts';
import type { ReplaySettings } from './replay/settings.ts';
import { REPLAY_SETTINGS } from './replay/settings.ts';

/** What a policy is told about a pattern. */
export interface PolicySettings {
  /** Gain of an acted success and loss of an acted failure, both above 0. */
  readonly payoff: Payoff;
  /** Least events (with an outcome) of a slice. */
  readonly n_min: number;
  /** Days. */
  readonly lookback_days: number;
}

/** What a run knows of a pattern when its policies are asked. */
export interface PolicyInput {
  readonly pattern: PatternKey;
  readonly lessons: readonly Lesson[];
  /** The events of the window; replay counts on them what lessons have added up. */
  readonly columns: FactorColumns;
  /** Milliseconds since 1970. */
  readonly asOf: number;
  readonly settings: PolicySettings;
}

/** What a policy makes of it. */
export interface PolicyOutput {
  /** Sorted by scope hash, then category. */
  readonly overrides: readonly Override[];
  /** Why a lesson that has no override has none. */
  readonly explainNoOverride: (lesson: Lesson) => string;
  /** What is to be said about the pattern as a whole. */
  readonly note?: string;
}

const POLICY_FUNCTIONS: Readonly<Record<Policy, (taught: PolicyInput) => PolicyOutput>> = {
  drift: ({ pattern, lessons }) => ({
    overrides: drift(pattern, lessons),
    explainNoOverride: explainNoDriftOverride,
  }),
  replay: taught => (makesLadderLessons(taught.pattern) ? replayedLadder(taught) : replayed(taught)),
};

/** The overrides of a policy, and why there are no more. The same events in any order make the same. */
export function materialize(policy: Policy, taught: PolicyInput): PolicyOutput {
  const made = POLICY_FUNCTIONS[policy](taught);
  return { ...made, overrides: made.overrides.toSorted(byScopeHashThenCategory) };
}

function replayedLadder({ pattern, lessons }: PolicyInput): PolicyOutput {
  const { overrides, noOverrideReasons: silent } = ladderReplay(pattern, lessons);
  return { overrides, explainNoOverride: lesson => silent.get(lesson.scope_hash) ?? TOO_DEEP };
}

const TOO_DEEP = `replay looks at slices of at most ${REPLAY_SETTINGS.maxDimensions} dimensions`;

function replayed({ pattern, columns, asOf, settings }: PolicyInput): PolicyOutput {
  const result = replay(pattern, columns, asOf, replaySettings(settings));
  const silent: ReadonlyMap<string, string> = reasonsBySlice(result);
  // Of fewer events no slice is looked at, and the run says how many there are.
  const note = columns.size < settings.n_min ? undefined : noteOf(result);
  return {
    overrides: result.overrides,
    explainNoOverride: lesson =>
      silent.get(lesson.scope_hash) ??
      (dimensionCount(lesson.scope_subset) > REPLAY_SETTINGS.maxDimensions ? TOO_DEEP : 'not looked at'),
    ...(note !== undefined && { note }),
  };
}

/** Why nothing moves, if nothing does, and that the pattern loses, if it does. */
function noteOf({ overrides, withheld, disabled, base }: ReplayResult): string | undefined {
  const offs = [...new Set(disabled.map(lever => lever.reason))];
  const still = withheld ?? (offs.join('; ') || NO_STEP);
  const notes = [...(overrides.length === 0 ? [still] : []), ...(base.loses ? [base.summary] : [])];
  return notes.length === 0 ? undefined : notes.join('; ');
}

const NO_STEP = 'no step of a lever proves itself';

/** The replay policy's settings as a pattern's own change them. */
export function replaySettings({ payoff, n_min, lookback_days }: PolicySettings): ReplaySettings {
  const [first, ...others] = REPLAY_SETTINGS.windows.map(days => Math.min(days, lookback_days));
  const longest = Math.max(first ?? lookback_days, lookback_days);
  const shorter = [...new Set(others)].filter(days => days < longest);
  return { ...REPLAY_SETTINGS, payoff, nMin: n_min, windows: [longest, ...shorter] };
}
