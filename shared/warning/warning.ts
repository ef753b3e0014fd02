import * as z from 'zod';
import { ACTION_CATEGORIES } from '../lever/lever.ts';
import { scopeSubsetSchema } from '../pattern/scope-schema.ts';
import { count } from '../validation.ts';

/**
 * The kinds of warnings (contract, section 6). A warning changes nothing: runs succeed. It names something that an
 * operator should look at. The service stays healthy, but for `generation_damaged`.
 */
const WARNING_CODES = [
  'generation_damaged',
  'overrides_withdrawn',
  'at_clamp',
  'cut_drops_override',
  'jump',
  'tuned_without_applied',
  'one_writer_dominates',
  'payoff_contradicted',
  'outcomes_missing',
  'lookups_degraded',
  'factor_near_known',
  'dimension_not_asked',
  'guard_harmful',
  'guard_blind',
  'rollout_held',
  'virtual_outcomes_differ',
  'sealed_day_differed',
] as const;

export const warningSchema = z
  .object({
    code: z.enum(WARNING_CODES),
    message: z.string().meta({ description: 'what is wrong, then what to do' }),
    pattern_key: z.string().optional(),
    action_category: z.enum(ACTION_CATEGORIES).optional(),
    scope_subset: scopeSubsetSchema.optional(),
    writer: z.string().optional().meta({ description: 'of one_writer_dominates: who wrote the events' }),
    share: z.number().optional().meta({ description: 'its share of the events of the slice, 0 to 1' }),
    count: count
      .min(1)
      .optional()
      .meta({ description: 'findings that this entry stands for; without it: 1' }),
  })
  .meta({ id: 'Warning' });
export type Warning = z.output<typeof warningSchema>;

/** Maximum number of warnings of one code that a list names. One more entry counts the rest. */
const LISTED_PER_CODE = 3;

/** Returns the number of findings that the warnings of a list stand for. */
export function findingsIn(warnings: readonly Warning[]): number {
  return warnings.reduce((total, warning) => total + (warning.count ?? 1), 0);
}

/**
 * Bounds a list of warnings: of each code the first three, then one entry that counts the rest. So a list has at most
 * four entries for each code. Warnings of different patterns come first, so that no pattern hides the others.
 * A bounded list can be bounded again together with others: the counts add up.
 */
export function boundWarnings(warnings: readonly Warning[]): Warning[] {
  return [...Map.groupBy(warnings, warning => warning.code)].flatMap(([code, found]) => {
    const single = onePatternAfterAnother(found.filter(warning => warning.count === undefined));
    const listed = single.slice(0, LISTED_PER_CODE);
    const rest = findingsIn(found) - listed.length;
    if (rest === 0) return listed;
    const patterns = new Set(found.map(warning => warning.pattern_key));
    const [pattern_key] = patterns;
    const message = `${rest} more of this kind; each needs the same step as those before`;
    return [
      ...listed,
      { code, message, ...(patterns.size === 1 && pattern_key && { pattern_key }), count: rest },
    ];
  });
}

/** Orders warnings so that the first of every pattern come before the second of any. */
function onePatternAfterAnother(warnings: readonly Warning[]): Warning[] {
  const byPattern = Map.groupBy(warnings, warning => warning.pattern_key);
  return [...byPattern.values()]
    .flatMap(found => found.map((warning, rank) => ({ warning, rank })))
    .sort((a, b) => a.rank - b.rank)
    .map(({ warning }) => warning);
}
