import { expect, it } from 'vitest';
import { momentsOf } from '../../../shared/override/replay/cluster-moments.ts';
import { RESULT } from '../../../shared/override/replay/gates.ts';

const ROWS = 60;
const WIDTH = 40;

/** Returns the moments of rows whose clusters lie apart. @param first number of the first cluster */
function moments(first: number, adjacent: boolean) {
  const rows = Uint32Array.from({ length: ROWS }, (_, row) => row);
  const bins = Int8Array.from(rows, row => (row % WIDTH) + 1);
  const result = Uint8Array.from(rows, row => (row % 3 === 0 ? RESULT.winner : RESULT.loser));
  const cluster = Uint32Array.from(rows, row => first + (adjacent ? Math.floor(row / 6) : row % 10));
  return momentsOf({ rows, bins, sign: 1, width: WIDTH }, result, [{ adjacent, cluster }]).map(
    ({ ww, wl, ll }) => [ww, wl, ll].map(sums => [...sums]),
  );
}

it.each([2 ** 25, 2 ** 26, 2 ** 31, 2 ** 32 - 10])(
  'The moments do not depend on the numbers of the clusters, from %d on',
  first => {
    expect(moments(first, false)).toEqual(moments(0, false));
    expect(moments(first, true)).toEqual(moments(0, true));
  },
);
