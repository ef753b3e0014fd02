/**
 * Returns the hypergeometric distribution: the exact probability of each number x of successes among `draws` events,
 * which are drawn at random from `population` events that contain `successes` successes.
 */
export function hypergeometric(draws: number, successes: number, population: number): Map<number, number> {
  const min = Math.max(0, draws + successes - population);
  const max = Math.min(draws, successes);
  const probabilities = new Map<number, number>();
  for (let x = min; x <= max; x++)
    probabilities.set(
      x,
      Math.exp(
        logChoose(successes, x) + logChoose(population - successes, draws - x) - logChoose(population, draws),
      ),
    );
  return probabilities;
}

/**
 * Returns the exact two-sided mid-p value of each x: twice the smaller tail probability, where x itself counts half,
 * and at most 1.
 */
export function midP(draws: number, successes: number, population: number): Map<number, number> {
  const probabilities = hypergeometric(draws, successes, population);
  const probabilityWhere = (condition: (x: number) => boolean): number =>
    [...probabilities].reduce((total, [x, probability]) => (condition(x) ? total + probability : total), 0);
  return new Map(
    [...probabilities].map(([x, probability]) => [
      x,
      Math.min(
        1,
        2 *
          Math.min(
            probabilityWhere(y => y < x) + probability / 2,
            probabilityWhere(y => y > x) + probability / 2,
          ),
      ),
    ]),
  );
}

const logFactorials = [0];

function logChoose(n: number, k: number): number {
  for (let i = logFactorials.length; i <= n; i++)
    logFactorials.push((logFactorials[i - 1] ?? 0) + Math.log(i));
  return (logFactorials[n] ?? 0) - (logFactorials[k] ?? 0) - (logFactorials[n - k] ?? 0);
}
