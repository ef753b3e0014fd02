import type { Curve, Events, Shift, World } from './world.ts';

/**
 * Returns the three thresholds, as margins, that maximise the expected utility at a shift, by coordinate ascent over a
 * large sample.
 */
export function bestThresholds(world: World, curve: Curve, shift: Shift): [number, number, number] {
  const { win, loss } = world.payoff;
  const n = curve.sample[0].length;
  const utility = Float64Array.from({ length: n }, (_, i) => {
    const p = curve.probability(
      curve.sample[0][i] ?? 0,
      curve.sample[1][i] ?? 0,
      curve.sample[2][i] ?? 0,
      shift,
    );
    return win * p - loss * (1 - p);
  });
  const best: [number, number, number] = [0, 0, 0];
  const descending = samplesByMargin(curve);
  for (let round = 0; round < 6; round++)
    for (let k = 0; k < 3; k++) {
      const margins = curve.sample[k] as Float64Array;
      const others = [0, 1, 2].filter(j => j !== k);
      let sum = 0;
      let maxSum = 0;
      for (const i of descending[k] ?? []) {
        if (others.some(j => ((curve.sample[j] as Float64Array)[i] ?? 0) < (best[j] ?? 0))) continue;
        sum += utility[i] ?? 0;
        if (sum <= maxSum) continue;
        maxSum = sum;
        best[k] = margins[i] ?? 0;
      }
    }
  return best;
}

/** Results of `samplesByMargin`, which are computed once for each curve. */
const sortedByCurve = new WeakMap<Curve, readonly Uint32Array[]>();

/** Returns the indexes of the sample for each gate, by descending margin. */
function samplesByMargin(curve: Curve): readonly Uint32Array[] {
  const known = sortedByCurve.get(curve);
  if (known) return known;
  const sorted = curve.sample.map(margins =>
    Uint32Array.from(margins, (_, i) => i).sort((a, b) => (margins[b] ?? 0) - (margins[a] ?? 0)),
  );
  sortedByCurve.set(curve, sorted);
  return sorted;
}

/** Best thresholds by curve and rounded shift. */
const thresholdsByCurve = new WeakMap<Curve, Map<string, [number, number, number]>>();

/** Returns the decisions of the oracle, 1 for acting: it uses the best thresholds under each event's true success curve. */
export function oracleActs(events: Events): Uint8Array {
  const known = thresholdsByCurve.get(events.curve) ?? new Map<string, [number, number, number]>();
  thresholdsByCurve.set(events.curve, known);
  const acts = new Uint8Array(events.size);
  for (let i = 0; i < events.size; i++) {
    // Shifts are rounded to about a hundredth of a gate's spread, since a drifting world has one for each event.
    const shift = (events.shift[i] ?? [0, 0, 0]).map((s, k) => {
      const grid = k === 2 ? 1e-5 : 5e-3;
      return Math.round(s / grid) * grid;
    }) as [number, number, number];
    const key = shift.join();
    const best = known.get(key) ?? bestThresholds(events.world, events.curve, shift);
    known.set(key, best);
    acts[i] = events.margins.every((margin, k) => (margin[i] ?? 0) >= (best[k] ?? 0)) ? 1 : 0;
  }
  return acts;
}
