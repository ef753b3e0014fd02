/** Yields pages of several queries in the order of arrival; each query reads one page ahead. */
export async function* interleavePages<T>(sources: readonly AsyncGenerator<T>[]): AsyncGenerator<T> {
  type Step = { readonly from: number; readonly step: IteratorResult<T> };
  const next = (from: number): Promise<Step> =>
    (sources[from]?.next() ?? Promise.reject(new Error('no such source'))).then(step => ({ from, step }));
  const waiting = new Map(sources.map((_, i) => [i, next(i)]));
  try {
    while (waiting.size > 0) {
      const { from, step } = await Promise.race(waiting.values());
      if (step.done) waiting.delete(from);
      else {
        waiting.set(from, next(from));
        yield step.value;
      }
    }
  } finally {
    // Settles every open read when the reader stops early or a query fails, so no rejection stays unhandled.
    await Promise.allSettled(waiting.values());
  }
}
