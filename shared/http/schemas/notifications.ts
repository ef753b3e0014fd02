import * as z from 'zod';
import { targetNameSchema } from '../../notification/target.ts';

export const notificationTestRequestSchema = z
  .strictObject({ target: targetNameSchema })
  .meta({ id: 'NotificationTestRequest' });

export const notificationTestAnswerSchema = z
  .object({
    target: z.string(),
    delivered: z.boolean(),
    reason: z
      .string()
      .optional()
      .meta({ description: 'why the target did not take the message: http_ and a status, or a code' }),
  })
  .meta({ id: 'NotificationTest' });
