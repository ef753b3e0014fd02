import type { FactorColumns } from '../../episode/columns/columns.ts';
import { fillThresholds } from '../../episode/columns/fill-thresholds.ts';
import { fingerprintOf } from '../../episode/columns/row-fingerprint.ts';
import { selectRows } from '../../episode/columns/select-rows.ts';
import { sampleEvents } from '../../episode/sampled-events.ts';
import type { SealedEvents } from '../../episode/sealed-days.ts';
import { MARK_AFTER_MS, MARK_AGAIN_MS } from '../../episode/sealed-days.ts';
import type { EffectiveSettings } from '../../generation/effective-settings.ts';
import { shortHash } from '../../hash.ts';
import { makesLadderLessons } from '../../lesson/lesson.ts';
import { noLeverReason } from '../../lever/no-lever.ts';
import { configuredPayoff, settlePayoff } from '../../override/measured-payoff.ts';
import { MODEL_NEEDS } from '../../override/model/needs.ts';
import type { YearFit } from '../../override/model/year-fit.ts';
import { fitYear } from '../../override/model/year-fit.ts';
import type { Policy } from '../../override/override.ts';
import { POLICIES } from '../../override/override.ts';
import type { Payoff } from '../../override/payoff.ts';
import { MEASURED } from '../../override/payoff.ts';
import { rowsWhere } from '../../override/rows-where.ts';
import type { PatternKey } from '../../pattern/pattern-key.ts';
import { DAY_MS, startOfDay } from '../../time.ts';
import type { CycleRun } from '../cycle.ts';
import type { CycleDeps } from '../dependencies.ts';
import { readColumns } from '../event-window.ts';

/** The window that a run has read, and how it was read. */
interface ReadWindow {
  readonly pattern: PatternKey;
  readonly settings: EffectiveSettings;
  /** Numbers of the writers that are left out. */
  readonly excluded: ReadonlySet<number>;
  readonly columns: FactorColumns;
}

/** Most events of a year that the model reads, about; they take some 400 MB. */
const MAX_YEAR_EVENTS = 400_000;

type FitDeps = Pick<CycleDeps, 'fits' | 'sealedDays' | 'folds' | 'now'>;

/**
 * Returns the model of the day of a run: the one that an earlier run of that day stored, unless the events that it depends on
 * changed. Only a run without one reads the year. Trials store nothing.
 * @param openYear returns a reader of events for the year
 */
export async function yearFit(
  deps: FitDeps,
  cycle: CycleRun,
  window: ReadWindow,
  openYear: () => SealedEvents,
): Promise<YearFit | undefined> {
  const { pattern, settings, excluded } = window;
  const isFitted = settings.policy === 'model' || settings.challengers.includes('model');
  if (!isFitted || makesLadderLessons(pattern) || noLeverReason(pattern)) return undefined;
  const asOf = Date.parse(cycle.as_of);
  const known = knownAtMidnight(window, asOf);
  const payoff = payoffAtMidnight(window, known);
  const key = shortHash(JSON.stringify([payoff, ...(await dependencies(deps, window, known, asOf))]));
  const stored = cycle.trial ? undefined : await deps.fits.yearFit(pattern, key);
  if (stored) return stored;
  const events = openYear();
  const expected = (known.length * MODEL_NEEDS.window) / settings.lookback_days;
  const sampled = sampleEvents(events, expected, MAX_YEAR_EVENTS);
  // The year is read as of midnight: a correction of the day would else give each later run another model.
  const columns = await readColumns(sampled, pattern, startOfDay(asOf), MODEL_NEEDS.window, excluded);
  const { base_thresholds } = settings;
  const fit = fitYear(
    pattern,
    fillThresholds(columns, base_thresholds),
    asOf,
    { ...settings, payoff },
    isPublished(settings) ? base_thresholds : undefined,
  );
  if (cycle.trial) return fit;
  await events.seal(pattern);
  await deps.fits.putYearFit(pattern, key, fit);
  return fit;
}

/** Returns whether the generation is published with its model. */
function isPublished({ policy, score }: EffectiveSettings): boolean {
  return policy === 'model' && score === 'advise';
}

/** Returns the rows of a window whose outcome was known when the day began. */
function knownAtMidnight({ columns, settings }: ReadWindow, asOf: number): Uint32Array {
  const midnight = startOfDay(asOf);
  const from = wholeFrom(settings, asOf);
  return rowsWhere(columns, (time, resolvedAt) => time >= from && time <= midnight && resolvedAt <= midnight);
}

/** Returns the start of the first day that the window holds in full throughout the day, milliseconds since 1970. */
function wholeFrom({ lookback_days }: EffectiveSettings, asOf: number): number {
  return startOfDay(asOf) + DAY_MS - lookback_days * DAY_MS;
}

/** A measured payoff is that of the start of the day, so that it does not change the model in each run. */
function payoffAtMidnight({ columns, settings }: ReadWindow, known: Uint32Array): Payoff {
  if (settings.payoff !== MEASURED) return configuredPayoff(settings);
  return settlePayoff(selectRows(columns, known), settings).payoff;
}

/**
 * Returns what the model of a day depends on: the events that the window holds, the marks of the days before it, and
 * settings. Events of those days do not change without a mark.
 */
async function dependencies(
  deps: FitDeps,
  { pattern, settings, excluded, columns }: ReadWindow,
  known: Uint32Array,
  asOf: number,
): Promise<unknown[]> {
  const midnight = startOfDay(asOf);
  const heldFrom = wholeFrom(settings, asOf);
  const first = midnight / DAY_MS - MODEL_NEEDS.window;
  const last = heldFrom / DAY_MS - 1;
  const states = last < first ? new Map() : await deps.sealedDays.states(pattern, first, last);
  const now = deps.now();
  const marks = [...states].flatMap(([day, { marked }]) => {
    if (marked === undefined) return [];
    // A writer that has just marked a day may still change it without another mark.
    return [[day, marked, ...(marked > now - 2 * MARK_AGAIN_MS ? [now] : [])]];
  });
  return [
    midnight,
    fingerprintOf(columns.hashes ?? new Uint32Array(), known),
    marks,
    [...excluded].sort((a, b) => a - b),
    settings.n_min,
    settings.lookback_days,
    settings.base_thresholds,
    isPublished(settings),
    // Events that the window does not hold and that are too young for a mark may change unseen: each run fits anew.
    ...(heldFrom > midnight - MARK_AFTER_MS ? [now] : []),
  ];
}

/** Returns the policies whose past weeks are recalled. Those of the model are in the fit of the day. */
function recalledPolicies({ policy, challengers }: EffectiveSettings): Policy[] {
  return POLICIES.filter(name => name !== 'model' && (name === policy || challengers.includes(name)));
}

/** Takes over the overrides of past weeks that an earlier process computed. */
export async function restoreFolds(
  { fits, folds }: FitDeps,
  pattern: PatternKey,
  settings: EffectiveSettings,
): Promise<void> {
  const unknown = recalledPolicies(settings).filter(policy => !folds.has(pattern, policy));
  const stored = await Promise.all(unknown.map(policy => fits.folds(pattern, policy)));
  unknown.forEach((policy, i) => {
    folds.restore(pattern, policy, stored[i] ?? []);
  });
}

/** Stores the overrides of past weeks that this run computed. */
export async function storeFolds(
  { fits, folds }: FitDeps,
  pattern: PatternKey,
  settings: EffectiveSettings,
): Promise<void> {
  for (const policy of recalledPolicies(settings)) {
    const computed = folds.takeNew(pattern, policy);
    if (computed) await fits.putFolds(pattern, policy, computed);
  }
}
