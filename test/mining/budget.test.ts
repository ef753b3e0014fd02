import { expect, test } from 'vitest';
import { mineSlices } from '../../shared/mining/mine-slices.ts';
import { column, inputOf, seeded } from './inputs.ts';

const random = seeded(11);
const size = 20_000;
const dense = inputOf(
  Array.from({ length: 40 }, (_, d) =>
    column(
      `d${d}`,
      Uint8Array.from({ length: size }, () => random(5) + 1),
      5,
    ),
  ),
  Uint8Array.from({ length: size }, () => random(6)),
);

test('The slices of 40 dense dimensions are cut by whole levels at maxSlices, and the result reports the cut', () => {
  const { slices, cut } = mineSlices(dense, { nMin: 33, nearMin: 20, maxSlices: 100_000 });
  expect(cut).toMatchObject({
    depth: 2,
    limit: 'slices',
    reason: 'more than 100000 slices',
    emitted: 19_701,
  });
  expect(cut?.leftOutAtLeast).toBeGreaterThan(80_000);
  expect(slices.count).toBe(1 + 200 + (25 * 40 * 39) / 2);
});

test('The slices of 40 equal dimensions, more than 2^40, are cut by whole levels at maxSlices', () => {
  const copies = inputOf(
    Array.from({ length: 40 }, (_, d) => column(`d${d}`, dense.dimensions[0]?.codes ?? new Uint8Array(0), 5)),
    dense.classes,
  );
  const { slices, near, cut } = mineSlices(copies, { nMin: 33, nearMin: 20, maxSlices: 100_000 });
  expect(cut).toMatchObject({ depth: 3, limit: 'slices' });
  expect(slices.count).toBe(1 + 5 * (40 + 780 + 9880));
  expect(new Set(slices.representative)).toEqual(new Set([0, 1, 2, 3, 4, 5]));
  expect(near.count).toBe(0);
});

test('A budget of record visits cuts whole levels of slices', () => {
  const whole = mineSlices(dense, { nMin: 33, nearMin: 33, maxSlices: 1e6, maxDepth: 2 });
  const { slices, cut } = mineSlices(dense, { nMin: 33, nearMin: 33, maxSlices: 1e6, maxWork: 80e6 });
  expect(cut).toMatchObject({ depth: 2, limit: 'work', reason: 'more than 80000000 record visits' });
  expect(slices).toEqual(whole.slices);
});

test('The slices of one dimension are complete under the smallest budget of record visits', () => {
  const { slices, cut } = mineSlices(dense, { nMin: 33, nearMin: 33, maxSlices: 1e6, maxWork: 1 });
  expect(cut).toMatchObject({ depth: 1, limit: 'work', emitted: 201 });
  expect(slices.count).toBe(201);
});

test('A larger budget of record visits cuts fewer levels, and a sufficient one cuts none', () => {
  const options = { nMin: 400, nearMin: 400, maxSlices: 1e6 };
  const input = { ...dense, dimensions: dense.dimensions.slice(0, 12) };
  const whole = mineSlices(input, options);
  const cuts = [1e6, 8e6, 20e6].map(maxWork => {
    const { slices, cut } = mineSlices(input, { ...options, maxWork });
    if (cut) expect(slices.count).toBe(cut.emitted);
    else expect(slices).toEqual(whole.slices);
    return cut?.depth;
  });
  expect(cuts).toEqual([1, 2, undefined]);
});

test('A budget of row buffers cuts whole levels of slices', () => {
  const { slices, cut } = mineSlices(dense, { nMin: 33, nearMin: 33, maxSlices: 1e6, maxRowBytes: 1e6 });
  expect(cut).toMatchObject({ depth: 1, limit: 'memory', emitted: 201 });
  expect(slices.count).toBe(201);
});

test('A dimension of 10,000 tickers that stay below nMin adds no slice to those of the other dimensions', () => {
  const tickers = column(
    'ticker',
    Uint16Array.from({ length: size }, (_, row) => (row % 10_000) + 1),
    10_000,
  );
  const input = { ...dense, dimensions: [tickers, ...dense.dimensions.slice(0, 3)] };
  const { slices, cut } = mineSlices(input, { nMin: 33, nearMin: 2, maxSlices: 1e6 });
  expect(cut).toBeUndefined();
  expect(slices.count).toBe(6 ** 3);
});

test('Each of 10,000 tickers that reach nMin has a slice, and a budget of slices cuts only their combinations', () => {
  const codes = Uint16Array.from({ length: 400_000 }, (_, row) => (row % 10_000) + 1);
  const side = Uint8Array.from({ length: 400_000 }, (_, row) => (Math.floor(row / 10_000) % 2) + 1);
  const input = inputOf([column('ticker', codes, 10_000), column('side', side, 2)], new Uint8Array(400_000));
  const { slices, cut } = mineSlices(input, { nMin: 20, nearMin: 20, maxSlices: 1e6 });
  expect(cut).toBeUndefined();
  expect(slices.count).toBe(3 * 10_001);
  const short = mineSlices(input, { nMin: 20, nearMin: 20, maxSlices: 10_003 });
  expect(short.cut).toMatchObject({ depth: 1, emitted: 10_003 });
});

/** Makes an input of 2,400 rows of four dimensions, and `more` rows of 64 dimensions of their own. */
function attacked(more: number, codeOf: (row: number, d: number) => number) {
  const rows = 2400 + more;
  const codes = (code: (row: number) => number) => Uint8Array.from({ length: rows }, (_, row) => code(row));
  const own = [2, 2, 3, 2].map((values, d) =>
    column(
      `own${d}`,
      codes(row => (row < 2400 ? 1 + (Math.floor(row / ([1, 2, 4, 12][d] ?? 1)) % values) : 0)),
      values,
    ),
  );
  const invented = Array.from({ length: 64 }, (_, d) =>
    column(
      `a${d}`,
      codes(row => (row < 2400 ? 0 : codeOf(row - 2400, d))),
      4,
    ),
  );
  return inputOf(
    [...invented, ...own],
    codes(row => row % 6),
  );
}

test.each([
  ['copies of one value', 99, () => 1],
  ['copies of three values', 99, (row: number) => 1 + (row % 3)],
  ['values that vary by dimension', 140, (row: number, d: number) => 1 + ((row >> (d % 7)) & 1)],
  ['one value in as many rows as the others', 2400, () => 1],
  [
    'values that vary by dimension, in as many rows as the others',
    2400,
    (row: number, d: number) => 1 + ((row >> (d % 11)) & 1),
  ],
])('[X5] Rows with 64 invented dimensions take no slice from the other rows: %s', (_, more, codeOf) => {
  const input = attacked(more, codeOf);
  const options = { nMin: 33, nearMin: 33, maxSlices: 20_000 };
  const own = mineSlices({ ...input, dimensions: input.dimensions.slice(64) }, options);
  const { slices, cut } = mineSlices(input, options);
  expect(own.cut).toBeUndefined();
  expect(own.slices.count).toBe(3 * 3 * 4 * 3);
  expect(cut?.dimensions.get('a63')).toBeLessThan(64);
  for (const { name } of input.dimensions.slice(64)) expect(cut?.dimensions.get(name)).toBe(68);
  const onlyOwn = Array.from({ length: slices.count }, (__, i) =>
    slices.dimension.subarray(slices.offset[i], slices.offset[i + 1]).every(d => d >= 64),
  ).filter(Boolean);
  expect(onlyOwn).toHaveLength(own.slices.count);
  expect(slices.count).toBeLessThanOrEqual(20_000);
});
