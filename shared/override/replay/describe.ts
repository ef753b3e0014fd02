import type { FactorColumns } from '../../episode/columns/columns.ts';
import type { ReplayLever } from '../../lever/lever.ts';
import { movedFactor, shiftOf } from '../../lever/lever.ts';
import { describeScope } from '../../pattern/describe-scope.ts';
import type { Scope } from '../../pattern/scope.ts';
import type { Reason, ReasonCode } from '../../reason.ts';
import type { Forecast } from './forecast.ts';
import type { ReplaySettings } from './settings.ts';
import type { SliceCut } from './slices.ts';
import type { UtilityComparison } from './utility.ts';

/** Returns a number with its sign, with one decimal below 10 and none above: `+4.5`, `−24`. */
function signed(value: number): string {
  const text = String(Number(value.toFixed(Math.abs(value) < 10 ? 1 : 0)));
  return value > 0 && text !== '0' ? `+${text}` : text.replace('-', '−');
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
  /** Out of sample. */
  readonly expected?: Forecast | undefined;
}

/** The fit that an override comes from. */
interface FitContext {
  readonly days: number;
  readonly settings: ReplaySettings;
  /** Number of overrides of the fit. The effect of one is counted beside the others. */
  readonly overrides: number;
  /** True when the pattern loses at its base gates. */
  readonly loses: boolean;
  readonly heldOut: { readonly gain: number; readonly error: number } | undefined;
}

/** Returns the evidence of one override in one sentence. */
export function describeOverride(override: OverrideDescription, context: FitContext): Reason {
  const { settings, heldOut } = context;
  const { opens, flipped, lower } = override;
  const parts = [`${override.move} on ${describeScope(override.scope)}: ${effectOf(override, context)}`];
  if (flipped.changed > 0 && override.expected) parts.push(describeForecast(override.expected));
  if (heldOut)
    parts.push(
      `learned without the outcomes of the last ${settings.heldOutDays} days, all overrides together gain ${estimate(heldOut)} on them`,
    );
  if (context.loses)
    parts.push(
      opens
        ? 'this pattern loses at these payoffs'
        : 'this pattern loses at these payoffs, the override trades less',
    );
  return { code: overrideCode(flipped, lower, opens), text: parts.join('; ') };
}

/** Returns a forecast in words: `in the next 28 days +3 is expected (90 %: −2 to +8)`. */
export function describeForecast({ days, gain, low, high }: Forecast): string {
  return `in the next ${days} days ${signed(gain)} is expected (90 %: ${signed(low)} to ${signed(high)})`;
}

function overrideCode({ changed }: UtilityComparison, lower: number, opens: boolean): ReasonCode {
  if (changed === 0) return 'nothing_beside_other_overrides';
  if (lower <= 0) return 'not_above_chance_beside_other_overrides';
  return opens ? 'taking_more_gains' : 'taking_fewer_gains';
}

/** Returns what one override changes beside the others of its fit. */
function effectOf({ opens, flipped, lower }: OverrideDescription, context: FitContext): string {
  const { win, loss } = context.settings.payoff;
  const beside = context.overrides > 1 ? ' beside the other overrides' : '';
  if (flipped.changed === 0)
    return `in the last ${context.days} days it changes no winner and no loser${beside}`;
  const change = opens ? 'more' : 'fewer';
  const winners = count(Math.abs(flipped.winners), `${change} winner`);
  const losers = count(Math.abs(flipped.losers), `${change} loser`);
  return (
    `in the last ${context.days} days ${winners} and ${losers} would have been taken${beside}, ` +
    `${signed(flipped.gain)} at ${win}:${loss}, ${signed(lower)} after allowing for chance`
  );
}

/** Returns a gain with its standard error in words: `+3 (standard error 2)`. */
function estimate({ gain, error }: { readonly gain: number; readonly error: number }): string {
  return `${signed(gain)} (standard error ${Number(error.toFixed(error < 10 ? 1 : 0))})`;
}

/** Returns why all overrides of a fit are withheld. @param heldOut result of the fit without the held-out outcomes */
export function describeWithheld(
  heldOut: { readonly gain: number; readonly error: number },
  { payoff: { win, loss }, heldOutDays }: ReplaySettings,
): Reason {
  return {
    code: 'withheld_by_held_out_days',
    text: `held-out days disagree: overrides learned without the last ${heldOutDays} days lose on them against the base thresholds, ${estimate(heldOut)} at ${win}:${loss}; all are withheld`,
  };
}

/** The best remaining step of a lever in a slice, and the z-score that a first step needs there. */
interface RemainingStep {
  readonly lever: ReplayLever;
  /** Added to the margin of the gate, in its unit. */
  readonly opening: number;
  readonly gain: number;
  /** Margin of error of the gain: `z` standard errors. */
  readonly margin: number;
  /** z-score: the gain in standard errors. */
  readonly errors: number;
  /** Critical z-score of a first step. */
  readonly required: number;
}

/**
 * Returns why the best step of a lever in a slice was not taken.
 * @param context beside: the overrides that the step is counted beside, as the start of a sentence; empty for none
 */
export function describeNoOverride(
  best: RemainingStep,
  { days, settings, beside }: Pick<FitContext, 'days' | 'settings'> & { readonly beside: string },
): Reason {
  const { lever, gain, margin, errors, required } = best;
  const shift = shiftOf(lever, best.opening);
  const move = describeMove(lever, lever.scale === 'log' ? Math.exp(shift) : shift);
  const step = `${beside}the best step, ${move},`;
  const { win, loss } = settings.payoff;
  const effect = `${interval(gain, margin)} at ${win}:${loss} in ${days} days`;
  if (gain < -margin) return { code: 'best_step_loses', text: `${step} loses: ${effect}` };
  if (gain <= margin)
    return { code: 'within_chance', text: `${step} changes utility by ${effect}: within chance` };
  if (errors >= required)
    return {
      code: 'step_limit_reached',
      text: `${step} gains ${effect}, and ${settings.maxSteps} steps are the limit`,
    };
  // Rounded down, so that the number stays below the required one.
  const zScore = (Math.floor(errors * 10) / 10).toFixed(1);
  return {
    code: 'first_step_not_proven',
    text: `${step} gains ${effect}: ${zScore} standard errors above 0, and a first step needs ${Number(required.toFixed(2))}`,
  };
}

/** Describes slices that were left out to keep the work bounded. */
export function describeCut(cut: SliceCut, columns: FactorColumns, settings: ReplaySettings): string {
  const { dimensions, size } = columns;
  if (cut.why === 'cells')
    return `${dimensions[cut.first]?.name} × ${dimensions[cut.second]?.name}: too many combinations of values`;
  const part = cut.combinations < cut.of ? `${cut.combinations} of ${cut.of} combinations left out, ` : '';
  const level = `slices of ${count(cut.depth, 'dimension')}: ${part}`;
  const events = `${count(cut.of, 'combination')} of ${size.toLocaleString('en-US')} events`;
  return cut.why === 'visits'
    ? `${level}${events} are more than ${settings.maxVisits.toLocaleString('en-US')} record visits`
    : `${level}more than ${settings.maxSlices.toLocaleString('en-US')} slices`;
}

/** Returns the utility of the base gates over the window in one sentence. */
export function describeBase(base: UtilityComparison, days: number, settings: ReplaySettings): string {
  const { win, loss } = settings.payoff;
  const events = `${count(base.winners, 'winner')} and ${count(base.losers, 'loser')}`;
  const verdict =
    base.gain < 0 ? 'this pattern loses at its base gates' : 'this pattern does not lose at its base gates';
  return `base gates take ${events} in the last ${days} days, ${estimate(base)} at ${win}:${loss}: ${verdict}`;
}
