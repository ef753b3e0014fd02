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

/** Per-pattern settings that a policy reads. */
export interface PolicySettings {
  readonly payoff: Payoff;
  /** Least number of events with an outcome in a slice. */
  readonly n_min: number;
  /** Length of the window, days. */
  readonly lookback_days: number;
}

/** Input of a policy: lessons, event columns, settings. */
export interface PolicyInput {
  readonly pattern: PatternKey;
  /** Drift and ladder replay read them; replay of gates does not. */
  readonly lessons: readonly Lesson[];
  /** The events of the window, which replay recounts. */
  readonly columns: FactorColumns;
  /** Milliseconds since 1970. */
  readonly asOf: number;
  readonly settings: PolicySettings;
}

/** Output of a policy: overrides, and why a lesson has none. */
interface PolicyOutput {
  /** Sorted by scope hash, then category. */
  readonly overrides: readonly Override[];
  /** Returns why a lesson without an override has none. */
  readonly explainNoOverride: (lesson: Lesson) => string;
  /** A remark on the pattern as a whole. */
  readonly note?: string;
}

const POLICY_FUNCTIONS: Readonly<Record<Policy, (input: PolicyInput) => PolicyOutput>> = {
  drift: ({ pattern, lessons }) => ({
    overrides: drift(pattern, lessons),
    explainNoOverride: explainNoDriftOverride,
  }),
  replay: input => (makesLadderLessons(input.pattern) ? runLadderReplay(input) : runReplay(input)),
};

/** Computes the overrides of a policy. The same events in any order give the same overrides. */
export function computeOverrides(policy: Policy, input: PolicyInput): PolicyOutput {
  const output = POLICY_FUNCTIONS[policy](input);
  return { ...output, overrides: output.overrides.toSorted(byScopeHashThenCategory) };
}

function runLadderReplay({ pattern, lessons }: PolicyInput): PolicyOutput {
  const { overrides, noOverrideReasons: reasons } = ladderReplay(pattern, lessons);
  return { overrides, explainNoOverride: lesson => reasons.get(lesson.scope_hash) ?? TOO_DEEP };
}

const TOO_DEEP = `replay looks at slices of at most ${REPLAY_SETTINGS.maxDimensions} dimensions`;

function runReplay({ pattern, columns, asOf, settings }: PolicyInput): PolicyOutput {
  const result = replay(pattern, columns, asOf, replaySettings(settings));
  const reasons: ReadonlyMap<string, string> = reasonsBySlice(result);
  // With fewer events replay tests no slice. The run then reports how many events are missing.
  const note = columns.size < settings.n_min ? undefined : noteOf(result);
  return {
    overrides: result.overrides,
    explainNoOverride: lesson =>
      reasons.get(lesson.scope_hash) ??
      (dimensionCount(lesson.scope_subset) > REPLAY_SETTINGS.maxDimensions ? TOO_DEEP : 'not looked at'),
    ...(note !== undefined && { note }),
  };
}

/**
 * Returns a remark on the pattern: why it has no override, and that its base gates lose. Each part appears only where
 * it applies; undefined without either.
 */
function noteOf({ overrides, withheld, disabled, base }: ReplayResult): string | undefined {
  const disabledReasons = [...new Set(disabled.map(lever => lever.reason))];
  const noOverrideReason = withheld ?? (disabledReasons.join('; ') || NO_STEP);
  const notes = [
    ...(overrides.length === 0 ? [noOverrideReason] : []),
    ...(base.loses ? [base.summary] : []),
  ];
  return notes.length === 0 ? undefined : notes.join('; ');
}

const NO_STEP = 'no step of a lever proves itself';

/** Returns the settings of the replay policy with a pattern's own payoff, `n_min` and look-back. */
export function replaySettings({ payoff, n_min, lookback_days }: PolicySettings): ReplaySettings {
  const [first, ...others] = REPLAY_SETTINGS.windows.map(days => Math.min(days, lookback_days));
  const longest = Math.max(first ?? lookback_days, lookback_days);
  const shorter = [...new Set(others)].filter(days => days < longest);
  return { ...REPLAY_SETTINGS, payoff, nMin: n_min, windows: [longest, ...shorter] };
}
