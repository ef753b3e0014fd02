import type { z } from 'zod';
import { safeRecord } from '../validation.ts';
import type { Factors } from './factors.ts';
import { factorValueSchema, gateListSchema, numericFactorSchema } from './factors.ts';
import { GATE_FLAGS, NUMERIC_FACTORS } from './packed-episode.ts';

const MAX_FACTORS = 256;
const MAX_APPLIED_DEPTH = 8;
const MAX_NAME_LENGTH = 128;

/*
 * The schemas of `factors.ts` as JSON schemas. They are written out, because converting them would lengthen the cold
 * start of each function that reads events.
 */
const NULL = { type: 'null' };
/** JSON can write numbers beyond the range of double precision. */
const NUMBER = { type: 'number', minimum: -Number.MAX_VALUE, maximum: Number.MAX_VALUE };
const MEASURED = {
  type: 'object',
  properties: { min: NUMBER, median: NUMBER, max: NUMBER },
  required: ['min', 'median', 'max'],
  additionalProperties: false,
};
const GATE_LIST = { type: 'array', maxItems: 64, items: { type: 'string', maxLength: 256 } };

const PROPERTIES = {
  ...Object.fromEntries(NUMERIC_FACTORS.map(name => [name, { anyOf: [NUMBER, MEASURED, NULL] }])),
  ...Object.fromEntries(GATE_FLAGS.map(name => [name, { type: ['boolean', 'null'] }])),
  blocked_by: { anyOf: [GATE_LIST, NULL] },
  applied: { type: ['object', 'array', 'null'] },
};

/** Factors as a caller sends them. Factors that the product does not use are stored too. */
export const factorsSchema = safeRecord<Factors>(MAX_FACTORS, factorProblem).meta({
  type: 'object',
  description:
    'Signal factors and thresholds at decision time; unknown names are kept. `applied` takes what a look-up answered.',
  maxProperties: MAX_FACTORS,
  propertyNames: { minLength: 1, maxLength: MAX_NAME_LENGTH, not: { const: '__proto__' } },
  properties: PROPERTIES,
  additionalProperties: {
    anyOf: [NUMBER, { type: 'boolean' }, { type: 'string', maxLength: 1024 }, GATE_LIST, MEASURED, NULL],
  },
  examples: [{ ts_score: { min: 0.5, median: 0.52, max: 0.54 }, ts_min: 0.6, ts_ok: false }],
});

/** Factors of an outcome: those that are known only at the end. What moved is known at the decision. */
export const lateFactorsSchema = factorsSchema.meta({
  description: 'factors known only at the end; they join the event where it lacks them',
  properties: { ...PROPERTIES, applied: NULL },
});

/** Factors of a decision that is not made yet. What moves is the answer to them. */
export const decisionFactorsSchema = factorsSchema
  .refine(({ applied }) => applied === undefined || applied === null, {
    path: ['applied'],
    message: 'is what a look-up answers: leave it out, and send the base thresholds',
  })
  .meta({
    description:
      'The factors of the decision as its event logs them, at the base thresholds: asks for `advice`. ' +
      'A threshold that is missing comes from `thresholds`.',
    properties: { ...PROPERTIES, applied: NULL },
  });

/** The values that a factor takes, in words. */
interface FactorRule {
  readonly takes: string;
  readonly accepts: (value: unknown) => boolean;
}

const schemaRule = (takes: string, schema: z.ZodType): FactorRule => ({
  takes,
  accepts: value => schema.safeParse(value).success,
});

const NUMERIC = schemaRule('a number or {min, median, max} of numbers', numericFactorSchema);
const FLAG: FactorRule = { takes: 'true or false', accepts: value => typeof value === 'boolean' };
const UNKNOWN = schemaRule(
  'a number, boolean, string, list of strings or {min, median, max}',
  factorValueSchema,
);

/**
 * The factors that policies read. Under these names a value of another type would be ignored for ever, so it is
 * refused. Under every name null means that the factor is absent.
 */
const KNOWN: ReadonlyMap<string, FactorRule> = new Map([
  ...NUMERIC_FACTORS.map(name => [name, NUMERIC] as const),
  ...GATE_FLAGS.map(name => [name, FLAG] as const),
  ['blocked_by', schemaRule('a list of the names of gates', gateListSchema)],
  ['applied', { takes: `an object or a list of at most ${MAX_APPLIED_DEPTH} levels`, accepts: isShallow }],
]);

function factorProblem(name: string, value: unknown): string | undefined {
  if (name === '' || name.length > MAX_NAME_LENGTH || name === '__proto__')
    return 'must be a name of 1 to 128 characters other than __proto__';
  const { takes, accepts } = KNOWN.get(name) ?? UNKNOWN;
  // Most factors are numbers. Testing these first avoids the slower schema.
  if (value === null || (takes === NUMERIC.takes && Number.isFinite(value)) || accepts(value))
    return undefined;
  return `must be ${takes}, not ${kindOf(value)}`;
}

/** Names the type of an invalid value for a message. */
function kindOf(value: unknown): string {
  if (Array.isArray(value)) return 'this list';
  if (typeof value === 'number') return Number.isFinite(value) ? 'a number' : 'a number beyond 1.8e308';
  if (typeof value === 'string') return value.length > 1024 ? 'a text of over 1,024 characters' : 'text';
  return typeof value === 'boolean' ? 'a boolean' : 'this object';
}

/**
 * Returns whether a value is an object or a list of at most 8 levels. The function loops and does not recurse, so a
 * deeply nested request cannot overflow the stack. `readApplied` of the levers reads its content.
 */
function isShallow(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  let level: unknown[] = [value];
  for (let depth = 0; depth < MAX_APPLIED_DEPTH; depth++) {
    level = level.flatMap(inner => (typeof inner === 'object' && inner !== null ? Object.values(inner) : []));
    if (level.length === 0) return true;
  }
  return false;
}
