import * as z from 'zod';
import { CYCLE_ID_FORM } from '../../cycle/cycle.ts';
import { patternKeyInputSchema } from '../../episode/episode-schema.ts';
import { patternKeyForms } from '../../pattern/pattern-key.ts';
import { DIMENSION_NAME } from '../../pattern/scope.ts';

/*
 * Schemas of parameters for the OpenAPI document: those in paths, and those in queries whose names the caller chooses.
 * Handlers check these parameters by other schemas, those of `lookup.ts` and `what-if.ts` among them.
 */

/** Returns the schema of a parameter in a path. */
export function pathParameterSchema(name: string): z.ZodType {
  if (name === 'id') return z.string().meta({ pattern: CYCLE_ID_FORM });
  return name === 'key' ? flagKeySchema : patternKeyInputSchema;
}

const flagKeySchema = z.string().meta({
  pattern: `${patternKeyForms().slice(0, -1)}(?:\\.[A-Za-z][A-Za-z0-9_]{0,63}(?:\\.delta)?)?$`,
  description: 'A pattern, a threshold of it, or the shift of one.',
  examples: ['pm.uptrend.S1.entry', 'pm.uptrend.S1.entry.ts_min', 'pm.uptrend.S1.entry.slope_min.delta'],
});

/** Query parameters `scope.NAME`, as an object for the OpenAPI document. `normalizeScope` checks them. */
export const scopeParameters = z.unknown().meta({
  type: 'object',
  patternProperties: { [`^scope\\.${DIMENSION_NAME}$`]: { type: 'string', maxLength: 128 } },
  additionalProperties: false,
});

/** Query parameters `thresholds.NAME`, as an object for the OpenAPI document. The schema of look-ups checks them. */
export const thresholdParameters = z.unknown().meta({
  type: 'object',
  patternProperties: { '^thresholds\\.[^&=]{1,64}$': { type: 'number' } },
  additionalProperties: false,
});

/** Query parameters `payoff.win` and `payoff.loss`, as an object for the OpenAPI document. */
export const payoffParameters = z.unknown().meta({
  type: 'object',
  patternProperties: { '^payoff\\.(?:win|loss)$': { type: 'number', minimum: 1e-6, maximum: 1e6 } },
  dependentRequired: { 'payoff.win': ['payoff.loss'], 'payoff.loss': ['payoff.win'] },
  additionalProperties: false,
});

/** Marks, in the metadata of an array, that it is valid when it is empty or has one valid item. */
export const ONE_VALID_ITEM = 'x-one-valid-item';
