import * as z from 'zod';
import { count } from '../validation.ts';

const rate = z.number().min(0).max(1);

/**
 * Counts of one slice by decision and outcome. Rates are over acted or over skipped events, neutral outcomes included;
 * a rate of no events is 0.
 */
export const quadrantStatsSchema = z
  .object({
    n_acted: count,
    n_skipped: count,
    n_wins: count.meta({ description: 'acted, success' }),
    n_fps: count.meta({ description: 'acted, failure: false positives' }),
    n_misses: count.meta({ description: 'skipped, success' }),
    n_dodges: count.meta({ description: 'skipped, failure' }),
    n_total: count,
    wr: rate.meta({ description: 'wins / acted' }),
    fpr: rate.meta({ description: 'false positives / acted' }),
    mr: rate.meta({ description: 'misses / skipped' }),
    dr: rate.meta({ description: 'dodges / skipped' }),
  })
  .meta({ id: 'QuadrantStats' });

/** Counts of one slice by rungs of the DX ladder, over the successes that carry a `dx_count`. */
export const ladderStatsSchema = z
  .object({
    avg_dx_count: z.number(),
    count_1: count,
    count_2: count,
    count_3: count,
    n_success: count.meta({ description: 'successes with a dx_count' }),
    n_failure: count,
    n_total: count,
    failure_rate: rate,
    ladder_pressure: z.number().min(-1).max(1).meta({ description: '(count_3 - count_1) / n_success' }),
  })
  .meta({ id: 'LadderStats' });

export type QuadrantStats = z.output<typeof quadrantStatsSchema>;
export type LadderStats = z.output<typeof ladderStatsSchema>;
