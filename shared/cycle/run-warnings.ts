import type { FactorColumns } from '../episode/columns/columns.ts';
import type { EffectiveSettings } from '../generation/effective-settings.ts';
import type { Generation } from '../generation/generation.ts';
import type { Head } from '../generation/head.ts';
import type { Override } from '../override/override.ts';
import type { PatternKey } from '../pattern/pattern-key.ts';
import { jumps } from '../warning/jump.ts';
import { nameWarnings } from '../warning/name-warnings.ts';
import { dominatedOverrides, oneWriterDominates } from '../warning/one-writer-dominates.ts';
import { outcomeLag, outcomesMissing, withSample } from '../warning/outcomes-missing.ts';
import { atClamp, droppedByCut } from '../warning/override-limits.ts';
import type { OverrideMove } from '../warning/override-moves.ts';
import { overrideMoves } from '../warning/override-moves.ts';
import { payoffContradicted } from '../warning/payoff-contradicted.ts';
import type { Warning } from '../warning/warning.ts';
import { boundWarnings } from '../warning/warning.ts';
import { losesMost, withdrawn } from '../warning/withdrawn.ts';
import type { CycleRun, MinedPattern } from './cycle.ts';
import type { CycleDeps } from './dependencies.ts';
import type { TuningResult } from './tune-pattern.ts';
import { tunedThresholdWarnings } from './tuned-threshold-warnings.ts';

/** The state of one pattern in a run whose overrides are computed. */
interface TunedPattern {
  readonly cycle: CycleRun;
  readonly pattern: PatternKey;
  readonly head: Head | undefined;
  readonly settings: EffectiveSettings;
  readonly columns: FactorColumns;
  readonly tuned: Pick<TuningResult, 'overrides' | 'cut' | 'whyLeftOut'> & {
    readonly evidence: Pick<TuningResult['evidence'], 'payoffs'>;
  };
  /** The overrides in force; undefined when they are damaged. */
  readonly inForce: readonly Override[] | undefined;
}

interface WarningDeps
  extends Pick<CycleDeps, 'heads' | 'overrides' | 'writers' | 'dimensions' | 'countSamples' | 'now'> {
  readonly episodes: Pick<CycleDeps['episodes'], 'newestResolved'>;
}

/**
 * Finds what an operator should look at in the result of one pattern, and whether a jump holds the result back. Reads
 * beyond those of the run itself: the counters and their samples, and the names of dimensions and factors; past
 * generations only when thresholds move; the names of writers only when one dominates a slice; the newest event only when a window without events takes out all overrides.
 */
export async function runWarnings(
  deps: WarningDeps,
  input: TunedPattern,
): Promise<Pick<MinedPattern, 'warnings' | 'held'>> {
  const { pattern, head, settings, columns, tuned, inForce } = input;
  const current = head?.current;
  const moves = current && inForce ? overrideMoves(inForce, tuned.overrides) : [];
  const jumping = jumps(moves, settings.jump);
  const dropped = droppedByCut(moves, tuned.whyLeftOut);
  const warnings = [
    ...(current ? await withdrawalWarnings(deps, input, moves, current) : []),
    ...atClamp(tuned.overrides),
    ...dropped,
    ...jumping,
    ...(head && inForce ? await tunedThresholdWarnings(deps, pattern, head, columns, inForce) : []),
    ...(await writerWarnings(deps, input)),
    ...payoffContradicted(tuned.evidence),
    ...(await outcomeWarnings(deps, input)),
    ...nameWarnings(pattern, await deps.dimensions.coverage(pattern), deps.now()),
  ];
  return {
    warnings: boundWarnings(warnings.map(warning => ({ ...warning, pattern_key: pattern }))),
    ...heldBecause(pattern, settings, jumping.length, dropped.length),
  };
}

/**
 * Returns why the result waits for an operator, when an override jumps and the pattern holds jumps. An override that a
 * cut drops counts as a jump.
 */
function heldBecause(
  pattern: PatternKey,
  { on_jump, jump }: EffectiveSettings,
  jumping: number,
  dropped: number,
): { readonly held?: string } {
  if (on_jump !== 'hold' || jumping + dropped === 0) return {};
  const moved = jumping === 1 ? '1 override moves' : `${jumping} overrides move`;
  const what = [
    ...(jumping > 0 ? [`${moved} by more than a factor of ${jump}`] : []),
    ...(dropped > 0 ? [`a cut drops ${dropped} of the overrides in force`] : []),
  ];
  const command = `pm-tuning cycle --pattern ${pattern} --publish --reason "…"`;
  return { held: `${what.join(', and ')}: read the warnings; to publish: ${command}` };
}

async function withdrawalWarnings(
  { episodes }: Pick<WarningDeps, 'episodes'>,
  { cycle, pattern, settings, columns, tuned }: TunedPattern,
  moves: readonly OverrideMove[],
  current: Generation,
): Promise<Warning[]> {
  const isEmpty = columns.size === 0 && losesMost(moves);
  return withdrawn(moves, current, {
    as_of: cycle.as_of,
    policy: settings.policy,
    n_min: settings.n_min,
    lookback_days: settings.lookback_days,
    events_read: columns.size,
    cut: tuned.cut !== undefined,
    ...(isEmpty && { newestEvent: await episodes.newestResolved(pattern) }),
  });
}

/** Reads the names of writers only when one of them dominates a slice. */
async function writerWarnings(
  { writers }: Pick<WarningDeps, 'writers'>,
  { columns, tuned }: TunedPattern,
): Promise<Warning[]> {
  const found = dominatedOverrides(columns, tuned.overrides);
  if (found.length === 0) return [];
  const names = new Map((await writers.writers()).map(({ id, name }) => [id, name]));
  return oneWriterDominates(found, id => names.get(id));
}

/** Compares the counters with their samples, and adds the current sample when it is due; a trial adds none. */
async function outcomeWarnings(
  { countSamples }: Pick<WarningDeps, 'countSamples'>,
  { cycle, pattern, columns }: TunedPattern,
): Promise<Warning[]> {
  const { current, samples } = await countSamples.read(pattern);
  const extended = withSample(samples, current);
  if (!cycle.trial && extended !== samples) await countSamples.put(pattern, extended);
  return outcomesMissing(samples, current, outcomeLag(columns));
}
