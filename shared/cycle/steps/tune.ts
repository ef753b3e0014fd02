import * as z from 'zod';
import type { FactorColumns } from '../../episode/columns/columns.ts';
import { Fault } from '../../errors.ts';
import type { EffectiveSettings } from '../../generation/effective-settings.ts';
import { effectiveSettings } from '../../generation/effective-settings.ts';
import type { Generation } from '../../generation/generation.ts';
import { storeUnlessUnchanged } from '../../generation/retention.ts';
import { dimensionsOf } from '../../lesson/lesson.ts';
import { summarize } from '../../override/evaluation/evaluation.ts';
import type { PatternKey } from '../../pattern/pattern-key.ts';
import { parsePatternKey } from '../../pattern/pattern-key.ts';
import { parse } from '../../validation.ts';
import { boundWarnings } from '../../warning/warning.ts';
import type { CycleRun, MinedPattern } from '../cycle.ts';
import { cycleRunSchema } from '../cycle.ts';
import type { CycleDeps } from '../dependencies.ts';
import { readColumns } from '../event-window.ts';
import { failedRun } from '../failed-run.ts';
import { overridesInForce } from '../overrides-in-force.ts';
import { runWarnings } from '../run-warnings.ts';
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
  const tuned = tunePattern(pattern, columns, Date.parse(cycle.as_of), settings);
  const lessons = await storeUnlessUnchanged(deps, deps.lessons, pattern, tuned.lessons, current?.lessons);
  const overrides = await storeUnlessUnchanged(
    deps,
    deps.overrides,
    pattern,
    tuned.overrides,
    current?.overrides,
  );
  const inForce = await overridesInForce(deps, pattern, current, { id: overrides.id, rows: tuned.overrides });
  const found = await runWarnings(deps, {
    cycle,
    pattern,
    head,
    settings,
    columns,
    computed: tuned.overrides,
    cutDepth: tuned.cutDepth,
    inForce,
  });
  await deps.heads.putNear(pattern, tuned.near);
  await deps.heads.putEvidence(pattern, tuned.evidence);
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
    ...(tuned.shortfall !== undefined && { shortfall: tuned.shortfall }),
    ...(tuned.note !== undefined && { note: tuned.note }),
    ...(tuned.cut !== undefined && { cut: tuned.cut }),
    warnings: boundWarnings(found.warnings),
    ...heldBecause(pattern, settings, found.jumping),
  };
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

/** Returns why the result waits for an operator, when an override jumps and the pattern holds jumps. */
function heldBecause(
  pattern: PatternKey,
  { on_jump, jump }: EffectiveSettings,
  jumping: number,
): { readonly held?: string } {
  if (on_jump !== 'hold' || jumping === 0) return {};
  const what = jumping === 1 ? '1 override moves' : `${jumping} overrides move`;
  const command = `pm-tuning cycle --pattern ${pattern} --publish --reason "…"`;
  return { held: `${what} by more than a factor of ${jump}: read the warnings; to publish: ${command}` };
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
