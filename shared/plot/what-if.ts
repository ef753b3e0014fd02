import { countText, percent, significant } from '../format.ts';
import type { WhatIfAnswer, WhatIfPointAnswer } from '../http/schemas/what-if.ts';
import { describeScope } from '../pattern/describe-scope.ts';
import type { Guide, LinePlot, Point } from './line-plot.ts';

/** Returns two plots of a what-if: the change of utility, and the winners and losers taken. */
export function whatIfPlots(answer: WhatIfAnswer): readonly [utility: LinePlot, taken: LinePlot] {
  const { curve, lever, payoff, scope_subset, base, best } = answer;
  const line = (yOf: (point: WhatIfPointAnswer) => number): Point[] => curve.map(p => [movedBy(p), yOf(p)]);
  const baseText = base ? ` (base ${significant(base.threshold)})` : '';
  const x = { label: `${lever.effect} of ${lever.threshold}${baseText}` };
  const guides: Guide[] = [
    ...(base ? [{ x: movedBy(base), label: 'base' }] : []),
    ...(best && base && movedBy(best) !== movedBy(base)
      ? [{ x: movedBy(best), label: `best ${effectText(best)}` }]
      : []),
  ];
  const utility: LinePlot = {
    title: `${lever.threshold} on ${describeScope(scope_subset)}`,
    x,
    y: {
      label: `change of utility from the base, at ${significant(payoff.win)}:${significant(payoff.loss)}`,
    },
    guides: [...guides, { y: 0 }],
    lines: [
      {
        name: 'change of utility',
        points: line(p => p.utility_change),
        band: curve.map(p => [movedBy(p), p.low, p.high]),
        bandName: `${percent(answer.confidence).replace('.0', '')}, pointwise`,
      },
    ],
  };
  const taken: LinePlot = {
    title: 'Winners and losers taken',
    x,
    y: { label: 'events of the slice', from: 0, format: n => (Number.isInteger(n) ? countText(n) : '') },
    guides,
    lines: [
      { name: 'winners', points: line(p => p.winners) },
      { name: 'losers', points: line(p => p.losers) },
    ],
  };
  return [utility, taken];
}

/** Returns the multiplier or the delta of a point. */
export function movedBy({ multiplier, delta }: WhatIfPointAnswer): number {
  return multiplier ?? delta ?? Number.NaN;
}

/** Formats the multiplier or the delta of a point: `× 0.92`, `+0.0004`. */
export function effectText({ multiplier, delta = 0 }: WhatIfPointAnswer): string {
  if (multiplier !== undefined) return `× ${significant(multiplier)}`;
  return delta > 0 ? `+${significant(delta)}` : significant(delta);
}
