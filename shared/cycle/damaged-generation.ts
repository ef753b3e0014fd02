import type { PatternOverview } from '../generation/ports.ts';
import type { Warning } from '../warning/warning.ts';
import { findingsIn } from '../warning/warning.ts';
import type { CycleSummary, MinedPattern } from './cycle.ts';

/* A generation in force whose rows are missing or differ is not served: look-ups answer neutral. */

/** Warns of a generation in force with damaged sets that a run could not restore. */
export function damagedGeneration(
  { pattern_key, damaged = [] }: Pick<MinedPattern, 'pattern_key' | 'damaged'>,
  generation: number,
): Warning[] {
  if (damaged.length === 0) return [];
  const message =
    `rows of generation ${generation} of ${pattern_key} are missing or differ (${damaged.join(', ')}), and the run ` +
    'computed others, which it may not publish: set the mode to live and run a cycle, promote the candidate that is ' +
    'tried, or roll back to another generation';
  return [{ code: 'generation_damaged', message, pattern_key }];
}

/** Returns the messages of the last run about damaged generations, apart from those that were replaced since. */
export function damagedSince(last: CycleSummary, overview: readonly PatternOverview[]): string[] {
  const finished = Date.parse(last.finished_at ?? last.started_at);
  const replaced = new Set<string | undefined>(
    overview.flatMap(({ pattern, head }) => {
      const { what, rollout, at } = head?.last_change ?? {};
      const isReplaced = what === 'publish' || what === 'rollback' || rollout === 'promoted';
      return isReplaced && Date.parse(at ?? '') > finished ? [pattern] : [];
    }),
  );
  return last.warnings
    .filter(({ code, pattern_key }) => code === 'generation_damaged' && !replaced.has(pattern_key))
    .map(warning => (findingsIn([warning]) === 1 ? warning.message : `and ${warning.count} more`));
}

/** Returns messages about heads that cannot be read. A look-up of such a pattern is neutral, and its runs fail. */
export function damagedHeads(overview: readonly PatternOverview[]): string[] {
  return overview
    .filter(({ isHeadDamaged }) => isHeadDamaged)
    .map(
      ({ pattern }) => `the head of ${pattern} is unreadable: restore it from a backup of the control table`,
    );
}
