import type { ComputedSets } from '../cycle/cycle.ts';
import type { CycleStore } from '../cycle/cycle-store.ts';
import { Fault } from '../errors.ts';
import type { PatternKey } from '../pattern/pattern-key.ts';
import { DAY_MS } from '../time.ts';

/** Statuses of a pattern after which its generation in force holds what the run computed. */
const IN_FORCE = new Set(['published', 'unchanged', 'too_few_events']);

interface ComputedRun {
  /** The generation that holds what the run computed; 0 when none does, as after a trial. */
  readonly generation: number;
  readonly sets: ComputedSets;
}

export interface ComputedRunDeps {
  readonly cycles: Pick<CycleStore, 'summary' | 'computed'>;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/**
 * Returns what a run computed for a pattern. It is readable for a day after the end of the run.
 * @throws Fault `unknown_cycle`, `trial_expired`
 */
export async function readComputedRun(
  { cycles, now }: ComputedRunDeps,
  pattern: PatternKey,
  cycleId: string,
): Promise<ComputedRun> {
  const [summary, computed] = await Promise.all([cycles.summary(cycleId), cycles.computed(cycleId, pattern)]);
  if (!summary) throw new Fault('unknown_cycle', 'there is no cycle with this id: see GET /v1/cycles');
  if (now() - Date.parse(summary.finished_at ?? summary.started_at) > DAY_MS) throw expired(cycleId);
  if (!computed?.sets)
    throw new Fault(
      'unknown_cycle',
      `cycle ${cycleId} has no result for ${pattern}: GET /v1/cycles/${cycleId} shows what it computed`,
    );
  const { run, sets } = computed;
  return { generation: IN_FORCE.has(run.status) ? run.generation : 0, sets };
}

/** Returns the fault of results that can no longer be read. */
export function expired(cycleId: string): Fault {
  const message = `the results of cycle ${cycleId} were kept for a day and have expired: run it again`;
  return new Fault('trial_expired', message);
}
