import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { mineSlices } from '../../shared/mining/mine-slices.ts';
import type {
  DimensionColumn,
  MineInput,
  MineOptions,
  MiningResult,
  SliceTable,
} from '../../shared/mining/types.ts';
import { type ReferenceSlice, referenceMine } from '../support/reference-miner.ts';
import { column, inputOf, seeded } from './inputs.ts';

const UNBOUNDED = { nMin: 1, nearMin: 1, maxSlices: 1e9 };

function pairsAt(table: SliceTable, i: number): number[][] {
  const pairs = [];
  for (let k = table.offset[i] ?? 0; k < (table.offset[i + 1] ?? 0); k++)
    pairs.push([table.dimension[k] ?? -1, table.code[k] ?? -1]);
  return pairs;
}

function rowsOf(table: SliceTable, input: MineInput): object[] {
  return Array.from({ length: table.count }, (_, i) => ({
    pairs: pairsAt(table, i),
    counts: [...table.counts.subarray(i * input.classCount, (i + 1) * input.classCount)],
    sum: input.measure ? table.sum[i] : 0,
    representative: table.representative[i],
  }));
}

function expected(slices: readonly ReferenceSlice[]): object[] {
  return slices.map(({ pairs, counts, sum, representative }) => ({ pairs, counts, sum, representative }));
}

/** Pairs and counts of all slices, by name and text instead of by code, in an order that does not depend on codes. */
function contents(mined: MiningResult, input: MineInput): string[] {
  const { slices } = mined;
  return Array.from({ length: slices.count }, (_, i) => {
    const pairs = pairsAt(slices, i).map(([d = 0, code = 0]) => {
      const { name, values } = input.dimensions[d] as DimensionColumn;
      return `${name}=${values[code - 1]}`;
    });
    const counts = slices.counts.subarray(i * input.classCount, (i + 1) * input.classCount);
    return `${pairs.sort()} ${counts}`;
  }).sort();
}

function expectSameAsReference(input: MineInput, options: MineOptions): void {
  const mined = mineSlices(input, options);
  const reference = referenceMine(input, options, mined.cut);
  expect(rowsOf(mined.slices, input)).toEqual(expected(reference.slices));
  expect(rowsOf(mined.near, input)).toEqual(expected(reference.near));
  expect(mined.cut !== undefined).toBe(reference.exceeds);
  expect(mined.slices.count).toBeLessThanOrEqual(Math.max(0, options.maxSlices));
  expect(mined.slices.sum.length).toBe(input.measure ? mined.slices.count : 0);
}

const smallInput = fc
  .record({
    classCount: fc.integer({ min: 1, max: 8 }),
    cardinalities: fc.array(fc.integer({ min: 1, max: 5 }), { maxLength: 6 }),
    size: fc.oneof(fc.integer({ min: 0, max: 12 }), fc.integer({ min: 0, max: 80 })),
    measured: fc.boolean(),
  })
  .chain(({ classCount, cardinalities, size, measured }) =>
    fc
      .record({
        columns: fc.tuple(
          ...cardinalities.map(values =>
            fc
              .tuple(
                fc.array(fc.integer({ min: 0, max: values }), { minLength: size, maxLength: size }),
                // Some columns have one value, some copy the first one, and the arrays have every width.
                fc.constantFrom('free', 'constant', 'copy'),
                fc.constantFrom(Uint8Array, Uint16Array, Uint32Array),
              )
              .map(([codes, kind, Width]) => ({ codes, kind, Width, values })),
          ),
        ),
        classes: fc.array(fc.integer({ min: 0, max: classCount - 1 }), { minLength: size, maxLength: size }),
        supporting: fc.array(fc.boolean(), { minLength: classCount, maxLength: classCount }),
        measure: fc.array(fc.integer({ min: -3, max: 3 }), { minLength: size, maxLength: size }),
      })
      .map(({ columns, classes, supporting, measure }): MineInput => {
        const dimensions = columns.map(({ codes, kind, Width, values }, d) => {
          const first = columns[0]?.codes ?? [];
          const codesByKind = {
            free: codes,
            constant: codes.map(() => 1),
            copy: first.map(code => Math.min(code, values)),
          };
          // The arrays may be longer than the input's size.
          return column(`d${d}`, Width.from([...codesByKind[kind], 1]), values);
        });
        return {
          size,
          dimensions,
          classes: Uint8Array.from([...classes, 0]),
          classCount,
          supporting,
          ...(measured ? { measure: Float64Array.from([...measure, 99]) } : {}),
        };
      }),
  );

const smallOptions = fc
  .record({
    nMin: fc.integer({ min: 1, max: 8 }),
    below: fc.integer({ min: 0, max: 5 }),
    maxSlices: fc.oneof(fc.constant(1e9), fc.integer({ min: 0, max: 60 })),
    maxDepth: fc.option(fc.integer({ min: 0, max: 4 }), { nil: undefined }),
  })
  .map(
    ({ nMin, below, maxSlices, maxDepth }): MineOptions => ({
      nMin,
      nearMin: Math.max(1, nMin - below),
      maxSlices,
      ...(maxDepth === undefined ? {} : { maxDepth }),
    }),
  );

describe('the definition of a slice', () => {
  test('The miner equals the reference miner on 3,000 random small inputs: slices, counts, sums, representatives, near slices and cut', () => {
    void fc.assert(fc.property(smallInput, smallOptions, expectSameAsReference), { numRuns: 3000 });
  });

  test('The miner equals the reference miner on a thousand rows, where equal rows are folded into one', () => {
    for (const seed of [1, 2, 3]) {
      const random = seeded(seed);
      const classes = Uint8Array.from({ length: 1000 }, () => random(6));
      const cardinalities = [7, 2, 3, 1, 9];
      const dimensions = cardinalities.map((values, d) =>
        column(
          `d${d}`,
          Uint8Array.from({ length: 1000 }, () => random(values + 1)),
          values,
        ),
      );
      const measure = Float64Array.from({ length: 1000 }, () => random(5));
      const supporting = [true, true, false, true, true, false];
      const options = { ...UNBOUNDED, nMin: 5, nearMin: 3 };
      expectSameAsReference(inputOf(dimensions, classes, { measure, supporting }), options);
      expectSameAsReference(inputOf(dimensions, classes, { supporting }), options);
      expectSameAsReference(inputOf(dimensions, classes), { ...options, maxDepth: 2 });
      expectSameAsReference(inputOf(dimensions, classes), { ...options, maxSlices: 300 });
    }
  });

  test('The miner equals the reference miner on five thousand rows of few kinds, which are folded by hash', () => {
    const random = seeded(5);
    const kinds = Array.from({ length: 150 }, () => Array.from({ length: 7 }, () => random(20)));
    const rows = Array.from({ length: 5000 }, () => kinds[random(150)] ?? []);
    const dimensions = Array.from({ length: 7 }, (_, d) =>
      column(
        `d${d}`,
        Uint8Array.from(rows, kind => kind[d] ?? 0),
        19,
      ),
    );
    const classes = Uint8Array.from(rows, () => random(3));
    const measure = Float64Array.from(rows, () => random(9));
    const options = { ...UNBOUNDED, nMin: 40, nearMin: 30, maxDepth: 4 };
    expectSameAsReference(inputOf(dimensions, classes), options);
    expectSameAsReference(inputOf(dimensions.slice(0, 5), classes, { measure }), options);
  });

  test('The miner equals the reference miner where the key of a record needs more than one word', () => {
    const random = seeded(4);
    const dimensions = Array.from({ length: 8 }, (_, d) =>
      column(
        `d${d}`,
        Uint16Array.from({ length: 300 }, () => random(d % 2 ? 300 : 3)),
        300,
      ),
    );
    const classes = Uint8Array.from({ length: 300 }, () => random(2));
    expectSameAsReference(inputOf(dimensions, classes), { ...UNBOUNDED, nMin: 2, nearMin: 1 });
  });

  test('A different order of rows gives the same result', () => {
    void fc.assert(
      fc.property(smallInput, smallOptions, (input, options) => {
        const flipped = <T extends { slice(a: number, b: number): { reverse(): T } }>(array: T) =>
          array.slice(0, input.size).reverse();
        const reversed: MineInput = {
          ...input,
          dimensions: input.dimensions.map(d => ({ ...d, codes: flipped(d.codes as Uint8Array) })),
          classes: flipped(input.classes),
          ...(input.measure ? { measure: flipped(input.measure) } : {}),
        };
        expect(mineSlices(reversed, options)).toEqual(mineSlices(input, options));
      }),
      { numRuns: 500 },
    );
  });

  test('A different order of dimensions and codes gives slices with the same pairs and counts', () => {
    void fc.assert(
      fc.property(smallInput, input => {
        const renamed: MineInput = {
          ...input,
          dimensions: input.dimensions.toReversed().map(({ name, values, codes }) => ({
            name,
            values: values.toReversed(),
            codes: Uint32Array.from(codes, code => (code === 0 ? 0 : values.length + 1 - code)),
          })),
        };
        const options = { ...UNBOUNDED, nMin: 2 };
        expect(contents(mineSlices(renamed, options), renamed)).toEqual(
          contents(mineSlices(input, options), input),
        );
      }),
      { numRuns: 300 },
    );
  });
});

describe('edge cases', () => {
  test('An input without rows gives no slices', () => {
    const mined = mineSlices(inputOf([column('a', new Uint8Array(0))], new Uint8Array(0)), UNBOUNDED);
    expect(mined.slices.count).toBe(0);
    expect([...mined.slices.offset]).toEqual([0]);
    expect(mined.near.count).toBe(0);
    expect(mined.cut).toBeUndefined();
  });

  test('An input without dimensions gives only the global slice', () => {
    const mined = mineSlices(inputOf([], Uint8Array.of(0, 3, 5)), UNBOUNDED);
    expect(mined.slices.count).toBe(1);
    expect([...mined.slices.counts]).toEqual([1, 0, 0, 1, 0, 1]);
  });

  test('Rows of a class that is not supporting appear in the counts of a slice but do not count towards nMin', () => {
    const input = inputOf([column('a', Uint8Array.of(1, 1, 2, 2))], Uint8Array.of(0, 1, 1, 1), {
      supporting: [true, false, false, false, false, false],
    });
    const mined = mineSlices(input, UNBOUNDED);
    expect(rowsOf(mined.slices, input)).toEqual([
      { pairs: [], counts: [1, 3, 0, 0, 0, 0], sum: 0, representative: 0 },
      { pairs: [[0, 1]], counts: [1, 1, 0, 0, 0, 0], sum: 0, representative: 1 },
    ]);
  });

  test('Slices with the same rows have the one with fewest dimensions as representative', () => {
    const everywhere = column('chain', Uint8Array.of(1, 1, 1, 1));
    const split = column('tf', Uint8Array.of(1, 1, 2, 2));
    const input = inputOf([everywhere, split], new Uint8Array(4));
    const mined = mineSlices(input, UNBOUNDED);
    expect(
      rowsOf(mined.slices, input).map(slice => 'representative' in slice && slice.representative),
    ).toEqual([0, 0, 2, 3, 2, 3]);
  });

  test('Slices with equal counts and different rows represent themselves', () => {
    const input = inputOf([column('a', Uint8Array.of(1, 1, 2, 2))], new Uint8Array(4));
    expect([...mineSlices(input, UNBOUNDED).slices.representative]).toEqual([0, 1, 2]);
  });

  test('At most a hundred near slices are listed', () => {
    const codes = Uint16Array.from({ length: 400 }, (_, row) => (row % 200) + 1);
    const mined = mineSlices(inputOf([column('ticker', codes, 200)], new Uint8Array(400)), {
      ...UNBOUNDED,
      nMin: 3,
    });
    expect(mined.near.count).toBe(100);
    expect(pairsAt(mined.near, 99)).toEqual([[0, 100]]);
  });

  test('Mining the same input twice gives the same result', () => {
    const random = seeded(7);
    const dimensions = [
      column(
        'a',
        Uint8Array.from({ length: 500 }, () => random(4)),
        3,
      ),
    ];
    const input = inputOf(
      dimensions,
      Uint8Array.from({ length: 500 }, () => random(6)),
    );
    expect(mineSlices(input, UNBOUNDED)).toEqual(mineSlices(input, UNBOUNDED));
  });
});
