import * as z from 'zod';
import type { PatternKey } from '../pattern/pattern-key.ts';

const valueSet = z.array(z.string()).transform((values): ReadonlySet<string> => new Set(values));

/** Stored pairs of a dimension and its values. */
export const seenValuesSchema = z
  .array(z.tuple([z.string(), valueSet]))
  .transform((pairs): ReadonlyMap<string, ReadonlySet<string>> => new Map(pairs));

/** The values that the events of a window had, by dimension. A listed dimension has all of its values. */
export type SeenValues = z.output<typeof seenValuesSchema>;

/** The values of the last run, for look-ups to name a value that no event had. */
export interface SeenValuesStore {
  /** Sets the values of one pattern. Writes only when they differ from the stored ones. */
  putSeen(pattern: PatternKey, values: SeenValues): Promise<void>;
  /** Returns the values of the last run; none before the first one. */
  seen(pattern: PatternKey): Promise<SeenValues>;
}
