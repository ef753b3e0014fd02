import { instantText, span } from '../../shared/format.ts';

/** Formats how long ago an instant was: `12 s ago`. */
export function ago(instant: string | number | null | undefined, now = Date.now()): string {
  if (instant === null || instant === undefined) return 'never';
  const ms = typeof instant === 'number' ? instant : Date.parse(instant);
  return `${span(Math.max(0, (now - ms) / 1000))} ago`;
}

/** Formats an instant to the minute, UTC: `2025-01-20 00:00`. */
export function minute(instant: string | null | undefined): string {
  return instant ? instantText(instant).slice(0, 16) : '–';
}

/** Formats a number with its sign: `+0.012`, `−0.4`. */
export function gain(value: number, digits = 3): string {
  const rounded = Number(value.toPrecision(digits));
  if (rounded === 0) return '0';
  return rounded > 0 ? `+${rounded}` : `−${Math.abs(rounded)}`;
}

/** Formats a number without binary error, six digits. */
export const plain = (value: number): string => String(Number(value.toPrecision(6)));

/** The name of a threshold that a lever moves, without the state: `tuning_s2_ts_min` moves `ts_min`. */
export function leverName(category: string): string {
  const name = category.replace(/^tuning_(s2_)?/, '');
  return name === 'halo' ? 'halo_max' : name;
}
