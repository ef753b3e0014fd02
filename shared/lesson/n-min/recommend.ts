import type { NMinRow } from './schema.ts';

/** Minimum number of general findings beyond those of chance; fewer count as none. */
const MIN_BEYOND_CHANCE = 1;

/**
 * Recommends an `N_MIN`, with the reason in one sentence.
 * - The criterion is the number of general findings less that of chance. The number of all findings would favour the
 *   lowest `N_MIN`, which adds more specific slices of known findings.
 * - The `N_MIN` in force is recommended unless the best one has more by over one standard error.
 * - Otherwise the highest `N_MIN` within one standard error of the best is recommended, because it makes fewer lessons
 *   to read and store.
 */
export function recommendNMin(
  rows: readonly NMinRow[],
  inForce: number,
  events: number,
): { readonly recommended: number; readonly advice: string } {
  const current = rows.find(row => row.n_min === inForce);
  const keep = current ? `Keep ${inForce}` : `Leave ${inForce} as it is`;
  const [first] = rows;
  if (!first || events < first.n_min)
    return {
      recommended: inForce,
      advice: `${keep}: ${events} events with an outcome can show nothing yet.`,
    };
  const best = rows.reduce((a, b) => (beyondChance(b) > beyondChance(a) ? b : a));
  if (beyondChance(best) < MIN_BEYOND_CHANCE)
    return { recommended: inForce, advice: `${keep}: ${noFindings(rows, current ?? best)}` };
  // The standard error of a count is its square root. A count within one standard error of the best is as good.
  const enough = beyondChance(best) - Math.sqrt(beyondChance(best));
  if (current && beyondChance(current) >= enough)
    return {
      recommended: inForce,
      advice: `${keep}: ${findingsOf(current)}, and no other from ${range(rows)} finds clearly more (${best.n_min}: ${best.general}).`,
    };
  const chosen = rows.findLast(row => beyondChance(row) >= enough) ?? best;
  const before = current ? `, where ${inForce} finds ${current.general}` : '';
  return { recommended: chosen.n_min, advice: `Use ${chosen.n_min}: ${findingsOf(chosen)}${before}.` };
}

function beyondChance(row: NMinRow): number {
  return row.general - row.general_by_chance;
}

function findingsOf(row: NMinRow): string {
  const findings = row.general === 1 ? 'finding' : 'findings';
  return `it has ${row.general} ${findings} that nothing more general explains, chance would make ${row.general_by_chance.toFixed(1)}`;
}

function noFindings(rows: readonly NMinRow[], row: NMinRow): string {
  const preface = `none from ${range(rows)} finds more than chance would; ${row.n_min} events show a difference of`;
  const { more, fewer } = row.detectable;
  if (more === null && fewer === null)
    return `none from ${range(rows)} finds more than chance would, nor could.`;
  const smallest = [
    ...(more === null ? [] : [`+${points(more)}`]),
    ...(fewer === null ? [] : [`−${points(-fewer)}`]),
  ];
  return `${preface} ${smallest.join(' or ')} points with a probability of 80 %, so what helps is more events.`;
}

function range(rows: readonly NMinRow[]): string {
  return `${rows[0]?.n_min ?? 0} to ${rows.at(-1)?.n_min ?? 0}`;
}

/** Returns a share in whole percentage points. */
function points(share: number): string {
  return (share * 100).toFixed(0);
}
