import * as z from 'zod';
import type { FactorColumns } from '../episode/columns/columns.ts';
import { elementAt } from '../numbers.ts';
import { DAY_MS } from '../time.ts';
import { count } from '../validation.ts';
import type { Warning } from './warning.ts';

/*
 * Events without an outcome are in no index by time, so no run reads them. The counters of a pattern and their values
 * at earlier runs are enough: outcomes of the events that came between two samples can only have come after the first
 * one. When fewer outcomes came since then than half of those events, more than half of them have none.
 * The bound never accuses wrongly, because outcomes of other events only raise the number of outcomes.
 */

/** The counters of a pattern at times in milliseconds since 1970, oldest first. */
export const countSamplesSchema = z.array(z.object({ at: count, total: count, withOutcome: count }));
export type CountSample = Readonly<z.output<typeof countSamplesSchema>[number]>;

/** Time between two samples, and their number: together 16 days. */
const SAMPLE_MS = DAY_MS / 4;
const MAX_SAMPLES = 64;
/** Least number of events that a warning is about. */
const LEAST_EVENTS = 20;
/** The quantile of the known times to an outcome after which an outcome is late. */
const QUANTILE = 0.9;
/** Time after which an outcome is late while no time to an outcome is known. */
const UNKNOWN_LAG_MS = 7 * DAY_MS;

/**
 * Returns after how long an outcome of the pattern is late, milliseconds: the 90 % quantile of the known times from
 * event to outcome, at least a day; a week when none is known.
 */
export function outcomeLag({ size, time, resolvedAt }: FactorColumns): number {
  if (size === 0) return UNKNOWN_LAG_MS;
  const lags = new Float64Array(size)
    .map((_, row) => elementAt(resolvedAt, row) - elementAt(time, row))
    .sort();
  return Math.max(DAY_MS, elementAt(lags, Math.ceil(QUANTILE * size) - 1));
}

/** Returns the samples with the current one, if it is due; the same list otherwise. */
export function withSample(samples: readonly CountSample[], current: CountSample): readonly CountSample[] {
  const last = samples.at(-1);
  if (last && current.at - last.at < SAMPLE_MS) return samples;
  return [...samples, current].slice(-MAX_SAMPLES);
}

/**
 * Warns when more than half of at least 20 events, all older than the lag, have no outcome.
 * @param samples earlier counters, oldest first
 * @param lag milliseconds after which an outcome is late
 */
export function outcomesMissing(
  samples: readonly CountSample[],
  current: CountSample,
  lag: number,
): Warning[] {
  const due = samples.findLast(({ at }) => at <= current.at - lag);
  if (!due) return [];
  const gaps = samples
    .filter(({ at }) => at < due.at)
    .map(start => ({
      since: start.at,
      events: due.total - start.total,
      outcomes: current.withOutcome - start.withOutcome,
    }))
    .filter(({ events, outcomes }) => events >= LEAST_EVENTS && outcomes < events / 2)
    .sort((a, b) => b.events - b.outcomes - (a.events - a.outcomes));
  const [worst] = gaps;
  if (!worst) return [];
  const { since, events, outcomes } = worst;
  const message =
    `at least ${events - Math.max(0, outcomes)} of the ${events} events that came from ${iso(since)} to ` +
    `${iso(due.at)} have no outcome: check the job that reports outcomes, then post those that are missing`;
  return [{ code: 'outcomes_missing', message }];
}

const iso = (ms: number): string => new Date(ms).toISOString();
