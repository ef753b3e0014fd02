/**
 * Returns the design effect of clusters of rows (Kish 1965) when all rows of a cluster agree: the mean size of the
 * cluster of a row. A sample of n rows is as precise as n / (design effect) independent ones. It is 1 or more.
 * @param cluster cluster of each row as a code; 0: a row that is a cluster of its own
 */
export function designEffect(cluster: Uint32Array): number {
  const sizes = new Map<number, number>();
  let alone = 0;
  for (const code of cluster) {
    if (code === 0) alone++;
    else sizes.set(code, (sizes.get(code) ?? 0) + 1);
  }
  const squares = [...sizes.values()].reduce((sum, size) => sum + size * size, alone);
  return cluster.length === 0 ? 1 : squares / cluster.length;
}
