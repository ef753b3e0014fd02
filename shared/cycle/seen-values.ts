import type { SeenValues } from '../generation/seen-values.ts';
import { dimensionsOf } from '../lesson/lesson.ts';
import type { DimensionColumn } from '../mining/types.ts';
import type { Override } from '../override/override.ts';

/** Bytes of all listed values as JSON. A look-up reads them as one item. */
const MAX_BYTES = 64 * 1024;
/** Bytes of JSON beside each value, and the fewest bytes of a value. */
const QUOTES_AND_COMMA = 3;

/**
 * Returns the values that the events of a window had in the dimensions that overrides use, so that look-ups can name a
 * value that no event had. A dimension is listed with all of its values or not at all; those with few values come
 * first, until the bound is reached.
 */
export function seenValues(
  overrides: readonly Pick<Override, 'scope_subset'>[],
  { dimensions }: { readonly dimensions: readonly DimensionColumn[] },
): SeenValues {
  const used = new Set(dimensionsOf(overrides));
  const fewestFirst = dimensions
    .filter(({ name }) => used.has(name))
    .toSorted((a, b) => a.values.length - b.values.length);
  const seen = new Map<string, ReadonlySet<string>>();
  let bytes = 0;
  for (const { name, values } of fewestFirst) {
    // A dimension with a value for nearly every event is not serialized to measure it.
    if (values.length * QUOTES_AND_COMMA > MAX_BYTES) break;
    bytes += Buffer.byteLength(JSON.stringify([name, values]));
    if (bytes > MAX_BYTES) break;
    seen.set(name, new Set(values));
  }
  return seen;
}
