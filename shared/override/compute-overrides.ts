import type { FactorColumns } from '../episode/columns/columns.ts';
import type { Lesson } from '../lesson/lesson.ts';
import { makesLadderLessons } from '../lesson/lesson.ts';
import { noLeverReason } from '../lever/no-lever.ts';
import type { PatternKey } from '../pattern/pattern-key.ts';
import { dimensionCount } from '../pattern/scope.ts';
import type { Reason } from '../reason.ts';
import { joinReasons } from '../reason.ts';
import { sliceTiers } from './dimension-tiers.ts';
import type { Override, Policy } from './override.ts';
import { byScopeHashThenCategory } from './override.ts';
import { capOverrides } from './override-cap.ts';
import type { Payoff } from './payoff.ts';
import { drift, explainNoDriftOverride } from './policies/drift.ts';
import type { FittedModel } from './policies/model.ts';
import { explainNoModelOverride, modelPolicy } from './policies/model.ts';
import type { ReplayResult } from './policies/replay.ts';
import { replay } from './policies/replay.ts';
import { ladderReplay, tooManyDimensions } from './policies/replay-ladder.ts';
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
  /** The most overrides of a pattern. */
  readonly max_overrides: number;
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
  /** The model of a year; without it the policy `model` is fitted to the columns. */
  readonly year?: FittedModel | undefined;
  /** False where overrides are scored and dropped, as in a walk-forward. True by default. */
  readonly forecasts?: boolean;
}

/** Output of a policy: overrides, and why a lesson has none. */
interface PolicyOutput {
  /** Sorted by scope hash, then category. */
  readonly overrides: readonly Override[];
  /** Returns why a lesson without an override has none. */
  readonly explainNoOverride: (lesson: Lesson) => Reason;
  /** A remark on the pattern as a whole. */
  readonly note?: Reason;
}

/** A policy's output with at most `max_overrides` overrides. */
interface CappedOutput extends PolicyOutput {
  /** Scope hashes of the slices that lose their overrides to the cap. */
  readonly capped: ReadonlySet<string>;
  /** One sentence on the overrides that the cap left out; absent when all are kept. */
  readonly cut?: string;
}

const POLICY_FUNCTIONS: Readonly<Record<Policy, (input: PolicyInput) => PolicyOutput>> = {
  drift: ({ pattern, lessons }) => ({
    overrides: drift(pattern, lessons),
    explainNoOverride: lesson => explainNoDriftOverride(pattern, lesson),
  }),
  replay: input => (makesLadderLessons(input.pattern) ? runLadderReplay(input) : runReplay(input)),
  // A ladder has no gate whose events could be predicted, so it is moved as under replay.
  model: input => (makesLadderLessons(input.pattern) ? runLadderReplay(input) : runModel(input)),
};

/** Computes the overrides of a policy, at most `max_overrides`. The same events in any order give the same overrides. */
export function computeOverrides(policy: Policy, input: PolicyInput): CappedOutput {
  const noLever = noLeverReason(input.pattern);
  if (noLever) return { overrides: [], capped: new Set(), explainNoOverride: () => noLever, note: noLever };
  const output = POLICY_FUNCTIONS[policy](input);
  let tiers: ReturnType<typeof sliceTiers> | undefined;
  const { kept, leftOut, cut } = capOverrides(output.overrides, input.settings.max_overrides, scope => {
    tiers ??= sliceTiers(input.columns);
    return tiers(scope);
  });
  return {
    ...output,
    overrides: kept.toSorted(byScopeHashThenCategory),
    capped: leftOut,
    explainNoOverride: lesson =>
      leftOut.has(lesson.scope_hash)
        ? { code: 'left_out_by_cap', text: `left out: ${cut}` }
        : output.explainNoOverride(lesson),
    ...(cut !== undefined && { cut }),
  };
}

function runLadderReplay({ pattern, lessons }: PolicyInput): PolicyOutput {
  const { overrides, noOverrideReasons: reasons } = ladderReplay(pattern, lessons);
  return { overrides, explainNoOverride: lesson => reasons.get(lesson.scope_hash) ?? tooDeep(lesson) };
}

function runReplay({ pattern, columns, asOf, settings, forecasts = true }: PolicyInput): PolicyOutput {
  const result = replay(pattern, columns, asOf, { ...replaySettings(settings), forecasts });
  const reasons: ReadonlyMap<string, Reason> = reasonsBySlice(result);
  // With fewer events replay tests no slice. The run then reports how many events are missing.
  const note = columns.size < settings.n_min ? undefined : noteOf(result);
  return {
    overrides: result.overrides,
    explainNoOverride: lesson => reasons.get(lesson.scope_hash) ?? untestedReason(lesson, result, settings),
    ...(note && { note }),
  };
}

function runModel({ pattern, columns, asOf, settings, year }: PolicyInput): PolicyOutput {
  const result = year ?? modelPolicy(pattern, columns, asOf, replaySettings(settings));
  const isShort = columns.size < settings.n_min;
  return {
    overrides: result.overrides,
    explainNoOverride: lesson => explainNoModelOverride(result, lesson),
    ...(result.overrides.length === 0 && !isShort && { note: result.note }),
  };
}

const tooDeep = ({ scope_subset }: Lesson): Reason =>
  tooManyDimensions(dimensionCount(scope_subset), REPLAY_SETTINGS.maxDimensions);

/** Returns why replay did not test the slice of a lesson. */
function untestedReason(lesson: Lesson, result: ReplayResult, { n_min }: PolicySettings): Reason {
  const dimensions = dimensionCount(lesson.scope_subset);
  if (dimensions > REPLAY_SETTINGS.maxDimensions) return tooDeep(lesson);
  if (dimensions >= (result.cut_from ?? dimensions + 1))
    return { code: 'left_out_by_budget', text: `left out to bound the work: ${result.cut?.join('; ')}` };
  const since = result.changed === undefined ? '' : `: ${result.changed}`;
  return {
    code: 'too_few_events',
    text: `fewer than ${n_min} of its ${lesson.n} events lie in the last ${result.window_days} days, which replay reads${since}`,
  };
}

/**
 * Returns a remark on the pattern: why it has no override, and that its base gates lose. Each part appears only where
 * it applies; undefined without either.
 */
function noteOf({ overrides, withheld, disabled, base, levers }: ReplayResult): Reason | undefined {
  const reasons: Reason[] = [
    ...(overrides.length > 0 ? [] : withheld ? [withheld] : noOverrideNotes(disabled, levers)),
    ...(base.loses ? [{ code: 'loses_at_base_thresholds', text: base.summary } as const] : []),
  ];
  return joinReasons(reasons);
}

/** Returns that no step is proven, unless no lever can be tested, and why some levers cannot. */
function noOverrideNotes(disabled: ReplayResult['disabled'], levers: number): Reason[] {
  const tested = disabled.length < levers;
  const required = disabled.filter(lever => !tested || lever.reason_code !== 'optional_gate_not_logged');
  const texts = Map.groupBy(required, lever => lever.reason);
  return [
    ...(tested
      ? [{ code: 'nothing_proven', text: 'no step of a lever that can be tested is proven' } as const]
      : []),
    ...[...texts].flatMap(([text, of]) => of.slice(0, 1).map(({ reason_code: code }) => ({ code, text }))),
  ];
}

/** Returns the settings of replay and the model with a pattern's own payoff, `n_min` and look-back. */
export function replaySettings({ payoff, n_min, lookback_days }: PolicySettings): ReplaySettings {
  const [first, ...others] = REPLAY_SETTINGS.windows.map(days => Math.min(days, lookback_days));
  const longest = Math.max(first ?? lookback_days, lookback_days);
  const shorter = [...new Set(others)].filter(days => days < longest);
  return { ...REPLAY_SETTINGS, payoff, nMin: n_min, windows: [longest, ...shorter] };
}
