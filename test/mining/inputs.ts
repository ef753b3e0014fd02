import type { DimensionColumn, MineInput } from '../../shared/mining/types.ts';

/** A column of the given codes; the text of code k is v(k - 1). */
export function column(
  name: string,
  codes: DimensionColumn['codes'],
  values = Math.max(0, ...codes),
): DimensionColumn {
  return { name, values: Array.from({ length: values }, (_, k) => `v${k}`), codes };
}

/** An input of six classes, all of which support. */
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

/** A linear congruential generator, seeded so that large inputs are the same in every run. */
export function seeded(seed: number): (below: number) => number {
  let state = seed;
  return below => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}
