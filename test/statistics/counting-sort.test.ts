import { expect, test } from 'vitest';
import { countingSort, rowNumbers } from '../../shared/statistics/counting-sort.ts';

const keyOf = Uint8Array.from([2, 0, 2, 3, 0]);

test('Rows are sorted by key, and rows of one key keep their order', () => {
  const { order } = countingSort(rowNumbers(5), keyOf, 4);
  expect([...order]).toEqual([1, 4, 0, 2, 3]);
});

test('The rows of a key lie between its start and the next start, and a key without rows has an empty range', () => {
  const { order, start } = countingSort(Uint32Array.from([4, 2, 0]), keyOf, 4);
  expect([0, 1, 2, 3].map(key => [...order.subarray(start[key], start[key + 1])])).toEqual([
    [4],
    [],
    [2, 0],
    [],
  ]);
});
