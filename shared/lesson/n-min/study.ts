import type { EpisodeColumns } from '../../episode/columns/columns.ts';
import { gather } from '../../episode/columns/select-rows.ts';
import { mineSlices } from '../../mining/mine-slices.ts';
import type { Cut, MineInput } from '../../mining/types.ts';
import { elementAt } from '../../numbers.ts';
import type { PatternKey } from '../../pattern/pattern-key.ts';
import type { Proportion } from '../../statistics/fisher-exact.ts';
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

/** Two-sided significance level of a lesson that is read alone: that of its 90 % interval. */
const ALPHA_ALONE = 0.1;

const N_MINS = Array.from({ length: N_MIN_RANGE.to - N_MIN_RANGE.from + 1 }, (_, i) => N_MIN_RANGE.from + i);

/** The findings at one `N_MIN`: in the events, and in each permutation of them. */
interface NMinFindings {
  readonly nMin: number;
  readonly slices: number;
  readonly lessons: number;
  readonly observed: FindingCounts;
  readonly permuted: readonly FindingCounts[];
}

/**
 * Studies what each `N_MIN` would find in a pattern's own events.
 * - The slices are mined once, at the lowest `N_MIN`; those of a higher one are a subset.
 * - A permutation test estimates the findings of chance: successes are shuffled among the decided events, while scopes
 *   stay. Its random numbers are seeded from the events, so the same events give the same study.
 * @param nMin the `N_MIN` in force
 */
export function studyNMin(
  pattern: PatternKey,
  columns: EpisodeColumns,
  nMin: number,
  budget: StudyBudget = STUDY_BUDGET,
): NMinStudy {
  const input = studyInput(lessonKind(pattern), columns);
  const { findingsByNMin, permutations, planned, cut } = countFindings(input, budget);
  const total = {
    successes: countOf(input, CLASS.hit),
    trials: input.size - countOf(input, CLASS.undecided),
  };
  const rows = findingsByNMin.map(findings => studyRow(findings, total, input.size));
  return {
    events: input.size,
    decided: total.trials,
    base_share: total.trials === 0 ? null : fourDecimals(shareOf(total)),
    n_min: nMin,
    fdr: FALSE_DISCOVERY_RATE,
    power: POWER,
    shuffles: permutations,
    ...(permutations < PERMUTATIONS && { limited: limitedReason(input, permutations, planned) }),
    ...(cut && { cut: `slices of more than ${cut.depth} dimensions: ${cut.reason}` }),
    rows,
    ...recommendNMin(rows, nMin, input.size),
  };
}

/** Mines the slices, and counts the findings in the events and in the permutations that the budget allows. */
function countFindings(
  input: MineInput,
  budget: StudyBudget,
): {
  readonly findingsByNMin: readonly NMinFindings[];
  readonly permutations: number;
  readonly planned: number;
  readonly cut: Cut | undefined;
} {
  const mined = mineSlices(input, {
    nMin: N_MIN_RANGE.from,
    nearMin: N_MIN_RANGE.from,
    maxSlices: MAX_LESSONS,
    maxWork: budget.maxWork,
  });
  const { slices } = mined;
  const support = sumOf(slices, [CLASS.hit, CLASS.other, CLASS.undecided]);
  const decided = sumOf(slices, [CLASS.hit, CLASS.other]);
  const findings = new Findings(slices, support, decided, FALSE_DISCOVERY_RATE);
  const sliceCounts = N_MINS.map(n => findings.countSlices(n));
  const lessons = sliceCounts.map(count => count.lessons);
  const observed = findings.countFindings(N_MINS, sumOf(slices, [CLASS.hit]), lessons);
  const planned = affordablePermutations(support, budget);
  const permuted = permutedFindings(input, mined, planned, hits =>
    findings.countFindings(N_MINS, hits, lessons),
  );
  const findingsByNMin = observed.map((counts, k): NMinFindings => {
    const [sliceCount, nMin] = [sliceCounts[k], N_MINS[k]];
    if (!sliceCount || nMin === undefined) throw new RangeError(`there is no N_MIN ${k}`);
    return {
      nMin,
      ...sliceCount,
      observed: counts,
      permuted: permuted.flatMap(permutation => permutation[k] ?? []),
    };
  });
  return { findingsByNMin, permutations: permuted.length, planned, cut: mined.cut };
}

/** Returns the row of one `N_MIN`. @param total successes and trials of all events @param size number of events */
function studyRow(
  { nMin, slices, lessons, observed, permuted }: NMinFindings,
  total: Proportion,
  size: number,
): NMinRow {
  // A slice of N_MIN events is assumed to have the same share of decided events as the whole pattern.
  const decided = (nMin * total.trials) / Math.max(1, size);
  const detectable = (alpha: number): MinimumDetectableDifference =>
    rounded(minimumDetectableDifference(shareOf(total), decided, total.trials - decided, alpha));
  return {
    n_min: nMin,
    slices,
    lessons,
    ...observed,
    ...byChance(permuted),
    detectable: detectable(ALPHA_ALONE),
    detectable_among: detectable(FALSE_DISCOVERY_RATE / Math.max(1, lessons)),
  };
}

/**
 * Returns the rows that count towards `N_MIN`, in content order. Their class is their part in the share: a success,
 * another decided event, or undecided.
 */
function studyInput(kind: LessonKind, columns: EpisodeColumns): MineInput {
  const full = kind.input(columns);
  const classOf = Array.from({ length: full.classCount }, (_, c) => {
    const singleEvent = Array.from({ length: full.classCount }, (_, k) => Number(k === c));
    const { successes, trials } = kind.share(singleEvent);
    return successes > 0 ? CLASS.hit : trials > 0 ? CLASS.other : CLASS.undecided;
  });
  const classes = full.classes.map(c => classOf[c] ?? CLASS.undecided);
  const order = contentOrder(full.size, classes, full.dimensions).filter(
    row => full.supporting[elementAt(full.classes, row)],
  );
  return {
    size: order.length,
    dimensions: full.dimensions.map(dimension => ({ ...dimension, codes: gather(dimension.codes, order) })),
    classes: gather(classes, order),
    classCount: CLASS_COUNT,
    supporting: new Array<boolean>(CLASS_COUNT).fill(true),
  };
}

/** Returns the means over permutations; all 0 without any. */
function byChance(
  permuted: readonly FindingCounts[],
): Pick<NMinRow, 'differ_by_chance' | 'general_by_chance' | 'any_by_chance'> {
  const mean = (figure: (counts: FindingCounts) => number): number =>
    permuted.length === 0 ? 0 : permuted.reduce((sum, counts) => sum + figure(counts), 0) / permuted.length;
  return {
    differ_by_chance: fourDecimals(mean(counts => counts.differ)),
    general_by_chance: fourDecimals(mean(counts => counts.general)),
    any_by_chance: fourDecimals(mean(counts => Number(counts.differ > 0))),
  };
}

function limitedReason({ size }: MineInput, permutations: number, planned: number): string {
  if (permutations < planned)
    return `${permutations} of ${PERMUTATIONS} permutations: the search for slices ran over its budget`;
  return `${permutations} of ${PERMUTATIONS} permutations: ${size} events lie in too many slices for more`;
}

function shareOf({ successes, trials }: Proportion): number {
  return trials === 0 ? 0 : successes / trials;
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
