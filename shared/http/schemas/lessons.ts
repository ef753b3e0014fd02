import * as z from 'zod';
import { lessonSchema } from '../../lesson/lesson.ts';
import { breakEvenSchema, payoffSchema } from '../../override/payoff.ts';
import { count } from '../../validation.ts';
import { cycleIdOfList, generation, next, patternKey } from './fields.ts';

const [quadrantLesson, ladderLesson] = lessonSchema.options;
const answerFields = { pattern_key: patternKey, lacks: count.optional() };

export const lessonAnswerSchema = z
  .discriminatedUnion('action_category', [
    quadrantLesson.extend(answerFields),
    ladderLesson.extend(answerFields),
  ])
  .meta({
    id: 'Lesson',
    description: '`lacks` is present with near=true: how many events the slice needs to reach n_min.',
  });

export const lessonsPageSchema = z
  .object({
    pattern_key: patternKey,
    generation,
    cycle_id: cycleIdOfList,
    payoff: payoffSchema.meta({ description: 'that of the generation, else of the settings' }),
    break_even: breakEvenSchema,
    lessons: z.array(lessonAnswerSchema),
    next,
  })
  .meta({ id: 'LessonsPage' });
export type LessonsPage = z.output<typeof lessonsPageSchema>;
