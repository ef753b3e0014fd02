import type { FactorColumns } from '../../episode/columns/columns.ts';
import { selectRows } from '../../episode/columns/select-rows.ts';
import { makesLadderLessons } from '../../lesson/lesson.ts';
import { mineLessons } from '../../lesson/mine-lessons.ts';
import type { PatternKey } from '../../pattern/pattern-key.ts';
import { DAY_MS, startOfDay } from '../../time.ts';
import type { PolicySettings } from '../materialize.ts';
import { materialize, replaySettings } from '../materialize.ts';
import type { Override, Policy } from '../override.ts';
import { DEFAULT_RESOLUTION } from '../override.ts';
import type { Gates } from '../replay/gates.ts';
import { prepareGates } from '../replay/gates.ts';
import { compareUtility, decisionsUnderMoves } from '../replay/utility.ts';
import type { Fold, PolicyEvaluation } from './evaluation.ts';
import { simulateDecisions } from './simulate-decisions.ts';

/** Weeks that are scored, each by what was known at its beginning. */
export const FOLDS = 4;
const FOLD_DAYS = 7;
/** Of more events every k-th moment is scored: resolving costs more than learning when slices are many. */
const MAX_SCORED = 5_000;
/** Record visits of the miner for one stretch: an eighth of what a run may use. */
const MAX_WORK = 500_000_000;
/** Standard errors of a two-sided 90 % interval. */
const Z90 = 1.645;

export interface WalkForward {
  /** Utility of the base gates, per event that was scored. */
  readonly base_per_event: number;
  readonly policies: readonly Omit<PolicyEvaluation, 'overrides'>[];
}

/**
 * How each policy would have done: for each of the last weeks it learns from what was known when the week began, and is
 * scored on the events of that week against the base gates. A week begins at midnight UTC, so that the stretches
 * stay the same for a day; the last one ends at `asOf`.
 * @param columns events of the window, with the outcomes known at `asOf`
 * @param asOf milliseconds since 1970
 */
export function walkForward(
  pattern: PatternKey,
  columns: FactorColumns,
  asOf: number,
  policies: readonly Policy[],
  settings: PolicySettings,
): WalkForward {
  const replaying = replaySettings(settings);
  const gates = prepareGates(pattern, columns, replaying);
  const reason = unscoredReason(pattern, gates);
  const weeks = reason === undefined ? weeksOf(columns, asOf) : [];
  const scored = Uint32Array.from(weeks.flatMap(week => [...week.rows]));
  const base = decisionsUnderMoves(gates, [], scored);
  const perEvent = (sum: number): number => (scored.length === 0 ? 0 : sum / scored.length);
  const inBase = compareUtility(gates, scored, base, undefined, replaying);
  return {
    base_per_event: perEvent(inBase.gain),
    policies: policies.map(policy => {
      const acts = new Uint8Array(columns.size);
      const folds = weeks.map((week): Fold => {
        const overrides = learned(policy, pattern, columns, week, settings);
        simulateDecisions(gates, overrides, DEFAULT_RESOLUTION[policy], week.rows, acts);
        const { gain } = compareUtility(gates, week.rows, acts, base, replaying);
        return {
          from: new Date(week.from).toISOString(),
          to: new Date(week.to).toISOString(),
          learned: week.known.length,
          events: week.rows.length,
          overrides: overrides.length,
          gain,
        };
      });
      const { gain, error } = compareUtility(gates, scored, acts, base, replaying);
      return {
        policy,
        events: scored.length,
        gain_per_event: perEvent(gain),
        low: perEvent(gain - Z90 * error),
        high: perEvent(gain + Z90 * error),
        folds,
        ...(reason !== undefined && { reason }),
      };
    }),
  };
}

function unscoredReason(pattern: PatternKey, { gates, disabled: silent }: Gates): string | undefined {
  if (makesLadderLessons(pattern)) return 'what the spacing of the ladder would have changed is not logged';
  if (gates.length === 0) return 'no lever of this state can be replayed';
  const [first] = silent;
  return silent.length === gates.length ? first?.reason : undefined;
}

interface Week {
  readonly from: number;
  readonly to: number;
  /** Rows whose event and outcome were known when it began. */
  readonly known: Uint32Array;
  /** Rows that are scored. */
  readonly rows: Uint32Array;
}

function weeksOf(columns: FactorColumns, asOf: number): Week[] {
  const midnight = startOfDay(asOf);
  const weeks = Array.from({ length: FOLDS }, (_, i) => {
    const from = midnight - (FOLDS - i) * FOLD_DAYS * DAY_MS;
    return { from, to: i === FOLDS - 1 ? asOf : from + FOLD_DAYS * DAY_MS };
  });
  const first = weeks[0]?.from ?? asOf;
  const every = Math.ceil(rowsWhere(columns, time => time > first).length / MAX_SCORED);
  return weeks.map(({ from, to }) => ({
    from,
    to,
    known: rowsWhere(columns, (time, resolvedAt) => time <= from && resolvedAt <= from),
    rows: rowsWhere(
      columns,
      time => time > from && time <= to && (every <= 1 || sampleHash(time) % every === 0),
    ),
  }));
}

/** Which events of many are scored depends on their moment alone, not on the order of reading. */
const sampleHash = (time: number): number => Math.imul(Math.floor(time / 1000), 0x9e3779b1) >>> 8;

function rowsWhere(
  { size, time, resolvedAt }: FactorColumns,
  holds: (time: number, resolvedAt: number) => boolean,
): Uint32Array {
  const rows = new Uint32Array(size);
  let n = 0;
  for (let row = 0; row < size; row++)
    if (holds(time[row] ?? 0, resolvedAt[row] ?? Number.POSITIVE_INFINITY)) rows[n++] = row;
  return rows.subarray(0, n);
}

/** What a policy makes of what was known when a week began; it is given nothing else. */
function learned(
  policy: Policy,
  pattern: PatternKey,
  all: FactorColumns,
  { from, known }: Week,
  settings: PolicySettings,
): readonly Override[] {
  if (known.length < settings.n_min) return [];
  const columns = selectRows(all, known);
  // Replay does not read lessons of gates.
  const lessons =
    policy === 'replay' ? [] : mineLessons(pattern, columns, settings.n_min, { maxWork: MAX_WORK }).lessons;
  return materialize(policy, { pattern, lessons, columns, asOf: from, settings }).overrides;
}
