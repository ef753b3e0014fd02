import * as z from 'zod';
import { ACTION_CATEGORIES } from '../../lever/lever.ts';
import { count } from '../../validation.ts';
import { patternKey } from './fields.ts';

const counted = z.object({ name: z.string(), n: count }).optional();

export const doctorAnswerSchema = z
  .object({
    pattern_key: patternKey,
    events: z
      .object({
        read: count,
        acted: count,
        skipped: count,
        with_outcome: count,
        with_return: count,
        with_window: count,
        with_applied: count,
      })
      .meta({ description: 'The newest events of the pattern, at most 500, by what they carry.' }),
    factors: z.array(
      z.object({
        name: z.string(),
        n: count,
        known: z.boolean().meta({ description: 'Whether a policy reads it.' }),
        suggestion: z.string().optional().meta({ description: 'The known name that it nearly is.' }),
      }),
    ),
    levers: z.array(
      z.object({
        action_category: z.enum(ACTION_CATEGORIES),
        state: z.enum(['on', 'off']),
        factor: counted,
        threshold: counted,
        reason: z.string().optional().meta({ description: 'Why it is off, and what switches it on.' }),
      }),
    ),
    findings: z
      .array(
        z.object({
          code: z.enum(['no_events', 'no_outcomes', 'one_decision', 'not_applied', 'lever_off', 'misspelt']),
          message: z.string(),
        }),
      )
      .meta({ description: 'What to change in the bot, and what that brings.' }),
  })
  .meta({ id: 'Doctor' });
