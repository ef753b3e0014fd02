import { Fault } from '../errors.ts';
import type { PatternKey } from '../pattern/pattern-key.ts';
import { didYouMean } from '../suggestion.ts';
import type { HeadStore } from './ports.ts';

/** @throws Fault `unknown_pattern` when no event has named the pattern */
export async function requireKnownPattern(
  heads: Pick<HeadStore, 'patterns'>,
  pattern: PatternKey,
): Promise<void> {
  const known = await heads.patterns();
  if (known.includes(pattern)) return;
  throw new Fault(
    'unknown_pattern',
    `no event names ${pattern}${didYouMean(pattern, known)}: check the key, or send an event of it first`,
  );
}
