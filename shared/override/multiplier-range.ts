/** Bounds of every multiplier, and of every product of multipliers (contract, section 4). */
export const MULTIPLIER_RANGE = { min: 0.5, max: 2 } as const;
