import type { Generation } from '../generation/generation.ts';
import type { PatternKey } from '../pattern/pattern-key.ts';
import type { CycleDeps } from './dependencies.ts';

/** Returns undefined when the head cannot be read, so that the pattern is still recorded as failed. */
export async function generationInForce(
  { heads, log }: Pick<CycleDeps, 'heads' | 'log'>,
  pattern: PatternKey,
): Promise<Generation | undefined> {
  try {
    return (await heads.head(pattern))?.current;
  } catch (error) {
    log.error('head of a failed pattern not read', error, { pattern });
    return undefined;
  }
}
