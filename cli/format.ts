import * as figures from '../shared/format.ts';
import { describeScope } from '../shared/pattern/describe-scope.ts';
import type { Scope } from '../shared/pattern/scope.ts';

/* The formats of the command line. Those of figures are the page's too; here they have short names. */

export const count = figures.countText;
export const instant = figures.instantText;
export const signed = figures.signedText;
export const { effect, percent, percentRange, plural, significant, span } = figures;

/** Escapes control and bidirectional characters as `\u001b`, so that a text cannot control the terminal. */
export function printable(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the expression replaces control characters
  return text.replace(/[\u0000-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/g, character => {
    const code = character.charCodeAt(0).toString(16).padStart(4, '0');
    return `\\u${code}`;
  });
}

/** Formats a slice: `bucket=nano, timeframe=15m`; the global slice is `everything`. */
export function slice(scope: Scope): string {
  return printable(describeScope(scope));
}
