import * as z from 'zod';
import { changeSchema } from '../../generation/generation.ts';
import { serviceModeSchema } from '../../generation/service-mode.ts';
import { changeReason } from '../../validation.ts';

export const serviceModeRequestSchema = z
  .strictObject({ mode: serviceModeSchema, reason: changeReason })
  .meta({ id: 'ServiceModeRequest' });

export const serviceModeAnswerSchema = z
  .object({
    mode: serviceModeSchema,
    last_change: changeSchema.nullable().meta({ description: 'null before the first change' }),
  })
  .meta({
    id: 'ServiceMode',
    description: 'The switch for everything. off overrules the mode of every pattern.',
  });
