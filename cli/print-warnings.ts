import type { Warning } from '../shared/warning/warning.ts';
import { printable } from './format.ts';
import type { Session } from './session.ts';

/** Prints warnings, one a line: code, pattern unless the message names it, message. */
export function printWarnings(session: Session, warnings: readonly Warning[]): void {
  for (const { code, pattern_key, message } of warnings) {
    const pattern = pattern_key === undefined || message.includes(pattern_key) ? '' : `${pattern_key}: `;
    session.print(`warning ${code}: ${printable(pattern + message)}`);
  }
}
