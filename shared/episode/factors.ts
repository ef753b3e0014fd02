import * as z from 'zod';
import { isObject, safeRecord } from '../validation.ts';

const MAX_FACTORS = 256;
const MAX_APPLIED_DEPTH = 8;

const measuredSchema = z.strictObject({ min: z.number(), median: z.number(), max: z.number() });
const factorValueSchema = z.union([
  z.number(),
  z.boolean(),
  z.string().max(1024),
  z.array(z.string().max(256)).max(64),
  measuredSchema,
  z.null(),
]);

export type FactorValue = z.output<typeof factorValueSchema>;

/** The factors of an event by name. `applied`, the overrides in force at decision time, is an object. */
export type Factors = Readonly<Record<string, FactorValue | object>>;

/** Factors as a caller sends them. Factors that the product does not use are stored too. */
export const factorsSchema = safeRecord<Factors>(MAX_FACTORS, factorProblem).meta({
  type: 'object',
  description: 'signal factors and thresholds at decision time; unknown names are kept',
  additionalProperties: true,
  examples: [{ ts_score: { min: 0.5, median: 0.52, max: 0.54 }, ts_min: 0.6, ts_ok: false }],
});

function factorProblem(name: string, value: unknown): string | undefined {
  if (name === '' || name.length > 128 || name === '__proto__')
    return 'must be a name of 1 to 128 characters other than __proto__';
  // Most factors are numbers or booleans. Testing these first avoids the slower schema.
  if (name !== 'applied' && (typeof value === 'boolean' || Number.isFinite(value))) return undefined;
  if (name === 'applied')
    return isShallowObject(value) ? undefined : `must be an object of at most ${MAX_APPLIED_DEPTH} levels`;
  if (factorValueSchema.safeParse(value).success) return undefined;
  return 'must be a number, boolean, string, list of strings or {min, median, max}';
}

/**
 * Returns whether a value is an object of at most 8 levels. The function loops and does not recurse, so a deeply nested
 * request cannot overflow the stack.
 */
function isShallowObject(value: unknown): boolean {
  if (!isObject(value)) return false;
  let level: unknown[] = [value];
  for (let depth = 0; depth < MAX_APPLIED_DEPTH; depth++) {
    level = level.flatMap(inner => (typeof inner === 'object' && inner !== null ? Object.values(inner) : []));
    if (level.length === 0) return true;
  }
  return false;
}
