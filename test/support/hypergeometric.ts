/** Odds of x hits among `part` when `hits` fall on `all` at random, term by term: what approximations are held against. */
export function hypergeometric(part: number, hits: number, all: number): Map<number, number> {
  const least = Math.max(0, part + hits - all);
  const most = Math.min(part, hits);
  const odds = new Map<number, number>();
  for (let x = least; x <= most; x++)
    odds.set(x, Math.exp(logChoose(hits, x) + logChoose(all - hits, part - x) - logChoose(all, part)));
  return odds;
}

/** Two-sided mid-p of each x: twice the smaller of the odds of fewer and of more, x itself counting half. */
export function midP(part: number, hits: number, all: number): Map<number, number> {
  const odds = hypergeometric(part, hits, all);
  const sum = (of: (x: number) => boolean): number =>
    [...odds].reduce((total, [x, chance]) => (of(x) ? total + chance : total), 0);
  return new Map(
    [...odds].map(([x, chance]) => [
      x,
      Math.min(1, 2 * Math.min(sum(y => y < x) + chance / 2, sum(y => y > x) + chance / 2)),
    ]),
  );
}

const logFactorials = [0];

function logChoose(n: number, k: number): number {
  for (let i = logFactorials.length; i <= n; i++)
    logFactorials.push((logFactorials[i - 1] ?? 0) + Math.log(i));
  return (logFactorials[n] ?? 0) - (logFactorials[k] ?? 0) - (logFactorials[n - k] ?? 0);
}
