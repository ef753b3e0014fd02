import { Fault } from '../errors.ts';
import { requirePolicy } from '../generation/effective-settings.ts';
import type { PatternKey } from '../pattern/pattern-key.ts';
import { parsePatternKey } from '../pattern/pattern-key.ts';
import { DAY_MS } from '../time.ts';
import { parse } from '../validation.ts';
import type { CycleOptions, CycleRun, CycleSummary } from './cycle.ts';
import { cycleOptionsSchema } from './cycle.ts';

/** Options that make a run explore: its result is not what the schedule would publish. */
const TRIAL_OPTIONS = ['as_of', 'lookback_days', 'n_min', 'policy'] as const;

/** Checked options, with the canonical form of the pattern key. */
type RunOptions = Omit<CycleOptions, 'pattern_key'> & { readonly pattern_key?: PatternKey };

/**
 * Reads and checks the options of a run.
 * @param now milliseconds since 1970
 * @throws Fault `invalid_request`, `policy_not_available`, `invalid_pattern_key`, `as_of_out_of_range`, `reason_required`
 */
export function readRunOptions(raw: unknown, now: number): RunOptions {
  const { pattern_key, ...options } = parse(cycleOptionsSchema, raw, 'invalid_request');
  if (options.policy !== undefined) requirePolicy(options.policy);
  if (options.as_of !== undefined) checkAsOf(options.as_of, now);
  if (options.publish === true && options.reason === undefined) checkReason(options);
  return {
    ...options,
    ...(pattern_key !== undefined && { pattern_key: parsePatternKey(pattern_key) }),
  };
}

/** Reports whether a run computes only and puts nothing in force (contract, section 6). */
export function isTrial({ publish, ...options }: CycleOptions): boolean {
  return publish === undefined ? trialOptions(options).length > 0 : !publish;
}

/** Returns the part of a run's record that its start determines. */
export function runRecord(
  cycle: CycleRun,
): Pick<CycleSummary, 'cycle_id' | 'as_of' | 'started_at' | 'trial' | 'who' | 'reason' | 'settings'> {
  const { cycle_id, as_of, started_at, trial, publish: _, who, reason, ...settings } = cycle;
  return { cycle_id, as_of, started_at, trial, who, ...(reason !== undefined && { reason }), settings };
}

function trialOptions(options: CycleOptions): string[] {
  return TRIAL_OPTIONS.filter(name => options[name] !== undefined);
}

/** @throws Fault `as_of_out_of_range` when the time is more than a day after `now` */
function checkAsOf(asOf: string, now: number): void {
  if (Date.parse(asOf) <= now + DAY_MS) return;
  const latest = new Date(now + DAY_MS).toISOString();
  const message = `as_of ${new Date(asOf).toISOString()} is more than a day in the future: use a time up to ${latest}`;
  throw new Fault('as_of_out_of_range', message, {
    issues: [{ path: 'as_of', message: `must not be after ${latest}` }],
  });
}

/** @throws Fault `reason_required` when the options would make an unpublished run a trial */
function checkReason(options: CycleOptions): void {
  const given = trialOptions(options);
  if (given.length === 0) return;
  const message =
    `a run with ${given.join(', ')} publishes only with a reason: ` +
    'add "reason", or leave "publish" out to see what the run would change';
  throw new Fault('reason_required', message, {
    issues: [{ path: 'reason', message: 'is required with publish' }],
  });
}
