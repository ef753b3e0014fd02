import * as z from 'zod';
import { evidenceSchema } from '../../override/evaluation/evaluation.ts';
import { patternKey } from './fields.ts';

export const evidenceAnswerSchema = evidenceSchema
  .extend({
    pattern_key: patternKey,
    policy: z.string().meta({ description: 'The policy that is published.' }),
    as_of: z.iso.datetime().nullable().meta({ description: 'null before a run has compared the policies.' }),
    says: z.string().meta({ description: 'The comparison in words.' }),
  })
  .meta({ id: 'Evidence' });
export type EvidenceAnswer = z.output<typeof evidenceAnswerSchema>;
