import * as z from 'zod';
import { DIMENSION_NAME, MAX_DIMENSIONS, MAX_VALUE_LENGTH } from './scope.ts';

/** The scope subset that defines a slice, in stored rows and in answers. */
export const scopeSubsetSchema = z
  .record(z.string(), z.string())
  .meta({ description: 'dimension → text of its value' });

export const scopeHashSchema = z.string().regex(/^[0-9a-f]{32}$/);

/**
 * A scope as a caller sends it. `normalizeScope` checks it, so that the code of its errors is `invalid_scope`. The rules
 * that a JSON schema cannot state are in its description.
 */
export const scopeInputSchema = z.unknown().meta({
  type: 'object',
  description:
    `At most ${MAX_DIMENSIONS} dimensions; a text has at most ${MAX_VALUE_LENGTH} characters when trimmed. ` +
    'null and "" mean that a dimension is absent.',
  propertyNames: { pattern: `^${DIMENSION_NAME}$` },
  additionalProperties: {
    type: ['string', 'number', 'boolean', 'null'],
    minimum: Number.MIN_SAFE_INTEGER,
    maximum: Number.MAX_SAFE_INTEGER,
  },
  examples: [{ chain: 'solana', timeframe: '15m' }],
});
