import { GATE_FLAGS, NUMERIC_FACTORS } from '../episode/packed-episode.ts';
import { LEVERS } from '../lever/lever.ts';
import { nearestName } from '../suggestion.ts';

/** The names of factors and thresholds that the product reads. */
const KNOWN: ReadonlySet<string> = new Set([
  ...NUMERIC_FACTORS,
  ...GATE_FLAGS,
  ...LEVERS.flatMap(lever => lever.thresholds),
  'blocked_by',
  'applied',
]);
/** Characters of the shortest name that counts as misspelt. Shorter ones, such as `adx`, are names of their own. */
const LEAST_CHARACTERS = 4;
/** Maximum number of names whose nearest one is kept in memory. */
const MAX_CACHED = 1000;

const nearestOf = new Map<string, string | undefined>();

/** Returns whether the product reads a factor or a threshold of this name. */
export function isKnownFactor(name: string): boolean {
  return KNOWN.has(name);
}

/** Returns the known name that an unknown factor name nearly is; undefined for a known name and for a name of its own. */
export function nearestFactor(name: string): string | undefined {
  if (KNOWN.has(name) || name.length < LEAST_CHARACTERS) return undefined;
  if (nearestOf.has(name)) return nearestOf.get(name);
  if (nearestOf.size >= MAX_CACHED) nearestOf.clear();
  const nearest = nearestName(name, KNOWN);
  nearestOf.set(name, nearest);
  return nearest;
}

/** Returns the factors of an event that are near misses of known names. A known name that is present is not missed. */
export function misspeltFactors(factors: Readonly<Record<string, unknown>>): string[] {
  return Object.keys(factors).filter(name => {
    const nearest = nearestFactor(name);
    return nearest !== undefined && !Object.hasOwn(factors, nearest);
  });
}
