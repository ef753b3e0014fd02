import type { FactorColumns } from '../episode/columns/columns.ts';
import { neighbourScore } from '../override/replay/block-hours.ts';

/** Lengths of a block, hours. */
const LENGTHS = [6, 12, 24, 72] as const;
/** z-score from which neighbouring blocks count as correlated. */
const CORRELATED = 2;

/**
 * Returns the length of the blocks of a test: the shortest at which outcomes of neighbouring blocks are not correlated.
 * @param columns events before the start of the test, with known outcomes
 */
export function guardBlockHours(columns: FactorColumns): number {
  return (
    LENGTHS.find(hours => neighbourScore(columns, hours) <= CORRELATED) ?? LENGTHS[LENGTHS.length - 1] ?? 72
  );
}
