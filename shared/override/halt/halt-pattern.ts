import type { FactorColumns } from '../../episode/columns/columns.ts';
import { makesLadderLessons } from '../../lesson/lesson.ts';
import type { ActionCategory } from '../../lever/lever.ts';
import { leversOf } from '../../lever/lever.ts';
import type { PatternKey } from '../../pattern/pattern-key.ts';
import { scopeHash } from '../../pattern/scope-hash.ts';
import { DAY_MS, dayOf } from '../../time.ts';
import type { PolicySettings } from '../compute-overrides.ts';
import { replaySettings } from '../compute-overrides.ts';
import { MULTIPLIER_RANGE } from '../multiplier-range.ts';
import type { Override } from '../override.ts';
import { byScopeHashThenCategory } from '../override.ts';
import { prepareGates } from '../replay/gates.ts';
import { rowsWhere } from '../rows-where.ts';
import type { BaseDay } from './base-days.ts';
import { baseDays } from './base-days.ts';
import { HALT_DAYS, judgeHalt } from './halt.ts';
import type { HaltMode } from './halt-mode.ts';

/** The verdict on one pattern, and the days that it rests on. */
interface PatternHalt {
  readonly entries: 'open' | 'halted';
  readonly reason?: string;
  /** Results of the last 365 days, ascending: those of the window, and sealed ones before it. */
  readonly days: readonly BaseDay[];
}

/**
 * Judges whether a pattern is halted, from the events of its window and the days that have left it.
 * @param asOf milliseconds since 1970
 * @param sealed results of earlier runs; a day that the window holds in full is counted anew
 */
export function haltPattern(
  pattern: PatternKey,
  columns: FactorColumns,
  asOf: number,
  settings: PolicySettings,
  sealed: readonly BaseDay[],
): PatternHalt {
  const today = dayOf(asOf);
  const from = asOf - settings.lookback_days * DAY_MS;
  const firstFullDay = Math.ceil(from / DAY_MS);
  const gates = prepareGates(pattern, columns, { ...replaySettings(settings), clusters: [] }, 'base');
  // Without a gate that can be replayed every event would count as taken.
  const replayable = gates.gates.length > 0 && !makesLadderLessons(pattern);
  const known = rowsWhere(columns, (time, resolvedAt) => time >= from && time <= asOf && resolvedAt <= asOf);
  const ofWindow = replayable ? baseDays(gates, known) : [];
  const days = [
    ...sealed.filter(({ day }) => day < firstFullDay && day > today - HALT_DAYS),
    ...ofWindow.filter(({ day }) => day >= firstFullDay),
  ];
  const { entries, reason } = judgeHalt(days, today, settings.payoff);
  return { entries, ...(reason !== undefined && { reason }), days };
}

/** Multipliers that close a gate as far as an override goes, by threshold. */
const CLOSING: Readonly<Record<string, number>> = {
  ts_min: MULTIPLIER_RANGE.max,
  halo_max: MULTIPLIER_RANGE.min,
};

/**
 * Returns the overrides of a pattern with those of a halt, which replace every other of the same lever. They close the
 * gates of TS and halo everywhere, as far as overrides go.
 */
export function applyHalt(
  pattern: PatternKey,
  overrides: readonly Override[],
  { reason = '', days }: PatternHalt,
): Override[] {
  const n = days.reduce((sum, { winners, losers }) => sum + winners + losers, 0);
  const closing = leversOf(pattern).flatMap(({ category, thresholds }): Override[] => {
    const multiplier = CLOSING[thresholds[0] ?? ''];
    if (multiplier === undefined) return [];
    return [{ ...everywhere(category), multiplier, confidence: 1, n, reason: `halted: ${reason}` }];
  });
  const closed = new Set(closing.map(override => override.action_category));
  const others = overrides.filter(override => !closed.has(override.action_category));
  return [...others, ...closing].sort(byScopeHashThenCategory);
}

function everywhere(
  action_category: ActionCategory,
): Pick<Override, 'action_category' | 'scope_subset' | 'scope_hash'> {
  return { action_category, scope_subset: {}, scope_hash: scopeHash({}) };
}

/** Returns whether a verdict puts overrides in force. */
export function isHaltApplied({ entries }: Pick<PatternHalt, 'entries'>, mode: HaltMode): boolean {
  return entries === 'halted' && mode === 'apply';
}
