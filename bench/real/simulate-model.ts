import { selectRows } from '../../shared/episode/columns/select-rows.ts';
import { elementAt } from '../../shared/numbers.ts';
import { replaySettings } from '../../shared/override/compute-overrides.ts';
import { simulateDecisions } from '../../shared/override/evaluation/simulate-decisions.ts';
import { HALT_DAYS } from '../../shared/override/halt/halt.ts';
import { scoreRows } from '../../shared/override/model/fit-model.ts';
import { modelPolicy } from '../../shared/override/policies/model.ts';
import { rowsWhere } from '../../shared/override/rows-where.ts';
import { DAY_MS } from '../../shared/time.ts';
import type { Market } from './simulate.ts';
import { PATTERN, withHalt } from './simulate.ts';

/** Decisions under the model policy, by row. */
export interface ModelDecisions {
  /** Under its overrides. */
  readonly gates: Uint8Array;
  /** Under its score. */
  readonly score: Uint8Array;
  /** Under its score; on halted days it acts only on events that clear the rung of openings. */
  readonly scoreAndHalt: Uint8Array;
  /** Moment of the first fit with enough days, milliseconds since 1970; before it the base gates decide. */
  readonly firstFit: number | undefined;
}

/**
 * Runs the model policy: every few days it is fitted to the outcomes of 365 days known by then. It reads no decisions of
 * its own, so no loop has to be closed.
 * @param progress is called before each fit with its number and how many there are
 */
export function simulateModel(
  market: Market,
  everyDays: number,
  progress: (fit: number, of: number) => void,
): ModelDecisions {
  const { run, gates, baseActs, settings } = market;
  const { columns, scoredFrom, end } = run;
  const step = everyDays * DAY_MS;
  const fitSettings = replaySettings({ ...settings, lookback_days: HALT_DAYS });
  const always = new Uint8Array(columns.size).fill(1);
  const open = withHalt(market, always);
  const decisions = {
    gates: baseActs.slice(),
    score: baseActs.slice(),
    scoreAndHalt: withHalt(market, baseActs),
  };
  let fits = 0;
  let firstFit: number | undefined;
  for (let at = scoredFrom; at < end; at += step) {
    progress(++fits, Math.ceil((end - scoredFrom) / step));
    const from = at - HALT_DAYS * DAY_MS;
    const known = rowsWhere(columns, (time, resolvedAt) => time >= from && time < at && resolvedAt <= at);
    const { model, overrides } = modelPolicy(PATTERN, selectRows(columns, known), at, fitSettings);
    if (!model) continue;
    firstFit ??= at;
    const rows = rowsWhere(columns, time => time >= at && time < at + step);
    simulateDecisions(gates, overrides, 'product', rows, decisions.gates);
    const whileOpen = scoreRows(model, gates, rows, baseActs, fitSettings).acts;
    const whileHalted = scoreRows(model, gates, rows, baseActs, fitSettings, true).acts;
    rows.forEach((row, i) => {
      decisions.score[row] = elementAt(whileOpen, i);
      decisions.scoreAndHalt[row] = elementAt(open[row] === 1 ? whileOpen : whileHalted, i);
    });
  }
  return { ...decisions, firstFit };
}
