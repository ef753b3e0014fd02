/**
 * Days that the model reads, and the least number of days with a known outcome, and of outcomes, before it opens or closes
 * anything.
 */
export const MODEL_NEEDS = { window: 365, days: 180, outcomes: 300 } as const;
