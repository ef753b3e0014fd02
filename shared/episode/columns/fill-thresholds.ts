import type { NumericFactor } from '../packed-episode.ts';
import type { FactorColumns } from './columns.ts';

/**
 * Returns columns in which a threshold stands in wherever an event logged none, so that replay can read old events.
 * Logged thresholds stay as they are.
 */
export function fillThresholds(
  columns: FactorColumns,
  thresholds: Readonly<Partial<Record<NumericFactor, number | undefined>>>,
): FactorColumns {
  const given = Object.entries(thresholds).filter(([, value]) => value !== undefined);
  if (given.length === 0) return columns;
  const filled = given.map(([name, value]) => {
    const logged = columns.numbers[name as NumericFactor] ?? new Float64Array(columns.size).fill(Number.NaN);
    return [name, logged.map(number => (Number.isNaN(number) ? Number(value) : number))];
  });
  return { ...columns, numbers: { ...columns.numbers, ...Object.fromEntries(filled) } };
}
