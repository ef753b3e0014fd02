import * as z from 'zod';

const measuredSchema = z.strictObject({ min: z.number(), median: z.number(), max: z.number() });

/** A number, or the smallest, middle and largest value of a measured span. */
export const numericFactorSchema = z.union([z.number(), measuredSchema]);
export const gateListSchema = z.array(z.string().max(256)).max(64);

/** A factor of any name. */
export const factorValueSchema = z.union([
  z.number(),
  z.boolean(),
  z.string().max(1024),
  gateListSchema,
  measuredSchema,
  z.null(),
]);

export type FactorValue = z.output<typeof factorValueSchema>;

/** The factors of an event by name. `applied`, what moved the thresholds, is an object, a list or null. */
export type Factors = Readonly<Record<string, FactorValue | object>>;
