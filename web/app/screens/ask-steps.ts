import type { LookupAnswer } from '../../../shared/http/schemas/lookup-answer.ts';
import { describeScope } from '../../../shared/pattern/describe-scope.ts';
import type { WaterfallStep } from '../../../shared/plot/waterfall.ts';
import { leverName, plain } from '../figures.ts';

type Explanation = NonNullable<LookupAnswer['explain']>[number];

/** Returns the explanations that move a threshold. `halo_mult` is another name of `halo_max`. */
function movesOf(answer: LookupAnswer, threshold: string): readonly Explanation[] {
  const name = threshold === 'halo_mult' ? 'halo_max' : threshold;
  return (answer.explain ?? []).filter(each => each.chosen && leverName(each.action_category) === name);
}

/**
 * Returns the steps from a base threshold to the tuned one, by the resolution of the answer:
 * - `product`: each override multiplies what came before; deltas add.
 * - `blend`: each override pulls by its share of the weights.
 * - `most-specific`: one override moves.
 *
 * A last step shows a clamp, if one cut the value.
 */
export function waterfallSteps(answer: LookupAnswer, threshold: string, base: number): WaterfallStep[] {
  const moves = movesOf(answer, threshold);
  const weights = moves.reduce((sum, each) => sum + each.weight, 0);
  const steps: WaterfallStep[] = [{ name: `${threshold} as asked`, figure: plain(base), to: base }];
  let value = base;
  for (const each of moves) {
    const to =
      value +
      shiftBy(each, { value, base, share: each.weight / weights, blends: answer.resolution === 'blend' });
    steps.push({ name: describeScope(each.scope_subset), figure: effectText(each), from: value, to });
    value = to;
  }
  const tuned = answer.thresholds[threshold] ?? base;
  if (Math.abs(tuned - value) > 1e-9 * Math.abs(tuned || 1))
    steps.push({ name: 'limit of the resolution', figure: plain(tuned / value), from: value, to: tuned });
  steps.push({ name: `${threshold} tuned`, figure: plain(tuned), to: tuned });
  return steps;
}

interface Place {
  readonly value: number;
  readonly base: number;
  readonly share: number;
  readonly blends: boolean;
}

function shiftBy({ multiplier, delta = 0 }: Explanation, { value, base, share, blends }: Place): number {
  if (multiplier === undefined) return blends ? delta * share : delta;
  return blends ? base * (multiplier - 1) * share : value * (multiplier - 1);
}

function effectText({ multiplier, delta = 0 }: Explanation): string {
  return multiplier === undefined ? `${delta > 0 ? '+' : ''}${plain(delta)}` : `× ${multiplier.toFixed(4)}`;
}
