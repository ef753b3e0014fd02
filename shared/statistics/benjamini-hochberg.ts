/**
 * Returns the q-values of a family of tests, by the step-up procedure of Benjamini and Hochberg.
 *
 * Source: "Controlling the false discovery rate", Journal of the Royal Statistical Society B 57, 1995.
 *
 * Rejecting every test with a q of at most x keeps the expected share of false discoveries at or below x. With the
 * p-values sorted, the q of rank i of m is the smallest p · m / rank over this rank and all higher ones. A q is never
 * below its p, and equal p have equal q.
 * @example
 * qValues(Float64Array.of(0.01, 0.02, 0.06, 1)); // 0.04, 0.04, 0.08, 1
 * @param p p-value of each test, 0 to 1
 */
export function qValues(p: Float64Array): Float64Array {
  const tests = p.length;
  const qOf = new Map<number, number>();
  let rank = tests;
  let smallest = 1;
  for (const value of p.toSorted().reverse()) {
    // Rounding must not bring the product with m / m below p.
    smallest = Math.min(smallest, rank === tests ? value : (value * tests) / rank);
    // Equal p share the q of their lowest rank, which this loop reaches last.
    qOf.set(value, smallest);
    rank--;
  }
  return p.map(value => qOf.get(value) ?? 1);
}
