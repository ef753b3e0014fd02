import * as z from 'zod';

/** Settings of jumps: the largest factor by which a run may move an override, and what happens beyond it. */
export const jumpSchema = z
  .number()
  .gt(1)
  .max(100)
  .meta({ description: 'A run that would move an override by more than this factor warns or holds.' });

export const onJumpSchema = z.enum(['warn', 'hold']).meta({
  description: 'hold: such a run publishes nothing for the pattern until an operator publishes.',
});
export type OnJump = z.output<typeof onJumpSchema>;
