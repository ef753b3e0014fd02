/** Gain of a winner and loss of a loser in the same unit; both above 0. */
interface Payoff {
  readonly win: number;
  readonly loss: number;
}

/** Sums over clusters of w², w·l and l², where w and l count the winners and losers of one cluster. */
export interface ClusterSums {
  readonly ww: number;
  readonly wl: number;
  readonly ll: number;
}

/**
 * Returns the cluster-robust (sandwich) variance of a sum of payoffs, in the payoff's unit squared: the sum over
 * clusters of (W·w − L·l)². Events of one cluster may depend on each other, events of different clusters may not.
 * Independent events are clusters of one, hence ww = w, wl = 0 and ll = l.
 *
 * Source: Liang and Zeger, "Longitudinal data analysis using generalized linear models", Biometrika 73, 1986.
 *
 * Example: one cluster of 3 winners and 1 loser and one cluster of 2 losers have ww = 9, wl = 3 and ll = 1 + 4 = 5. At
 * payoffs 2:1 their variance is 4·9 − 2·2·3 + 5 = 29, which is (2·3 − 1)² + (0 − 2)².
 */
export function payoffVariance({ ww, wl, ll }: ClusterSums, { win: W, loss: L }: Payoff): number {
  return W * W * ww - 2 * W * L * wl + L * L * ll;
}

/**
 * Returns the variance W·L·n of the payoffs of n independent events that break even, in the payoff's unit squared.
 * With the break-even probability p = L / (W + L) of a winner, one event has the variance (W + L)²·p·(1 − p) = W·L.
 */
export function breakEvenVariance(events: number, { win: W, loss: L }: Payoff): number {
  return W * L * events;
}

/**
 * Returns the least variance to assume for w winners and l losers: max(W²·w + L²·l, W·L·(w + l)). The first term is
 * that of independent events. The second keeps a few events of one kind from proving that the other kind is impossible.
 *
 * Example: at payoffs 2:1, 30 winners and 10 losers have max(4·30 + 10, 2·40) = 130; 10 losers alone have 20, not 10.
 */
export function leastPayoffVariance(winners: number, losers: number, payoff: Payoff): number {
  const { win: W, loss: L } = payoff;
  return Math.max(W * W * winners + L * L * losers, breakEvenVariance(winners + losers, payoff));
}
