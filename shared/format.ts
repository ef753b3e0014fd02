const THOUSANDS = new Intl.NumberFormat('en-US');

/** Formats a whole number: `12,000`. */
export function countText(n: number): string {
  return THOUSANDS.format(n);
}

/** Formats a rate between 0 and 1: `28.6 %`. */
export function percent(rate: number): string {
  return `${(rate * 100).toFixed(1)} %`;
}

/** Formats an interval of a rate in whole percent, rounded outward: `8–41 %`. */
export function percentRange([low, high]: readonly [number, number]): string {
  // The service keeps four decimals; rounding first removes their binary error, which would widen the interval.
  const [least, most] = [Math.round(low * 1e4) / 100, Math.round(high * 1e4) / 100];
  return `${Math.floor(least)}–${Math.ceil(most)} %`;
}

/** Formats a number with its sign: `+3`, `-2`, `0`. */
export function signedText(value: number, digits = 0): string {
  const text = value.toFixed(digits);
  return value > 0 ? `+${text}` : text;
}

/** Formats a value to six significant digits, without trailing zeros: `0.591`. */
export function significant(value: number): string {
  return String(Number(value.toPrecision(6)));
}

/** Formats an override's multiplier, `× 0.9851`, or its delta, `+0.01`. */
export function effect(override: { multiplier?: number | undefined; delta?: number | undefined }): string {
  const { multiplier, delta } = override;
  if (multiplier !== undefined) return `× ${multiplier.toFixed(4)}`;
  return delta === undefined ? '' : signedText(Number(significant(delta)), decimals(delta));
}

/** Formats an instant in UTC without fractions of a second: `2025-01-20 00:00:00Z`. */
export function instantText(text: string): string {
  const ms = Date.parse(text);
  return Number.isNaN(ms) ? 'no valid time' : `${new Date(ms).toISOString().slice(0, 19).replace('T', ' ')}Z`;
}

/** Formats a duration in seconds: `40 s`, `12 min`, `3.5 h`, `4.0 d`. */
export function span(seconds: number): string {
  if (seconds < 100) return `${Math.round(seconds)} s`;
  if (seconds < 100 * 60) return `${Math.round(seconds / 60)} min`;
  if (seconds < 48 * 3600) return `${(seconds / 3600).toFixed(1)} h`;
  return `${(seconds / 86_400).toFixed(1)} d`;
}

/** Formats a count with its noun: `1 event`, `2 events`. */
export function plural(n: number, noun: string): string {
  return `${countText(n)} ${noun}${n === 1 ? '' : 's'}`;
}

/** Returns the decimals of a value that has six significant digits. */
function decimals(value: number): number {
  return significant(value).split('.')[1]?.length ?? 0;
}
