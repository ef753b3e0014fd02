import type { FactorColumns } from '../../episode/columns/columns.ts';
import type { ReplayLever } from '../../lever/lever.ts';
import { movedFactor } from '../../lever/lever.ts';
import type { Scope } from '../../pattern/scope.ts';
import { describeScope } from '../../pattern/scope.ts';
import type { ReplaySettings } from './settings.ts';
import type { SliceCut } from './slices.ts';
import type { UtilityComparison } from './utility.ts';

/** Returns a number with its sign, with one decimal below 10 and none above: `+4.5`, `−24`. */
function signed(value: number): string {
  const text = String(Number(value.toFixed(Math.abs(value) < 10 ? 1 : 0)));
  return value > 0 ? `+${text}` : text.replace('-', '−');
}

/** Returns a gain with its margin of error: `+4 ± 9`. */
export function interval(gain: number, margin: number): string {
  return `${signed(gain)} ± ${Number(margin.toFixed(margin < 10 ? 1 : 0))}`;
}

const count = (n: number, one: string): string => `${n.toLocaleString('en-US')} ${one}${n === 1 ? '' : 's'}`;

/** Returns the effect of an override: `ts_min × 0.94`, `slope_min + 0.0004`, `sr_boost × 1.08`. */
export function describeMove(lever: ReplayLever, value: number): string {
  const name = movedFactor(lever);
  if (lever.scale === 'log') return `${name} × ${value.toFixed(2)}`;
  const sign = value < 0 ? '−' : '+';
  return `${name} ${sign} ${Number(Math.abs(value).toPrecision(2))}`;
}

/** The figures of one override that its `reason` describes. */
interface OverrideDescription {
  /** Effect as `describeMove` writes it. */
  readonly move: string;
  readonly scope: Scope;
  /** True when the override opens its gate. */
  readonly opens: boolean;
  readonly flipped: UtilityComparison;
  /** Lower bound of the gain. */
  readonly lower: number;
}

/** The fit that an override comes from. */
interface FitContext {
  readonly days: number;
  readonly settings: ReplaySettings;
  /** True when the pattern loses at its base gates. */
  readonly loses: boolean;
  readonly heldOut: { readonly gain: number; readonly error: number } | undefined;
}

/** Returns the evidence of one override in one sentence. */
export function describeOverride(override: OverrideDescription, context: FitContext): string {
  const { settings, heldOut } = context;
  const { win, loss } = settings.payoff;
  const { winners, losers, gain } = override.flipped;
  const change = override.opens ? 'more' : 'fewer';
  const parts = [
    `${override.move} on ${describeScope(override.scope)}: in the last ${context.days} days ${count(Math.abs(winners), `${change} winner`)} ` +
      `and ${count(Math.abs(losers), `${change} loser`)} would have been taken, ${signed(gain)} at ${win}:${loss}, ` +
      `${signed(override.lower)} after allowing for chance`,
  ];
  if (heldOut)
    parts.push(
      `learned without the outcomes of the last ${settings.heldOutDays} days, all overrides together gain ${interval(heldOut.gain, heldOut.error)} on them`,
    );
  if (context.loses)
    parts.push(
      override.opens
        ? 'this pattern loses at these payoffs'
        : 'this pattern loses at these payoffs, the override trades less',
    );
  return parts.join('; ');
}

/** The best remaining step of a lever in a slice, and the z-score that a first step needs there. */
export interface RemainingStep {
  readonly gain: number;
  /** Margin of error of the gain: `z` standard errors. */
  readonly margin: number;
  /** z-score: the gain in standard errors. */
  readonly errors: number;
  /** Critical z-score of a first step. */
  readonly required: number;
}

/** Returns why a lever has no override in a slice. */
export function describeNoOverride(best: RemainingStep | undefined): string {
  if (!best) return 'no event with an outcome stands near the gate';
  const { gain, margin, errors, required } = best;
  if (gain < -margin) return `every step loses, the least of them ${interval(gain, margin)}`;
  if (gain <= margin) return `interval includes 0: ${interval(gain, margin)}`;
  return `not proven: ${interval(gain, margin)} exceeds 0 by ${errors.toFixed(1)} standard errors, ${required} are asked of a first step`;
}

/** Describes slices that were left out to keep the work bounded. */
export function describeCut(cut: SliceCut, columns: FactorColumns, settings: ReplaySettings): string {
  const { dimensions, size } = columns;
  if (cut.why === 'cells')
    return `${dimensions[cut.first]?.name} × ${dimensions[cut.second]?.name}: too many combinations of values`;
  const level = `slices of ${count(cut.depth, 'dimension')}`;
  const events = `${count(cut.combinations, 'combination')} of ${size.toLocaleString('en-US')} events`;
  return cut.why === 'visits'
    ? `${level}: ${events} are more than ${settings.maxVisits.toLocaleString('en-US')} record visits`
    : `${level}: more than ${settings.maxSlices.toLocaleString('en-US')} slices`;
}

/** Returns the utility of the base gates over the window in one sentence. */
export function describeBase(base: UtilityComparison, days: number, settings: ReplaySettings): string {
  const { win, loss } = settings.payoff;
  const events = `${count(base.winners, 'winner')} and ${count(base.losers, 'loser')}`;
  const verdict =
    base.gain < 0 ? 'this pattern loses at its base gates' : 'this pattern does not lose at its base gates';
  return `base gates take ${events} in the last ${days} days, ${interval(base.gain, base.error)} at ${win}:${loss}: ${verdict}`;
}
