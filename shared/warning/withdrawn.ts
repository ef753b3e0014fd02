import type { Generation } from '../generation/generation.ts';
import { isoDate } from '../time.ts';
import type { OverrideMove } from './override-moves.ts';
import type { Warning } from './warning.ts';

/** Least number of overrides of which losing more than half is a warning. Losing all of any number is one. */
const LEAST_FOR_HALF = 10;

/** The events that a run read, and the settings that it used. */
interface RunInput extends Pick<Generation, 'as_of' | 'policy' | 'n_min' | 'lookback_days' | 'events_read'> {
  /** True when the mining budget or the cap of overrides left slices out. */
  readonly cut: boolean;
  /** Time of the newest event with an outcome, milliseconds since 1970; read only when the window holds none. */
  readonly newestEvent?: number | undefined;
}

/** Returns true when a set loses all of its overrides, or more than half of at least ten. */
export function losesMost(moves: readonly OverrideMove[]): boolean {
  const { inForce, removed } = lossOf(moves);
  return inForce > 0 && (removed === inForce || (inForce >= LEAST_FOR_HALF && removed > inForce / 2));
}

/**
 * Warns when a run takes out all overrides of a pattern, or more than half of at least ten, and names the cause where
 * the input of both generations tells it.
 * @param moves from the overrides in force to the computed ones
 */
export function withdrawn(moves: readonly OverrideMove[], current: Generation, run: RunInput): Warning[] {
  if (!losesMost(moves)) return [];
  const { inForce, removed } = lossOf(moves);
  const share = removed === inForce ? `all ${inForce}` : `${removed} of ${inForce}`;
  const message =
    `the run takes out ${share} overrides of generation ${current.generation}: ${causes(current, run).join('; ')}. ` +
    `If that is wrong, roll the pattern back to generation ${current.generation}`;
  return [{ code: 'overrides_withdrawn', message }];
}

function lossOf(moves: readonly OverrideMove[]): { readonly inForce: number; readonly removed: number } {
  const inForce = moves.filter(({ before }) => before);
  return { inForce: inForce.length, removed: inForce.filter(({ after }) => !after).length };
}

/** Returns each cause that the inputs of both runs show, at least one. */
function causes(current: Generation, run: RunInput): string[] {
  if (run.events_read === 0) return [emptyWindow(run)];
  const found = [
    ...(run.policy === current.policy ? [] : [`the policy changed from ${current.policy} to ${run.policy}`]),
    ...(run.n_min > current.n_min ? [`n_min rose from ${current.n_min} to ${run.n_min}`] : []),
    ...(run.lookback_days < current.lookback_days
      ? [`the window shrank from ${current.lookback_days} to ${run.lookback_days} days`]
      : []),
    ...(run.cut ? ['a budget or max_overrides left slices out'] : []),
    ...(run.events_read < current.events_read / 2
      ? [`the window holds ${run.events_read} events with an outcome, before ${current.events_read}`]
      : []),
  ];
  return found.length > 0 ? found : ['the events of the window no longer support them'];
}

function emptyWindow({ as_of, lookback_days, newestEvent }: RunInput): string {
  const newest =
    newestEvent === undefined ? 'there is none at all' : `the newest is of ${isoDate(newestEvent)}`;
  return (
    `no event in the ${lookback_days} days to ${isoDate(Date.parse(as_of))}; ${newest} ` +
    '(an event counts once its outcome is known)'
  );
}
