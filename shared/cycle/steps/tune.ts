import * as z from 'zod';
import type { FactorColumns } from '../../episode/columns/columns.ts';
import type { SealedEvents } from '../../episode/sealed-days.ts';
import { Fault } from '../../errors.ts';
import { movesHash } from '../../generation/change-candidate.ts';
import type { EffectiveSettings } from '../../generation/effective-settings.ts';
import { effectiveSettings } from '../../generation/effective-settings.ts';
import type { Generation, RetainedRowSetRef } from '../../generation/generation.ts';
import type { Head } from '../../generation/head.ts';
import type { StoredDays } from '../../generation/ports.ts';
import { storeUnlessUnchanged } from '../../generation/retention.ts';
import { dimensionsByEvents } from '../../lesson/lesson.ts';
import { summarize } from '../../override/evaluation/evaluation.ts';
import type { Override } from '../../override/override.ts';
import { DEFAULT_RESOLUTION } from '../../override/override.ts';
import { scoreParts } from '../../override/score/score-parts.ts';
import type { PatternKey } from '../../pattern/pattern-key.ts';
import { dayOf } from '../../time.ts';
import { parse } from '../../validation.ts';
import { boundWarnings } from '../../warning/warning.ts';
import { countChanges } from '../count-changes.ts';
import type { CycleRun, MinedPattern } from '../cycle.ts';
import { cycleRunSchema } from '../cycle.ts';
import type { CycleDeps } from '../dependencies.ts';
import type { GuardEvents } from '../event-window.ts';
import { numbersOf, readColumns } from '../event-window.ts';
import { failedRun } from '../failed-run.ts';
import { advanceGuard, openGuard } from '../guard/advance-guard.ts';
import { overridesInForce } from '../overrides-in-force.ts';
import { runWarnings } from '../run-warnings.ts';
import { openSealedEvents, sealWarnings } from '../sealed-events.ts';
import { seenValues } from '../seen-values.ts';
import { readShortfall } from '../shortfall.ts';
import type { TuningResult } from '../tune-pattern.ts';
import { tunePattern } from '../tune-pattern.ts';
import { restoreFolds, storeFolds, yearFit } from './earlier-fits.ts';
import { patternOfItem, patternRefFields } from './pattern-of-item.ts';

const inputSchema = z.object({ cycle: cycleRunSchema, ...patternRefFields });

/**
 * Computes the lessons of one pattern and the overrides that follow, and stores both. It puts nothing in force.
 * @throws Fault `damaged_event`, after the record of the run lists the events, or a fault of the store
 */
export async function tuneStep(deps: CycleDeps, input: unknown): Promise<MinedPattern> {
  const { cycle, ...ref } = parse(inputSchema, input, 'invalid_request');
  const pattern = await patternOfItem(deps.cycles, cycle, ref);
  const head = await deps.heads.head(pattern);
  const current = head?.current;
  const settings = effectiveSettings(deps.defaults, head?.settings, cycle);
  const excluded = await excludedBy(deps, cycle);
  const guard = await openGuard(deps, cycle, pattern, head, settings, excluded);
  const events = openSealedEvents(deps, guard?.candidate);
  const columns = await readWindow(deps, events, cycle, pattern, settings, current, excluded, guard?.events);
  if (!cycle.trial) await events.seal(pattern);
  const asOf = Date.parse(cycle.as_of);
  const stored = await deps.heads.storedDays(pattern);
  if (!cycle.trial) await restoreFolds(deps, pattern, settings);
  const read = [events];
  const openYear = (): SealedEvents => {
    const ofYear = openSealedEvents(deps);
    read.push(ofYear);
    return ofYear;
  };
  const tuned = tunePattern(pattern, columns, asOf, settings, {
    days: stored.days,
    year: await yearFit(deps, cycle, { pattern, settings, excluded, columns }, openYear),
    ...(!cycle.trial && { folds: deps.folds }),
  });
  const newest = readOnce(deps.episodes);
  const shortfall = await readShortfall({ heads: deps.heads, episodes: newest }, pattern, tuned, {
    asOf,
    days: settings.lookback_days,
    nMin: settings.n_min,
    events: columns.size,
  });
  const sets = await storeSets(deps, pattern, tuned, current);
  const computed = { id: sets.overrides.id, rows: tuned.overrides };
  const inForce = await overridesInForce(deps, pattern, current, computed);
  const changes = countChanges(inForce, tuned.overrides);
  const result = { cycle, pattern, head, settings, columns, tuned, inForce };
  const found = await runWarnings({ ...deps, episodes: newest }, result);
  const guarded =
    guard && head ? await advanceGuard(deps, cycle, pattern, head, guard, columns, settings, tuned) : [];
  const kept = keepsGeneration(head, found.held, settings);
  const damaged = await damagedSets(deps, pattern, current, { sets, inForce, kept });
  const near = await storeFindings(deps, cycle, pattern, tuned, columns);
  const today = dayOf(asOf);
  if (!cycle.trial) {
    await sealDays(deps, pattern, stored, { writtenOn: today, days: tuned.days });
    await storeFolds(deps, pattern, settings);
  }
  return {
    pattern_key: pattern,
    head_version: head?.version ?? 0,
    events_read: columns.size,
    n_min: settings.n_min,
    lookback_days: settings.lookback_days,
    policy: settings.policy,
    payoff: tuned.payoff,
    ...sets,
    near,
    ...(changes && { changes }),
    evidence: tuned.evidence.policies.map(summarize),
    entries: tuned.entries,
    ...(tuned.entries_reason !== undefined && { entries_reason: tuned.entries_reason }),
    ...(shortfall && { shortfall: shortfall.text, shortfall_code: shortfall.code }),
    ...(tuned.note && { note: tuned.note.text, note_code: tuned.note.code }),
    ...(tuned.cut !== undefined && { cut: tuned.cut }),
    ...found,
    ...guardedResult(settings, current, tuned, inForce),
    warnings: boundWarnings([...found.warnings, ...guarded, ...sealWarnings(pattern, read)]),
    ...(damaged.length > 0 && { damaged }),
  };
}

/** Returns what a guarded rollout needs to know of a result; nothing under the setting `immediate`. */
function guardedResult(
  { rollout, policy }: EffectiveSettings,
  current: Generation | undefined,
  { overrides, entries }: TuningResult,
  inForce: readonly Override[] | undefined,
): Pick<MinedPattern, 'guarded'> {
  if (rollout !== 'guarded') return {};
  const moves = movesHash(overrides, entries, DEFAULT_RESOLUTION[policy]);
  const before = movesHash(
    inForce ?? [],
    current?.entries,
    current?.resolution ?? DEFAULT_RESOLUTION[policy],
  );
  return { guarded: { moves, differs: inForce === undefined || moves !== before } };
}

/** Returns a reader of the newest event that reads it at most once, for the shortfall and the warnings of one pattern. */
function readOnce(
  episodes: Pick<CycleDeps['episodes'], 'newestResolved'>,
): Pick<CycleDeps['episodes'], 'newestResolved'> {
  let newest: Promise<number | undefined> | undefined;
  return {
    newestResolved: pattern => {
      newest ??= episodes.newestResolved(pattern);
      return newest;
    },
  };
}

/** Stores the rows that are not in force yet, as sets named by their content. */
async function storeSets(
  deps: Pick<CycleDeps, 'lessons' | 'overrides' | 'scores' | 'now' | 'log'>,
  pattern: PatternKey,
  { lessons, overrides, score }: TuningResult,
  current: Generation | undefined,
): Promise<Pick<MinedPattern, 'lessons' | 'overrides' | 'score'>> {
  const parts = score && scoreParts(score);
  return {
    lessons: await storeUnlessUnchanged(deps, deps.lessons, pattern, lessons, current?.lessons),
    overrides: await storeUnlessUnchanged(deps, deps.overrides, pattern, overrides, current?.overrides),
    ...(parts && { score: await storeUnlessUnchanged(deps, deps.scores, pattern, parts, current?.score) }),
  };
}

/**
 * Returns the sets in force that are damaged and that the result does not restore. A set with the computed content is
 * intact by now; a result that is published replaces the others.
 */
async function damagedSets(
  { lessons, scores }: Pick<CycleDeps, 'lessons' | 'scores'>,
  pattern: PatternKey,
  current: Generation | undefined,
  result: {
    readonly sets: Pick<MinedPattern, 'lessons' | 'overrides' | 'score'>;
    readonly inForce: readonly Override[] | undefined;
    readonly kept: boolean;
  },
): Promise<NonNullable<MinedPattern['damaged']>> {
  if (!current || !result.kept) return [];
  const isRestored = current.lessons.id === result.sets.lessons.id;
  const hasLessons = isRestored || (await lessons.isIntact(pattern, current.lessons));
  const hasScore =
    current.score === undefined ||
    current.score.id === result.sets.score?.id ||
    (await scores.isIntact(pattern, current.score));
  return [
    ...(hasLessons ? [] : (['lessons'] as const)),
    ...(result.inForce ? [] : (['overrides'] as const)),
    ...(hasScore ? [] : (['score'] as const)),
  ];
}

/** Returns whether the generation in force may stay although another set was computed. */
function keepsGeneration(
  head: Head | undefined,
  held: string | undefined,
  { rollout }: EffectiveSettings,
): boolean {
  return head?.mode === 'frozen' || held !== undefined || rollout === 'guarded';
}

/**
 * Stores near lessons, evidence and used dimensions as those of the last run. Of a trial only the near lessons are
 * stored, apart from those of the last run.
 * @returns the hash of the near lessons
 */
async function storeFindings(
  { heads, dimensions, seenValues: values }: Pick<CycleDeps, 'heads' | 'dimensions' | 'seenValues'>,
  cycle: CycleRun,
  pattern: PatternKey,
  tuned: TuningResult,
  columns: FactorColumns,
): Promise<RetainedRowSetRef> {
  if (cycle.trial) return heads.storeNear(pattern, tuned.near);
  const near = await heads.putNear(pattern, tuned.near);
  await heads.putEvidence(pattern, tuned.evidence);
  await dimensions.putUsed(pattern, dimensionsByEvents(tuned.lessons));
  await values.putSeen(pattern, seenValues(tuned.overrides, columns));
  return near;
}

/**
 * Stores the daily results once a day, so that those of days that leave the window are kept. A run as of an earlier day
 * than the last one stores nothing.
 */
async function sealDays(
  { heads }: Pick<CycleDeps, 'heads'>,
  pattern: PatternKey,
  before: StoredDays,
  next: StoredDays,
): Promise<void> {
  if (next.writtenOn > before.writtenOn && next.days.length > 0) await heads.putStoredDays(pattern, next);
}

/** Returns the numbers of the writers that the run leaves out. */
async function excludedBy(
  { writers }: Pick<CycleDeps, 'writers'>,
  { excluded_writers }: CycleRun,
): Promise<ReadonlySet<number>> {
  const names = new Set(excluded_writers);
  return numbersOf(names.size === 0 ? [] : (await writers.writers()).filter(({ name }) => names.has(name)));
}

async function readWindow(
  { cycles }: Pick<CycleDeps, 'cycles'>,
  events: SealedEvents,
  cycle: CycleRun,
  pattern: PatternKey,
  { lookback_days }: EffectiveSettings,
  current: Generation | undefined,
  excluded: ReadonlySet<number>,
  guard: GuardEvents | undefined,
): Promise<FactorColumns> {
  try {
    return await readColumns(events, pattern, Date.parse(cycle.as_of), lookback_days, excluded, guard);
  } catch (error) {
    await recordDamagedEvents(cycles, cycle, pattern, current, error);
    throw error;
  }
}

/** Records which events are damaged, because the state machine passes on only the name of an error. */
async function recordDamagedEvents(
  cycles: CycleDeps['cycles'],
  cycle: CycleRun,
  pattern: PatternKey,
  current: Generation | undefined,
  error: unknown,
): Promise<void> {
  if (!(error instanceof Fault) || error.code !== 'damaged_event') return;
  const run = failedRun(pattern, current, error.code);
  await cycles.putRun(cycle.cycle_id, { ...run, reason: `${run.reason}: ${error.message}` });
}
