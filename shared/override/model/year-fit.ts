import type { FactorColumns } from '../../episode/columns/columns.ts';
import { selectRows } from '../../episode/columns/select-rows.ts';
import type { PatternKey } from '../../pattern/pattern-key.ts';
import { DAY_MS, startOfDay } from '../../time.ts';
import type { PolicySettings } from '../compute-overrides.ts';
import { replaySettings } from '../compute-overrides.ts';
import type { FoldOverride } from '../evaluation/fold-memory.ts';
import { essence } from '../evaluation/fold-memory.ts';
import { weekStarts } from '../evaluation/weeks.ts';
import type { FittedModel } from '../policies/model.ts';
import { modelPolicy } from '../policies/model.ts';
import { rowsWhere } from '../rows-where.ts';
import { MODEL_NEEDS } from './needs.ts';

/** The overrides of the model for one scored week. */
interface YearFold {
  /** Events that it learned from. */
  readonly learned: number;
  readonly overrides: readonly FoldOverride[];
}

/**
 * The model of one day: fitted at midnight UTC to the year before it. So the runs of a day need it once, and read the
 * year once.
 */
export interface YearFit extends FittedModel {
  /** By scored week of the walk-forward. */
  readonly folds: readonly YearFold[];
}

/**
 * Fits the model of a day, and that of each scored week. Each reads only what was known when its day or week began.
 * @param columns events of a year or more
 * @param asOf a moment of the day, milliseconds since 1970
 */
export function fitYear(
  pattern: PatternKey,
  columns: FactorColumns,
  asOf: number,
  settings: PolicySettings,
): YearFit {
  const ofYear = replaySettings({ ...settings, lookback_days: MODEL_NEEDS.window });
  const fitAt = (at: number) => {
    const from = at - MODEL_NEEDS.window * DAY_MS;
    const known = rowsWhere(columns, (time, resolvedAt) => time >= from && time <= at && resolvedAt <= at);
    return { learned: known.length, ...modelPolicy(pattern, selectRows(columns, known), at, ofYear) };
  };
  const { overrides, note } = fitAt(startOfDay(asOf));
  const folds = weekStarts(asOf).map((at): YearFold => {
    const week = fitAt(at);
    return { learned: week.learned, overrides: week.overrides.map(essence) };
  });
  return { overrides, note, folds };
}
