/** Kernel: the loops that read one field of each record, to count, add up or group records. */

/** Bits of a record: `(words[start of record + word] >>> shift) & mask`. */
export interface Field {
  readonly word: number;
  readonly shift: number;
  readonly mask: number;
}

/** Consecutive records of a buffer: `count` records of `stride` words each, from record number `first` on. */
export interface RecordRange {
  readonly first: number;
  readonly count: number;
  readonly stride: number;
}

/** Records in one block of memory, seen as 32-bit words and as 64-bit lanes. */
export interface RecordBlock {
  readonly words: Int32Array;
  readonly wide: BigInt64Array;
  /** One number per record; empty without a measure. */
  readonly measures: Float64Array;
}

/** A child slice whose records are copied together, to be extended in turn. */
export interface Partition {
  readonly code: number;
  /** Number of its records: at first that of its rows. `Partitioner.count` corrects it after folding. */
  records: number;
  readonly rows: number;
}

/** Groups the records of a slice by the code of one dimension. */
export class Partitioner {
  /** Scratch array with an entry per code; all entries are 0 between calls. */
  private readonly places: Int32Array;

  constructor(codes: number) {
    this.places = new Int32Array(codes);
  }

  /** Counts the records of each partition. */
  count(words: Int32Array, range: RecordRange, field: Field, partitions: readonly Partition[]): void {
    const { places } = this;
    countSizes(words, range, field, places);
    for (const partition of partitions) partition.records = places[partition.code] as number;
    clearSizes(words, range, field, places);
  }

  /** Copies the records of all partitions, one partition after the other, to the start of another block. */
  copy(
    from: RecordBlock,
    to: RecordBlock,
    range: RecordRange,
    field: Field,
    partitions: readonly Partition[],
    toStride: number,
  ): void {
    const { places } = this;
    let next = 1;
    for (const { code, records } of partitions) {
      places[code] = next;
      next += records;
    }
    if (from.measures.length > 0) scatterMeasures(from, to, range, field, places.slice());
    scatter(from.words, to.words, range, field, places, toStride);
    for (const { code } of partitions) places[code] = 0;
  }
}

/** Counts the records of each code. */
export function countSizes(
  words: Int32Array,
  { first, count, stride }: RecordRange,
  { word, shift, mask }: Field,
  sizes: Int32Array,
): void {
  const end = (first + count) * stride;
  for (let p = first * stride + word; p < end; p += stride) {
    const code = ((words[p] as number) >>> shift) & mask;
    sizes[code] = ((sizes[code] as number) + 1) | 0;
  }
}

/** Sets the size of each code that occurs back to 0. */
export function clearSizes(
  words: Int32Array,
  { first, count, stride }: RecordRange,
  { word, shift, mask }: Field,
  sizes: Int32Array,
): void {
  const end = (first + count) * stride;
  for (let p = first * stride + word; p < end; p += stride)
    sizes[((words[p] as number) >>> shift) & mask] = 0;
}

/**
 * Copies records, grouped by code, to another buffer. `places` maps a code to one more than the number of its next
 * record there, and to 0 for a code that is not copied. The copies have `toStride` words each.
 */
function scatter(
  from: Int32Array,
  to: Int32Array,
  { first, count, stride }: RecordRange,
  { word, shift, mask }: Field,
  places: Int32Array,
  toStride: number,
): void {
  const start = first * stride;
  const end = start + count * stride;
  for (let p = start; p < end; p += stride) {
    const code = ((from[p + word] as number) >>> shift) & mask;
    const place = places[code] as number;
    if (place === 0) continue;
    places[code] = place + 1;
    const q = (place - 1) * toStride;
    to[q] = from[p] as number;
    to[q + 1] = from[p + 1] as number;
    to[q + 2] = from[p + 2] as number;
    to[q + 3] = from[p + 3] as number;
    for (let k = 4; k < toStride; k++) to[q + k] = from[p + k] as number;
  }
}

/** Copies the measures of records to the places that `scatter` gives the records. */
function scatterMeasures(
  from: RecordBlock,
  to: RecordBlock,
  { first, count, stride }: RecordRange,
  { word, shift, mask }: Field,
  places: Int32Array,
): void {
  const { words, measures } = from;
  const toMeasures = to.measures;
  const end = first + count;
  for (let i = first, p = first * stride; i < end; i++, p += stride) {
    const code = ((words[p + word] as number) >>> shift) & mask;
    const place = places[code] as number;
    if (place === 0) continue;
    places[code] = place + 1;
    toMeasures[place - 1] = measures[i] as number;
  }
}

/** Adds the measure of each record to the sum of its code. */
export function sumRecords(
  { words, measures }: RecordBlock,
  { first, count, stride }: RecordRange,
  { word, shift, mask }: Field,
  sums: Float64Array,
): void {
  const end = first + count;
  for (let i = first, p = first * stride; i < end; i++, p += stride) {
    const code = ((words[p + word] as number) >>> shift) & mask;
    sums[code] = (sums[code] as number) + (measures[i] as number);
  }
}
