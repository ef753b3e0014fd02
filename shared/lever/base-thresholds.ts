import type { Episode } from '../episode/episode.ts';
import type { FactorValue } from '../episode/factors.ts';
import type { EpisodeWithMoves } from '../episode/packed-episode.ts';
import { isObject } from '../json.ts';
import { readApplied } from './applied.ts';
import type { Lever } from './lever.ts';
import { leversOf, movedFactor } from './lever.ts';
import { packedMoves } from './packed-moves.ts';
import type { ThresholdMove } from './threshold-move.ts';
import { undoMove } from './threshold-move.ts';

/**
 * Returns the event with its thresholds as they were before overrides moved them. Policies compute overrides relative
 * to these base thresholds. If a moved threshold counted as the base, the override in it would be applied twice.
 *
 * `factors.applied` names what moved them, in any form that `readApplied` reads. Without it, the logged thresholds are
 * the base thresholds. With it, the event carries the moves, so that the guard knows what was in force.
 */
export function atBaseThresholds(episode: Episode): EpisodeWithMoves {
  const { applied } = episode.factors;
  const { moves, issues } = readApplied(episode.pattern, applied);
  if (applied === undefined || issues.length > 0) return episode;
  const factors = { ...episode.factors };
  for (const lever of leversOf(episode.pattern)) {
    const move = moves.get(lever.category);
    if (!move) continue;
    for (const name of loggedNames(lever)) {
      const value = Object.hasOwn(factors, name) ? factors[name] : undefined;
      if (value !== undefined) factors[name] = undo(value, move);
    }
  }
  return { ...episode, factors, moves: packedMoves(moves) };
}

/**
 * Returns the factors under which an event logs what an override of the lever moved: its thresholds, and the number
 * that replay reads. They differ for `tuning_edx_supp`, which moves `edx_supp` in look-ups and so `edx` in events.
 */
function loggedNames({ thresholds, replay }: Lever): ReadonlySet<string> {
  return new Set([...thresholds, ...(replay ? [movedFactor(replay)] : [])]);
}

function undo(value: FactorValue | object, move: ThresholdMove): FactorValue | object {
  if (typeof value === 'number') return undoMove(value, move);
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, part]) => [
      name,
      typeof part === 'number' ? undoMove(part, move) : part,
    ]),
  );
}
