import type { Scope } from './scope.ts';

/** Returns a scope as text for people: `bucket=nano, chain=solana`; `everything` for the empty one. */
export function describeScope(scope: Scope): string {
  const pairs = Object.entries(scope);
  return pairs.length === 0 ? 'everything' : pairs.map(([name, value]) => `${name}=${value}`).join(', ');
}
