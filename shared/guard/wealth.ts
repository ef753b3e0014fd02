import type { Payoff } from '../override/payoff.ts';

/** Numbers of flips of one direction by outcome; `unknown` are those whose outcome has not come. */
export interface FlipCounts {
  readonly success: number;
  readonly failure: number;
  readonly neutral: number;
  readonly unknown: number;
}

/** Flips that are still being counted. */
export type OpenCounts = { -readonly [Name in keyof FlipCounts]: number };

/** Returns counts of no flip. */
export const noFlips = (): OpenCounts => ({ success: 0, failure: 0, neutral: 0, unknown: 0 });

/** The flips of one block: episodes that only what is in force takes, and episodes that only the base gates take. */
export interface BlockFlips {
  readonly loosened: FlipCounts;
  readonly tightened: FlipCounts;
}

/** The two sides of the test: evidence that what is in force harms, and evidence that it gains. */
export type GuardSide = 'harm' | 'gain';

/** The contribution of a block to one side. */
export interface Bet {
  /** Utility in force less utility at the base gates, over the flips of the block. */
  readonly x: number;
  /** The most by which the block can speak against the side; known before any outcome. */
  readonly most: number;
}

/**
 * Stakes of the test. They are fixed: with stakes that adapt to outcomes, wealth from partial knowledge could exceed that
 * from full knowledge.
 */
const STAKES = [0.02, 0.04, 0.08, 0.16, 0.32, 0.48] as const;
/** No block may take more than this share of the wealth. */
const MOST_AT_RISK = 0.9;

/** Lines that the logarithm of wealth has to reach: harm at 1 %, gain at 5 % (Ville's inequality). */
export const LINES: Readonly<Record<GuardSide, number>> = { harm: Math.log(100), gain: Math.log(20) };

export const flipsIn = ({ success, failure, neutral, unknown }: FlipCounts): number =>
  success + failure + neutral + unknown;

/**
 * Returns what a block adds to a side. An unknown outcome counts as the best for what is in force on the side of harm,
 * and as the worst on the side of gain. So wealth from partial knowledge never exceeds that from full knowledge.
 */
export function betOf({ loosened, tightened }: BlockFlips, { win, loss }: Payoff, side: GuardSide): Bet {
  const best = side === 'harm';
  const won = loosened.success + (best ? loosened.unknown : 0);
  const lost = loosened.failure + (best ? 0 : loosened.unknown);
  const missed = tightened.success + (best ? 0 : tightened.unknown);
  const dodged = tightened.failure + (best ? tightened.unknown : 0);
  const [ofLoosened, ofTightened] = best ? [win, loss] : [loss, win];
  return {
    x: win * (won - missed) + loss * (dodged - lost),
    most: ofLoosened * flipsIn(loosened) + ofTightened * flipsIn(tightened),
  };
}

/**
 * Wealth of one side: a test martingale over blocks (Ville 1939; Waudby-Smith and Ramdas 2024).
 *
 * E = mean over the stakes λ of Π (1 ∓ min(λ, 0.9/m)·x), with minus for harm and plus for gain. If what is in force is
 * not worse (harm) or not better (gain) than the base gates given the past, E is a nonnegative supermartingale. So the
 * probability that it ever reaches 1/α is at most α, however often it is looked at.
 */
export class Wealth {
  readonly #side: GuardSide;
  /** Logarithm of the product of each stake. */
  readonly #logs: number[];
  /** The largest logarithm of wealth after any block so far, at least 0: that of the start. */
  #highest: number;

  constructor(side: GuardSide, { logs = STAKES.map(() => 0), highest = 0 }: Partial<StoredWealth> = {}) {
    this.#side = side;
    this.#logs = [...logs];
    this.#highest = highest;
  }

  /** Adds the next block. @returns the logarithm of wealth after it */
  add({ x, most }: Bet): number {
    const sign = this.#side === 'harm' ? -1 : 1;
    if (most > 0)
      STAKES.forEach((stake, i) => {
        this.#logs[i] = (this.#logs[i] ?? 0) + Math.log1p(sign * Math.min(stake, MOST_AT_RISK / most) * x);
      });
    this.#highest = Math.max(this.#highest, this.log);
    return this.log;
  }

  /** Natural logarithm of the present wealth. */
  get log(): number {
    const largest = Math.max(...this.#logs);
    const sum = this.#logs.reduce((total, log) => total + Math.exp(log - largest), 0);
    return largest + Math.log(sum / this.#logs.length);
  }

  /** The largest logarithm of wealth after any block so far. Each prefix of blocks is valid, so this one decides. */
  get highest(): number {
    return this.#highest;
  }

  stored(): StoredWealth {
    return { logs: [...this.#logs], highest: this.#highest };
  }
}

/** Wealth after sealed blocks. */
interface StoredWealth {
  readonly logs: readonly number[];
  readonly highest: number;
}
