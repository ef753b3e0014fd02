import { nearestName } from '../shared/suggestion.ts';

/** Names of the context that belong to CDK: its feature flags, and what its command line passes on. */
const OF_CDK = /[@:]/;

/**
 * Returns why a name of the context is none of this stack, with the near known name; undefined when all are known. A
 * misspelt name would otherwise deploy the default without a word.
 */
export function unknownContextName(names: readonly string[], known: ReadonlySet<string>): string | undefined {
  const unknown = names.find(name => !OF_CDK.test(name) && !known.has(name));
  if (unknown === undefined) return undefined;
  const near = nearestName(unknown, known);
  const advice = near === undefined ? `it takes ${[...known].sort().join(', ')}` : `did you mean ${near}?`;
  return `context ${unknown} is unknown; ${advice}`;
}
