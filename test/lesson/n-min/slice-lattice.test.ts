import { expect, it } from 'vitest';
import { DIFFERENCE_SIDE, SliceLattice } from '../../../shared/lesson/n-min/slice-lattice.ts';
import { mineSlices } from '../../../shared/mining/mine-slices.ts';

/** Mines rows of the dimensions a, b and c with an `N_MIN` of 1. Returns the slices and their names, such as `a1 b2`. */
function mined(rows: readonly (readonly number[])[]) {
  const dimensions = ['a', 'b', 'c'].map((name, d) => ({
    name,
    values: ['v1', 'v2'],
    codes: Uint8Array.from(rows, row => row[d] ?? 0),
  }));
  const input = {
    size: rows.length,
    dimensions,
    classes: new Uint8Array(rows.length),
    classCount: 1,
    supporting: [true],
  };
  const { slices } = mineSlices(input, { nMin: 1, nearMin: 1, maxSlices: 1000 });
  const names = Array.from({ length: slices.count }, (_, i) => {
    const pairs = [];
    for (let k = slices.offset[i] ?? 0; k < (slices.offset[i + 1] ?? 0); k++)
      pairs.push(`${'abc'.charAt(slices.dimension[k] ?? 0)}${slices.code[k]}`);
    return pairs.join(' ');
  });
  return { slices, names };
}

/** Counts the general findings, given the names of the slices that differ on each side. */
function mostGeneral(
  rows: readonly (readonly number[])[],
  more: readonly string[],
  fewer: readonly string[] = [],
) {
  const { slices, names } = mined(rows);
  const side = Uint8Array.from(names, name =>
    more.includes(name)
      ? DIFFERENCE_SIDE.more
      : fewer.includes(name)
        ? DIFFERENCE_SIDE.fewer
        : DIFFERENCE_SIDE.none,
  );
  return new SliceLattice(slices).mostGeneral(side);
}

const ALL = [1, 2].flatMap(a => [1, 2].flatMap(b => [1, 2].map(c => [a, b, c])));

it.each([
  [[], [], 0],
  [['a1'], [], 1],
  [['a1', 'a1 b1', 'a1 b1 c1'], [], 1],
  // The slice a1 b1 between the two does not differ, yet they are one finding.
  [['a1', 'a1 b1 c1'], [], 1],
  [['c2', 'a1 b1 c2', 'b2 c2', 'a2'], [], 2],
  // A difference on the other side is a finding of its own.
  [['a1'], ['a1 b1'], 2],
  [['a1 b1', 'a1 c1', 'a1 b1 c1'], [], 2],
])(
  'The number of general findings among slices %j with more and %j with fewer successes is %d',
  (more, fewer, count) => {
    expect(mostGeneral(ALL, more, fewer)).toBe(count);
  },
);

it('The side of a slice also applies to the identical slices that it represents', () => {
  // The slice b1 has exactly the rows of a1, which represents it.
  const rows = [
    [1, 1, 1],
    [1, 1, 2],
    [2, 2, 1],
    [2, 2, 2],
  ];
  const { slices, names } = mined(rows);
  expect(names[slices.representative[names.indexOf('b1')] ?? 0]).toBe('a1');
  expect(mostGeneral(rows, ['a1', 'a1 c1'])).toBe(1);
});
