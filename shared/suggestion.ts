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
  const wanted = name.toLowerCase();
  let nearest: string | undefined;
  let fewest = Math.min(MAX_EDITS, Math.floor(wanted.length / CHARACTERS_PER_EDIT)) + 1;
  for (const candidate of known) {
    if (candidate === name) continue;
    const edits = distance(wanted, candidate.toLowerCase());
    if (edits >= fewest) continue;
    nearest = candidate;
    fewest = edits;
  }
  return nearest;
}

/** Returns a question for the end of a message, such as ` (did you mean "factors"?)`; empty when no name is near. */
export function didYouMean(name: string, known: Iterable<string>): string {
  const nearest = nearestName(name, known);
  return nearest === undefined ? '' : ` (did you mean ${JSON.stringify(nearest)}?)`;
}
