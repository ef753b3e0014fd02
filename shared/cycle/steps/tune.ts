import * as z from 'zod';
import type { FactorColumns } from '../../episode/columns/columns.ts';
import { Fault } from '../../errors.ts';
import type { EffectiveSettings } from '../../generation/effective-settings.ts';
import { effectiveSettings } from '../../generation/effective-settings.ts';
import type { Generation } from '../../generation/generation.ts';
import type { StoredDays } from '../../generation/ports.ts';
import { storeUnlessUnchanged } from '../../generation/retention.ts';
import { dimensionsOf } from '../../lesson/lesson.ts';
import { summarize } from '../../override/evaluation/evaluation.ts';
import type { PatternKey } from '../../pattern/pattern-key.ts';
import { parsePatternKey } from '../../pattern/pattern-key.ts';
import { DAY_MS } from '../../time.ts';
import { parse } from '../../validation.ts';
import type { CycleRun, MinedPattern } from '../cycle.ts';
import { cycleRunSchema } from '../cycle.ts';
import type { CycleDeps } from '../dependencies.ts';
import { readColumns } from '../event-window.ts';
import { failedRun } from '../failed-run.ts';
import { tunePattern } from '../tune-pattern.ts';

type TuneDeps = Omit<CycleDeps, 'log'>;

const inputSchema = z.object({ cycle: cycleRunSchema, pattern_key: z.string() });

/**
 * Computes the lessons of one pattern and the overrides that follow, and stores both. It puts nothing in force.
 * @throws Fault `damaged_event`, after the record of the run lists the events, or a fault of the store
 */
export async function tuneStep(deps: TuneDeps, input: unknown): Promise<MinedPattern> {
  const { cycle, pattern_key } = parse(inputSchema, input, 'invalid_request');
  const pattern = parsePatternKey(pattern_key);
  const head = await deps.heads.head(pattern);
  const current = head?.current;
  const settings = effectiveSettings(deps.defaults, head?.settings, cycle);
  const columns = await readWindow(deps, cycle, pattern, settings, current);
  const asOf = Date.parse(cycle.as_of);
  const stored = await deps.heads.storedDays(pattern);
  const tuned = tunePattern(pattern, columns, asOf, settings, stored.days);
  const lessons = await storeUnlessUnchanged(deps, deps.lessons, pattern, tuned.lessons, current?.lessons);
  const overrides = await storeUnlessUnchanged(
    deps,
    deps.overrides,
    pattern,
    tuned.overrides,
    current?.overrides,
  );
  await deps.heads.putNear(pattern, tuned.near);
  await deps.heads.putEvidence(pattern, tuned.evidence);
  await sealDays(deps, pattern, stored, { writtenOn: Math.floor(asOf / DAY_MS), days: tuned.days });
  await deps.dimensions.putUsed(pattern, dimensionsOf(tuned.lessons));
  return {
    pattern_key: pattern,
    head_version: head?.version ?? 0,
    events_read: columns.size,
    n_min: settings.n_min,
    lookback_days: settings.lookback_days,
    policy: settings.policy,
    payoff: settings.payoff,
    lessons,
    overrides,
    evidence: tuned.evidence.policies.map(summarize),
    entries: tuned.entries,
    ...(tuned.entries_reason !== undefined && { entries_reason: tuned.entries_reason }),
    ...(tuned.shortfall !== undefined && { shortfall: tuned.shortfall }),
    ...(tuned.note !== undefined && { note: tuned.note }),
    ...(tuned.cut !== undefined && { cut: tuned.cut }),
  };
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

async function readWindow(
  { episodes, cycles }: Pick<CycleDeps, 'episodes' | 'cycles'>,
  cycle: CycleRun,
  pattern: PatternKey,
  { lookback_days }: EffectiveSettings,
  current: Generation | undefined,
): Promise<FactorColumns> {
  try {
    return await readColumns(episodes, pattern, Date.parse(cycle.as_of), lookback_days);
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
