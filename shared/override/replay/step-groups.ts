/** Sides of a lever: a step loosens its gate, or tightens it. */
export const SIDE = { loosen: 0, tighten: 1 } as const;
export type Side = (typeof SIDE)[keyof typeof SIDE];

/** Sign of an opening: +1 loosens, −1 tightens. */
export function signOf(side: Side): 1 | -1 {
  return side === SIDE.loosen ? 1 : -1;
}

/**
 * Codec for step groups: one integer code stands for one side of one gate in one slice. Codes run from 0 up to `count`,
 * by gate, then slice, then side, which is also the order that decides ties between steps.
 *
 * Example: with 10 slices, side 1 of gate 2 in slice 3 has the code 2·(2·10 + 3) + 1 = 47.
 */
export class StepGroups {
  readonly count: number;
  readonly #slices: number;

  constructor(gates: number, slices: number) {
    this.count = 2 * gates * slices;
    this.#slices = slices;
  }

  of(gate: number, slice: number, side: Side): number {
    return 2 * (gate * this.#slices + slice) + side;
  }

  gateOf(group: number): number {
    return Math.floor((group >> 1) / this.#slices);
  }

  sliceOf(group: number): number {
    return (group >> 1) % this.#slices;
  }

  sideOf(group: number): Side {
    return (group & 1) as Side;
  }
}
