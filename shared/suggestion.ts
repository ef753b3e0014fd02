import { distance } from 'fastest-levenshtein';

/** Largest number of edits between a misspelt name and its suggestion. */
const MAX_EDITS = 3;

/** Number of characters for each edit that a suggestion may need. */
const CHARACTERS_PER_EDIT = 3;

/**
 * Returns the known name that is nearest to a misspelt one; undefined when none is near.
 * Near means: at most one edit for every three characters, and at most three edits. Letter case counts for nothing.
 * Of equally near names the first one is returned.
 */
export function nearestName(name: string, known: Iterable<string>): string | undefined {
  return nearestNames(name, known, 1)[0];
}

/** Returns the known names that are near to a misspelt one, the nearest first. @param limit maximum number of names */
export function nearestNames(name: string, known: Iterable<string>, limit: number): string[] {
  const wanted = name.toLowerCase();
  const most = Math.min(MAX_EDITS, Math.floor(wanted.length / CHARACTERS_PER_EDIT));
  const near: { readonly name: string; readonly edits: number }[] = [];
  for (const candidate of known) {
    // The lengths of two names differ by at most their edits; this keeps the cost of very long names low.
    if (candidate === name || Math.abs(candidate.length - name.length) > most) continue;
    const edits = distance(wanted, candidate.toLowerCase());
    if (edits <= most) near.push({ name: candidate, edits });
  }
  near.sort((a, b) => a.edits - b.edits);
  return near.slice(0, limit).map(({ name }) => name);
}

/** Returns a question for the end of a message, such as ` (did you mean "factors"?)`; empty when no name is near. */
export function didYouMean(name: string, known: Iterable<string>): string {
  const nearest = nearestName(name, known);
  return nearest === undefined ? '' : ` (did you mean ${JSON.stringify(nearest)}?)`;
}
