import type { ReplayLever } from '../../lever/lever.ts';
import { movedFactor } from '../../lever/lever.ts';
import { describeScope } from '../../pattern/describe-scope.ts';
import { describeForecast, interval } from '../replay/describe.ts';
import type { ReplaySettings } from '../replay/settings.ts';
import type { WhatIf, WhatIfPoint, WhatIfQuestion } from './what-if.ts';

/** Describes the best value of a curve and its gain in one sentence. */
export function describeWhatIf(
  result: WhatIf,
  { lever, scope, from, to, days }: WhatIfQuestion,
  { payoff }: Pick<ReplaySettings, 'payoff'>,
): string {
  const { curve, base, best } = result;
  const slice = describeScope(scope);
  if (!base || !best)
    return `nothing can be said about ${movedFactor(lever)} on ${slice}: ${result.reason?.text}`;
  const range = `${movedFactor(lever)} from ${effectText(lever, from)} to ${effectText(lever, to)} on ${slice}`;
  if (curve.every(point => point.winners === base.winners && point.losers === base.losers))
    return `${range} would have changed nothing in the last ${days} days: no winner and no loser stands between`;
  const atPayoff = `at ${payoff.win}:${payoff.loss}`;
  if (best === base)
    return `no ${range} would have done better than where it stands in the last ${days} days ${atPayoff}`;
  const forecast = best.expected ? `; ${describeForecast(best.expected)}` : '';
  const kind = best.winnersChange < 0 || best.losersChange < 0 ? 'fewer' : 'more';
  return (
    `${movedFactor(lever)} ${effectText(lever, best.value)} on ${slice} would have taken ` +
    `${flips(best.winnersChange, kind, 'winner')} and ${flips(best.losersChange, kind, 'loser')} ` +
    `in the last ${days} days: ${interval(best.utilityChange, best.margin)} ${atPayoff}: ${verdict(result, best)}${forecast}`
  );
}

function verdict({ proven }: WhatIf, { utilityChange, margin }: WhatIfPoint): string {
  if (proven) return 'more than chance, even as the best of its curve';
  if (utilityChange <= margin) return 'nothing proven';
  return 'more than chance at this value alone, but not as the best of its curve: nothing proven';
}

/** Formats a value of the lever: `× 0.92`, `+ 0.0004`. */
function effectText({ scale }: ReplayLever, value: number): string {
  if (scale === 'log') return `× ${Number(value.toFixed(4))}`;
  return `${value < 0 ? '−' : '+'} ${Number(Math.abs(value).toPrecision(3))}`;
}

function flips(change: number, kind: string, noun: string): string {
  const n = Math.abs(change);
  return `${n} ${kind} ${noun}${n === 1 ? '' : 's'}`;
}
