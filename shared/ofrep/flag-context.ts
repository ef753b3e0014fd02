import { Fault } from '../errors.ts';
import { isObject } from '../json.ts';
import type { Scope } from '../pattern/scope.ts';
import { MAX_DIMENSIONS, normalizeScope, scopeFromPairs } from '../pattern/scope.ts';

/** The evaluation context of a request. */
export interface FlagContext {
  readonly scope: Scope;
  /** Names of attributes that are no valid dimension, in the order in which they were sent. */
  readonly ignored: readonly string[];
  /** The targeting key, which is the id of the episode. */
  readonly episodeId: string | undefined;
}

/**
 * Reads the context of a request body. Attributes are the scope. An SDK adds attributes of its own, so one that is no
 * valid dimension is left out and named. A body, a context and a targeting key may be absent.
 * @throws Fault `invalid_body` for a body that is no object, `invalid_request` for an invalid context or targeting key
 */
export function readFlagContext(body: unknown): FlagContext {
  if (!isObject(body)) throw new Fault('invalid_body', 'the body must be an object: {"context": {…}}');
  const { context } = body;
  if (context === undefined || context === null) return { scope: {}, ignored: [], episodeId: undefined };
  if (!isObject(context)) throw new Fault('invalid_request', 'context must be an object of attributes');
  const { targetingKey, ...attributes } = context;
  return { ...scopeOf(attributes), episodeId: episodeIdOf(targetingKey) };
}

function scopeOf(attributes: Readonly<Record<string, unknown>>): Pick<FlagContext, 'scope' | 'ignored'> {
  const pairs: [string, string][] = [];
  const ignored: string[] = [];
  for (const [name, value] of Object.entries(attributes)) {
    const dimension = dimensionOf(name, value);
    if (!dimension || (dimension.length > 0 && pairs.length === MAX_DIMENSIONS)) ignored.push(name);
    else pairs.push(...dimension);
  }
  return { scope: scopeFromPairs(pairs), ignored };
}

/** Returns the canonical pair of an attribute, none for an empty value, and undefined for no valid dimension. */
function dimensionOf(name: string, value: unknown): [string, string][] | undefined {
  try {
    return Object.entries(normalizeScope(Object.fromEntries([[name, value]])));
  } catch {
    return undefined;
  }
}

function episodeIdOf(targetingKey: unknown): string | undefined {
  if (targetingKey === undefined || targetingKey === null || targetingKey === '') return undefined;
  if (typeof targetingKey !== 'string')
    throw new Fault('invalid_request', 'targetingKey must be a text: send the episode id, or leave it out');
  return targetingKey;
}
