import { shortHash } from '../hash.ts';
import type { Scope } from './scope.ts';

declare const brand: unique symbol;

/** The first 32 hexadecimal digits of SHA-256 over the canonical JSON of a scope. */
export type ScopeHash = string & { readonly [brand]: 'ScopeHash' };

/** Returns the hash of a canonical scope. `scopeHash({})` is `44136fa355b3678a1146ad16f7e8649e`. */
export function scopeHash(scope: Scope): ScopeHash {
  return shortHash(JSON.stringify(scope)) as ScopeHash;
}
