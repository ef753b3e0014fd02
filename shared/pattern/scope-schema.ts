import * as z from 'zod';

/** A slice as it is stored and answered: its dimensions, each with the text of its value. */
export const scopeSubsetSchema = z
  .record(z.string(), z.string())
  .meta({ description: 'dimension → text of its value' });

export const scopeHashSchema = z.string().regex(/^[0-9a-f]{32}$/);
