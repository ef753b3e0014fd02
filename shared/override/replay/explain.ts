import type { Scope } from '../../pattern/scope.ts';
import { describeScope } from '../../pattern/scope.ts';
import type { ReplayLever } from './levers.ts';
import type { Comparison } from './score.ts';
import type { ReplaySettings } from './settings.ts';

export const signed = (value: number): string => {
  const text = String(Number(value.toFixed(Math.abs(value) < 10 ? 1 : 0)));
  return value > 0 ? `+${text}` : text.replace('-', '−');
};

/** `+4 ± 9` */
export const interval = (gain: number, margin: number): string =>
  `${signed(gain)} ± ${Number(margin.toFixed(margin < 10 ? 1 : 0))}`;

const count = (n: number, one: string): string => `${n} ${one}${n === 1 ? '' : 's'}`;

/** How a threshold moves: `ts_min × 0.94`, `slope_min + 0.0004`. */
export function describeMove(lever: ReplayLever, value: number): string {
  if (lever.scale === 'log') return `${lever.threshold} × ${value.toFixed(2)}`;
  const sign = value < 0 ? '−' : '+';
  return `${lever.threshold} ${sign} ${Number(Math.abs(value).toPrecision(2))}`;
}

/** The evidence of one override in one sentence. */
export function describeOverride(
  move: string,
  scope: Scope,
  opens: boolean,
  flipped: Comparison,
  context: { readonly days: number; readonly settings: ReplaySettings; readonly loses: boolean },
): string {
  const { win, loss } = context.settings.payoff;
  const winners = `${Math.abs(flipped.winners)} ${opens ? 'more' : 'fewer'} ${Math.abs(flipped.winners) === 1 ? 'winner' : 'winners'}`;
  const losers = `${Math.abs(flipped.losers)} ${opens ? 'more' : 'fewer'} ${Math.abs(flipped.losers) === 1 ? 'loser' : 'losers'}`;
  const text =
    `${move} on ${describeScope(scope)}: in the last ${context.days} days ${winners} and ${losers} ` +
    `would have been taken, ${signed(flipped.gain)} at ${win}:${loss}`;
  if (!context.loses || opens) return text;
  return `${text}; this pattern loses at these payoffs, the override trades less`;
}

/** Why a lever did nothing in a slice, from the best of its steps that is left. */
export function describeSilence(
  best: { readonly gain: number; readonly margin: number } | undefined,
): string {
  if (!best) return 'no event with an outcome stands near the gate';
  return `interval includes 0: ${interval(best.gain, best.margin)}`;
}

export function describeBase(base: Comparison, days: number, settings: ReplaySettings): string {
  const { win, loss } = settings.payoff;
  const events = `${count(base.winners, 'winner')} and ${count(base.losers, 'loser')}`;
  const verdict =
    base.gain < 0 ? 'this pattern loses at its base gates' : 'this pattern does not lose at its base gates';
  return `base gates take ${events} in the last ${days} days, ${interval(base.gain, base.error)} at ${win}:${loss}: ${verdict}`;
}
