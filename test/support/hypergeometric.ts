/** Returns the exact probability of x hits among `part`, for each x, when `hits` fall on `all` at random. */
export function hypergeometric(part: number, hits: number, all: number): Map<number, number> {
  const least = Math.max(0, part + hits - all);
  const most = Math.min(part, hits);
  const probabilities = new Map<number, number>();
  for (let x = least; x <= most; x++)
    probabilities.set(
      x,
      Math.exp(logChoose(hits, x) + logChoose(all - hits, part - x) - logChoose(all, part)),
    );
  return probabilities;
}

/** Returns the exact two-sided mid-p of each x: twice the smaller tail probability, where x itself counts half. */
export function midP(part: number, hits: number, all: number): Map<number, number> {
  const probabilities = hypergeometric(part, hits, all);
  const sum = (of: (x: number) => boolean): number =>
    [...probabilities].reduce((total, [x, ofX]) => (of(x) ? total + ofX : total), 0);
  return new Map(
    [...probabilities].map(([x, ofX]) => [
      x,
      Math.min(1, 2 * Math.min(sum(y => y < x) + ofX / 2, sum(y => y > x) + ofX / 2)),
    ]),
  );
}

const logFactorials = [0];

function logChoose(n: number, k: number): number {
  for (let i = logFactorials.length; i <= n; i++)
    logFactorials.push((logFactorials[i - 1] ?? 0) + Math.log(i));
  return (logFactorials[n] ?? 0) - (logFactorials[k] ?? 0) - (logFactorials[n - k] ?? 0);
}
