import type { IndexedOverride } from './override-index.ts';

/** The fields of an override that the digest of a snapshot covers. */
export type DigestedOverride = Pick<
  IndexedOverride,
  'scope_hash' | 'action_category' | 'multiplier' | 'delta'
>;

/**
 * Returns the text of which `sha256` in a snapshot is the hash (contract, section 8): a line
 * `scope_hash action_category value` for each override, sorted by code unit. Numbers are as JavaScript prints them.
 */
export function digestText(overrides: readonly DigestedOverride[]): string {
  return overrides
    .map(
      ({ scope_hash, action_category, multiplier, delta = 0 }) =>
        `${scope_hash} ${action_category} ${multiplier ?? delta}\n`,
    )
    .sort()
    .join('');
}
