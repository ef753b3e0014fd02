import type { CycleSummary } from '../../shared/cycle/cycle.ts';
import { iso, MINUTE, NOW } from './episodes.ts';

/** Returns the summary of a run of the schedule that has succeeded within a minute. */
export function cycleSummary(fields: Partial<CycleSummary> = {}): CycleSummary {
  return {
    cycle_id: 'c1',
    status: 'succeeded',
    as_of: iso(NOW),
    started_at: iso(NOW),
    finished_at: iso(NOW + MINUTE),
    patterns_total: 1,
    patterns_failed: 0,
    trial: false,
    who: 'system:cycle',
    settings: {},
    warnings: [],
    ...fields,
  };
}
