import { expect, it } from 'vitest';
import { byMostEvents } from '../../cli/sort-slices.ts';

it('Slices are ordered by most events, then by fewest dimensions, then by text', () => {
  const rows = [
    { n: 50, scope_subset: { b: '1' } },
    { n: 104, scope_subset: { b: '1', c: '1' } },
    { n: 104, scope_subset: { c: '1' } },
    { n: 104, scope_subset: { a: '1' } },
    { n: 104, scope_subset: {} },
  ];
  const texts = rows.toSorted(byMostEvents).map(row => `${row.n} ${Object.keys(row.scope_subset).join('')}`);
  expect(texts).toEqual(['104 ', '104 a', '104 c', '104 bc', '50 b']);
});
