import type { FactorColumns } from '../episode/columns/columns.ts';
import type { EffectiveSettings } from '../generation/effective-settings.ts';
import type { Generation } from '../generation/generation.ts';
import type { Head } from '../generation/head.ts';
import type { Override } from '../override/override.ts';
import type { PatternKey } from '../pattern/pattern-key.ts';
import { jumps } from '../warning/jump.ts';
import { nameWarnings } from '../warning/name-warnings.ts';
import { outcomeLag, outcomesMissing, withSample } from '../warning/outcomes-missing.ts';
import { atClamp, droppedByCut } from '../warning/override-limits.ts';
import type { OverrideMove } from '../warning/override-moves.ts';
import { overrideMoves } from '../warning/override-moves.ts';
import type { Warning } from '../warning/warning.ts';
import { losesMost, withdrawn } from '../warning/withdrawn.ts';
import type { CycleRun } from './cycle.ts';
import type { CycleDeps } from './dependencies.ts';
import { tunedThresholdWarnings } from './tuned-threshold-warnings.ts';

/** What a run knows of one pattern when it has computed its overrides. */
interface TunedPattern {
  readonly cycle: CycleRun;
  readonly pattern: PatternKey;
  readonly head: Head | undefined;
  readonly settings: EffectiveSettings;
  readonly columns: FactorColumns;
  readonly computed: readonly Override[];
  /** Most dimensions of a slice that the mining budget kept; undefined when it cut nothing. */
  readonly cutDepth: number | undefined;
  /** The overrides in force; undefined when they are damaged. */
  readonly inForce: readonly Override[] | undefined;
}

type WarningDeps = Pick<
  CycleDeps,
  'heads' | 'overrides' | 'episodes' | 'dimensions' | 'countSamples' | 'now'
>;

interface RunWarnings {
  readonly warnings: Warning[];
  /** Number of overrides that jump. */
  readonly jumping: number;
}

/**
 * Finds what an operator should look at in the result of one pattern. Reads beyond those of the run itself: the
 * counters and their samples, and the names of dimensions and factors; past generations only when thresholds move;
 * the newest event only when a window without events takes out all overrides.
 */
export async function runWarnings(deps: WarningDeps, tuned: TunedPattern): Promise<RunWarnings> {
  const { pattern, head, settings, columns, computed, cutDepth, inForce } = tuned;
  const current = head?.current;
  const moves = current && inForce ? overrideMoves(inForce, computed) : [];
  const jumping = jumps(moves, settings.jump);
  const warnings = [
    ...(current ? await withdrawalWarnings(deps, tuned, moves, current) : []),
    ...atClamp(computed),
    ...droppedByCut(moves, cutDepth),
    ...jumping,
    ...(head && inForce ? await tunedThresholdWarnings(deps, pattern, head, columns, inForce) : []),
    ...(await outcomeWarnings(deps, tuned)),
    ...nameWarnings(pattern, await deps.dimensions.coverage(pattern), deps.now()),
  ];
  return {
    warnings: warnings.map(warning => ({ ...warning, pattern_key: pattern })),
    jumping: jumping.length,
  };
}

async function withdrawalWarnings(
  { episodes }: Pick<WarningDeps, 'episodes'>,
  { cycle, pattern, settings, columns, cutDepth }: TunedPattern,
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
    cut: cutDepth !== undefined,
    ...(isEmpty && { newestEvent: await episodes.newest(pattern) }),
  });
}

/** Compares the counters with their samples, and adds the current sample when it is due. */
async function outcomeWarnings(
  { countSamples }: Pick<WarningDeps, 'countSamples'>,
  { pattern, columns }: TunedPattern,
): Promise<Warning[]> {
  const { current, samples } = await countSamples.read(pattern);
  const extended = withSample(samples, current);
  if (extended !== samples) await countSamples.put(pattern, extended);
  return outcomesMissing(samples, current, outcomeLag(columns));
}
