import type { EpisodeColumns } from '../../episode/columns/columns.ts';
import type { MineInput } from '../../mining/mine-slices.ts';
import { mineSlices } from '../../mining/mine-slices.ts';
import type { PatternKey } from '../../pattern/pattern-key.ts';
import type { MinimumDetectableDifference } from '../../statistics/power.ts';
import { minimumDetectableDifference, POWER } from '../../statistics/power.ts';
import type { LessonKind } from '../lesson-kind.ts';
import { lessonKind } from '../lesson-kind.ts';
import { MAX_LESSONS } from '../mine-lessons.ts';
import type { FindingCounts } from './findings.ts';
import { Findings } from './findings.ts';
import type { StudyBudget } from './permutations.ts';
import {
  affordablePermutations,
  CLASS,
  CLASS_COUNT,
  contentOrder,
  countOf,
  permutedFindings,
  STUDY_BUDGET,
  sumOf,
} from './permutations.ts';
import { recommendNMin } from './recommend.ts';
import type { NMinRow, NMinStudy } from './schema.ts';
import { FALSE_DISCOVERY_RATE, N_MIN_RANGE, PERMUTATIONS } from './schema.ts';

/** Odds of a difference by chance up to which a lesson looked at alone would count: as its 90 % interval. */
const ALPHA_ALONE = 0.1;

/**
 * How the choice of `N_MIN` would turn out on a pattern's own events. They are mined once, at the lowest of the range;
 * every higher one is a part of that. Then hits are dealt anew among the decided events, scope and everything else
 * staying where it is, to count what differs by chance alone. Numbers are drawn from a seed made of the events.
 * @param nMin the one in force
 */
export function studyNMin(
  pattern: PatternKey,
  columns: EpisodeColumns,
  nMin: number,
  budget: StudyBudget = STUDY_BUDGET,
): NMinStudy {
  const input = studyInput(lessonKind(pattern), columns);
  const options = {
    nMin: N_MIN_RANGE.from,
    nearMin: N_MIN_RANGE.from,
    maxSlices: MAX_LESSONS,
    maxWork: budget.maxWork,
  };
  const mined = mineSlices(input, options);
  const { slices } = mined;
  const support = sumOf(slices, [CLASS.hit, CLASS.other, CLASS.undecided]);
  const decided = sumOf(slices, [CLASS.hit, CLASS.other]);
  const findings = new Findings(slices, support, decided, FALSE_DISCOVERY_RATE);
  const passing = N_MINS.map(n => findings.pass(n));
  const lessons = passing.map(p => p.lessons);
  const seen = findings.at(N_MINS, sumOf(slices, [CLASS.hit]), lessons);
  const planned = affordablePermutations(support, budget);
  const chance = permutedFindings(input, mined, planned, hits => findings.at(N_MINS, hits, lessons));
  const total = {
    successes: countOf(input, CLASS.hit),
    trials: input.size - countOf(input, CLASS.undecided),
  };
  const base = total.trials === 0 ? 0 : total.successes / total.trials;
  const rows = N_MINS.map((n_min, k): NMinRow => {
    const n = (n_min * total.trials) / Math.max(1, input.size);
    const among = FALSE_DISCOVERY_RATE / Math.max(1, lessons[k] ?? 0);
    return {
      n_min,
      slices: passing[k]?.slices ?? 0,
      lessons: lessons[k] ?? 0,
      ...(seen[k] ?? NOTHING),
      ...byChance(chance.map(found => found[k] ?? NOTHING)),
      detectable: rounded(minimumDetectableDifference(base, n, total.trials - n, ALPHA_ALONE)),
      detectable_among: rounded(minimumDetectableDifference(base, n, total.trials - n, among)),
    };
  });
  return {
    events: input.size,
    decided: total.trials,
    base_share: total.trials === 0 ? null : fourDecimals(base),
    n_min: nMin,
    fdr: FALSE_DISCOVERY_RATE,
    power: POWER,
    shuffles: chance.length,
    ...(chance.length < PERMUTATIONS && { limited: limitedReason(input, chance.length, planned) }),
    ...(mined.cut && { cut: `slices of more than ${mined.cut.depth} dimensions: ${mined.cut.reason}` }),
    rows,
    ...recommendNMin(rows, nMin, input.size),
  };
}

const N_MINS = Array.from({ length: N_MIN_RANGE.to - N_MIN_RANGE.from + 1 }, (_, i) => N_MIN_RANGE.from + i);
const NOTHING: FindingCounts = { differ: 0, general: 0 };

/** The rows that count towards `N_MIN`, in content order, by what they are to the share that is compared. */
function studyInput(kind: LessonKind, columns: EpisodeColumns): MineInput {
  const full = kind.input(columns);
  const meaning = Array.from({ length: full.classCount }, (_, c) => {
    const { successes: hits, trials: decided } = kind.share(
      Array.from({ length: full.classCount }, (_, k) => Number(k === c)),
    );
    return hits > 0 ? CLASS.hit : decided > 0 ? CLASS.other : CLASS.undecided;
  });
  const classes = full.classes.map(c => meaning[c] ?? CLASS.undecided);
  const order = contentOrder(full.size, classes, full.dimensions).filter(
    row => full.supporting[full.classes[row] ?? 0],
  );
  return {
    size: order.length,
    dimensions: full.dimensions.map(dimension => ({ ...dimension, codes: taken(dimension.codes, order) })),
    classes: taken(classes, order),
    classCount: CLASS_COUNT,
    supporting: new Array<boolean>(CLASS_COUNT).fill(true),
  };
}

function taken<T extends Uint8Array | Uint16Array | Uint32Array>(from: T, rows: Uint32Array): T;
function taken(from: Uint8Array | Uint16Array | Uint32Array, rows: Uint32Array) {
  const to = from.slice(0, rows.length);
  rows.forEach((row, i) => {
    to[i] = from[row] ?? 0;
  });
  return to;
}

function byChance(
  found: readonly FindingCounts[],
): Pick<NMinRow, 'differ_by_chance' | 'general_by_chance' | 'any_by_chance'> {
  const mean = (of: (f: FindingCounts) => number): number =>
    found.length === 0 ? 0 : found.reduce((sum, f) => sum + of(f), 0) / found.length;
  return {
    differ_by_chance: fourDecimals(mean(f => f.differ)),
    general_by_chance: fourDecimals(mean(f => f.general)),
    any_by_chance: fourDecimals(mean(f => Number(f.differ > 0))),
  };
}

function limitedReason({ size }: MineInput, shuffles: number, planned: number): string {
  if (shuffles < planned)
    return `${shuffles} of ${PERMUTATIONS} shuffles: the search for slices ran over its budget`;
  return `${shuffles} of ${PERMUTATIONS} shuffles: ${size} events lie in too many slices for more`;
}

function rounded({ more, fewer }: MinimumDetectableDifference): MinimumDetectableDifference {
  return {
    more: more === null ? null : fourDecimals(more),
    fewer: fewer === null ? null : fourDecimals(fewer),
  };
}

function fourDecimals(value: number): number {
  return Math.round(value * 1e4) / 1e4;
}
