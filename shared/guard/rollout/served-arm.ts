/* Kernel: rows are in range by construction, so typed arrays are read without a check. */
import type { FactorColumns } from '../../episode/columns/columns.ts';
import { QUADRANT } from '../../episode/columns/columns.ts';
import { packedLever } from '../../lever/packed-moves.ts';
import type { Moves } from '../flips.ts';
import type { ArmCounts } from './rollout-state.ts';

/** The arm whose moves an event logged; `either` where both arms move the same, `other` for moves of neither. */
type ServedArm = 'candidate' | 'control' | 'either' | 'other';

/** Largest relative difference between a logged move and that of an arm: bots may write fewer digits. */
const TOLERANCE = 1e-6;

/** Returns a function that tells the arm of a row from what it logged as `applied`; undefined when it logged nothing. */
export function servedArms(
  { applied }: Pick<FactorColumns, 'applied'>,
  moves: { readonly candidate: Moves; readonly control: Moves },
): (row: number) => ServedArm | undefined {
  return row => {
    if (applied?.known[row] !== 1) return undefined;
    const logged = new Map<number, number>();
    applied.moves.forEach((column, lever) => {
      const value = column?.[row] ?? Number.NaN;
      if (!Number.isNaN(value)) logged.set(lever, value);
    });
    const isCandidate = isSame(logged, moves.candidate(row));
    const isControl = isSame(logged, moves.control(row));
    if (isCandidate && isControl) return 'either';
    if (isCandidate) return 'candidate';
    return isControl ? 'control' : 'other';
  };
}

function isSame(logged: ReadonlyMap<number, number>, moves: ReturnType<Moves>): boolean {
  const entries = [...(moves ?? [])].filter(
    ([, { multiplier, delta = 0 }]) => multiplier !== 1 && (multiplier ?? delta) !== 0,
  );
  const moved = [...logged].filter(([, value]) => value !== 1 && value !== 0);
  return (
    entries.length === moved.length &&
    entries.every(([category, { multiplier, delta = 0 }]) => {
      const value = multiplier ?? delta;
      return (
        Math.abs((logged.get(packedLever(category)) ?? Number.NaN) - value) <= TOLERANCE * Math.abs(value)
      );
    })
  );
}

/**
 * Counts the episodes since a time by the arm that served them. An episode with windows counts once, by a row that tells the
 * arm: its id decides the arm of all of them.
 * @param isInCandidateArm tells the arm that the id of a row's episode falls into
 * @param from milliseconds since 1970
 */
export function countArms(
  columns: Pick<FactorColumns, 'size' | 'time' | 'episode'>,
  servedArm: (row: number) => ServedArm | undefined,
  isInCandidateArm: (row: number) => boolean,
  from: number,
): ArmCounts {
  const counts = { events: 0, logged: 0, candidate: 0, control: 0, other: 0, differing: 0 };
  for (const [row, arm] of episodesSince(columns, servedArm, from)) {
    counts.events++;
    if (arm === undefined) continue;
    counts.logged++;
    if (arm === 'either') continue;
    counts[arm]++;
    if (arm !== 'other' && (arm === 'candidate') !== isInCandidateArm(row)) counts.differing++;
  }
  return counts;
}

/** A row of an episode, and the arm that it tells. */
type RowWithArm = readonly [row: number, arm: ServedArm | undefined];

/** Returns one row of each episode: of its windows the first one that tells most about the arm. */
function episodesSince(
  { size, time, episode }: Pick<FactorColumns, 'size' | 'time' | 'episode'>,
  servedArm: (row: number) => ServedArm | undefined,
  from: number,
): RowWithArm[] {
  const single: RowWithArm[] = [];
  const ofWindows = new Map<number, RowWithArm>();
  for (let row = 0; row < size; row++) {
    if ((time[row] as number) < from) continue;
    const found: RowWithArm = [row, servedArm(row)];
    const code = episode?.[row] ?? 0;
    if (code === 0) single.push(found);
    else {
      const before = ofWindows.get(code);
      const more = before && tells(found) - tells(before);
      const isEarlier = before && (time[row] as number) < (time[before[0]] as number);
      if (more === undefined || more > 0 || (more === 0 && isEarlier)) ofWindows.set(code, found);
    }
  }
  return [...single, ...ofWindows.values()];
}

const tells = ([, arm]: RowWithArm): number => (arm === undefined ? 0 : arm === 'either' ? 1 : 2);

/** Returns whether the bot acted on the event of a row. */
export function isActed({ quadrant }: Pick<FactorColumns, 'quadrant'>, row: number): boolean {
  const code = quadrant[row];
  return code === QUADRANT.win || code === QUADRANT.falsePositive || code === QUADRANT.actedNeutral;
}
