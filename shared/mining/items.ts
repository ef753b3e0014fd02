import { CONSTANTS, placeRows } from './kernels.ts';
import type { Field } from './partitioning.ts';
import { countCodes, placeColumn, placeMeasures, Records, strideOf, sumWeights } from './records.ts';
import type { DimensionColumn, MineInput } from './types.ts';

const KEY_WORD_BITS = 32;
/** Maximum bits of two codes together for which two dimensions are counted by pairs of values. */
export const PAIR_BITS = 10;

/** The items of which slices are made: the values that reach `nMin`, numbered by dimension index and code. */
export interface Items {
  readonly dimension: Uint16Array;
  readonly code: Uint32Array;
  /** In processing order: by number of frequent values, largest first. */
  readonly columns: readonly ItemColumn[];
  /** Single values with fewer than `nMin` supporting rows and at least `nearMin`. */
  readonly nearValues: readonly NearValue[];
  /** Number of supporting rows. */
  readonly support: number;
  /** Words of a record that has all columns. */
  readonly stride: number;
}

interface NearValue {
  readonly dimension: number;
  readonly code: number;
  readonly support: number;
}

/** A dimension with at least one frequent value, and its place in the records. */
export interface ItemColumn {
  readonly codes: DimensionColumn['codes'];
  /** Index of the dimension. */
  readonly dimension: number;
  /** Number of supporting rows with a frequent value. */
  readonly carried: number;
  /** True when supporting rows have two values or more. */
  readonly varies: boolean;
  /** Offset of item numbers: the value of code k is item `base + k`. */
  readonly base: number;
  /** Number of frequent values. They have the codes 1 to `values`; every other value has code 0. */
  readonly values: number;
  readonly bits: number;
  readonly field: Field;
  /** Bits of class, this column and all later ones in the last word that they share. */
  readonly suffix: Field;
  /** Number of all bits of class, this column and all later ones. */
  readonly suffixBits: number;
  /** Words of a record that has no columns before this one. */
  readonly stride: number;
  /** Bits of this and the next column, if they are adjacent in one word and at most `PAIR_BITS`. */
  readonly pairField: Field | undefined;
  /** Maps a code of the dictionary to the frequent value's code, shifted to its place in the record. */
  readonly place: Int32Array;
}

/** The frequent values of one dimension. */
interface FrequentValues {
  readonly column: DimensionColumn;
  readonly dimension: number;
  readonly base: number;
  /** Their codes in the dictionary, ascending. */
  readonly frequent: readonly number[];
  readonly carried: number;
  readonly varies: boolean;
}

/** Counts the values of each dimension, and lays out the columns of those that reach `nMin`. */
export function frequentItems(input: MineInput, nMin: number, nearMin: number): Items {
  const itemDimension: number[] = [];
  const itemCode: number[] = [];
  const nearValues: NearValue[] = [];
  const supports = input.dimensions.map(column => ({ column, support: supportByCode(input, column) }));
  const frequentValues = supports.map(({ column, support }, dimension): FrequentValues => {
    const base = itemCode.length - 1;
    const frequent: number[] = [];
    for (const [code, n] of support.entries()) {
      if (code === 0) continue;
      if (n >= nMin) frequent.push(code);
      else if (n > 0 && n >= nearMin) nearValues.push({ dimension, code, support: n });
    }
    for (const code of frequent) {
      itemDimension.push(dimension);
      itemCode.push(code);
    }
    const carried = support.reduce((sum, n, code) => sum + (code > 0 && n >= nMin ? n : 0), 0);
    const varies = support.subarray(1).filter(n => n > 0).length > 1;
    return { column, dimension, base, frequent, carried, varies };
  });
  const columns = layOut(frequentValues.filter(({ frequent }) => frequent.length > 0));
  return {
    dimension: Uint16Array.from(itemDimension),
    code: Uint32Array.from(itemCode),
    columns,
    nearValues,
    support: sumWeights(input.classes, input.size, classWeights(input)),
    stride: columns[0]?.stride ?? strideOf(CONSTANTS.key),
  };
}

/**
 * Orders the columns by number of values, largest first, and gives each its bits of the record. Bits are given from the
 * last column to the first, after those of the class. So the class and the columns from any one to the last are always
 * a prefix of the record.
 */
function layOut(dimensions: readonly FrequentValues[]): ItemColumn[] {
  const lastFirst = dimensions.toSorted(
    (a, b) => a.frequent.length - b.frequent.length || b.dimension - a.dimension,
  );
  let word = CONSTANTS.key;
  let shift = CONSTANTS.classBits;
  let suffixBits = CONSTANTS.classBits;
  /** The column that follows the current one in processing order. */
  let next: ItemColumn | undefined;
  const columns: ItemColumn[] = [];
  for (const { column, dimension, base, frequent, carried, varies } of lastFirst) {
    const bits = 32 - Math.clz32(frequent.length);
    if (shift + bits > KEY_WORD_BITS) {
      word++;
      shift = 0;
    }
    suffixBits += bits;
    const field = { word, shift, mask: (1 << bits) - 1 };
    next = {
      codes: column.codes,
      dimension,
      carried,
      varies,
      base,
      values: frequent.length,
      bits,
      field,
      suffix: { word, shift: 0, mask: (2 ** (shift + bits) - 1) | 0 },
      suffixBits,
      stride: strideOf(word),
      pairField: pairFieldOf(field, bits, next),
      place: placeOf(column, frequent, shift),
    };
    columns.push(next);
    shift += bits;
  }
  return columns.reverse();
}

function pairFieldOf(field: Field, bits: number, next: ItemColumn | undefined): Field | undefined {
  if (!next || next.field.word !== field.word || bits + next.bits > PAIR_BITS) return undefined;
  const { word, shift, mask } = next.field;
  return { word, shift, mask: (field.mask << next.bits) | mask };
}

function placeOf({ values }: DimensionColumn, frequent: readonly number[], shift: number): Int32Array {
  const place = new Int32Array(values.length + 1);
  for (const [i, code] of frequent.entries()) place[code] = (i + 1) << shift;
  return place;
}

/** Counts the supporting rows of each code. */
function supportByCode(input: MineInput, { codes, values }: DimensionColumn): Int32Array {
  const support = new Int32Array(values.length + 1);
  countCodes(codes, input.classes, input.size, classWeights(input), support);
  return support;
}

/** Returns 1 for each supporting class and 0 for the others. */
function classWeights({ supporting }: MineInput): Int32Array {
  return Int32Array.from({ length: CONSTANTS.classes }, (_, k) => (supporting[k] ? 1 : 0));
}

/** Packs each row into a record, in the order of rows. */
export function encodeRows(input: MineInput, { columns, stride }: Items, countBits: number): Records {
  const { size, classes, measure } = input;
  const rows = new Records(size * stride, measure ? size : 0);
  placeRows(rows.words, stride, size, classes, countBits);
  for (const { codes, place, field } of columns)
    placeColumn(rows.words, stride, field.word, size, codes, place);
  if (measure) placeMeasures(rows.measures, measure, classes, classWeights(input));
  return rows;
}
