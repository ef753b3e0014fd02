/** The values of one dimension, dictionary-encoded. */
export interface DimensionColumn {
  readonly name: string;
  /** Text of code `k` is `values[k - 1]`; code 0 means the event lacks the dimension. */
  readonly values: readonly string[];
  /** One code per row; the array may be longer than `size`. */
  readonly codes: Uint8Array | Uint16Array | Uint32Array;
}
