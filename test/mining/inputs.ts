import type { DimensionColumn, MineInput } from '../../shared/mining/types.ts';

/** Makes a column of the given codes, in which code 1 stands for the text `v0`, code 2 for `v1`, and so on. */
export function column(
  name: string,
  codes: DimensionColumn['codes'],
  values = Math.max(0, ...codes),
): DimensionColumn {
  return { name, values: Array.from({ length: values }, (_, k) => `v${k}`), codes };
}

/** Makes an input of six classes, whose rows all count towards `nMin`. */
export function inputOf(
  dimensions: readonly DimensionColumn[],
  classes: Uint8Array,
  more: Partial<MineInput> = {},
): MineInput {
  return {
    size: classes.length,
    dimensions,
    classes,
    classCount: 6,
    supporting: Array(6).fill(true),
    ...more,
  };
}

/** Returns a linear congruential generator. Its seed makes large inputs the same in every run. */
export function seeded(seed: number): (below: number) => number {
  let state = seed;
  return below => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}
