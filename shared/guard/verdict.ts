import type { PatternKey } from '../pattern/pattern-key.ts';
import type { GuardResult } from './guard-test.ts';
import { flipsIn, LINES } from './wealth.ts';

export const GUARD_VERDICTS = ['none', 'harmful', 'gaining', 'blind'] as const;
type GuardVerdict = (typeof GUARD_VERDICTS)[number];

/** Share of late flips without an outcome above which the guard is blind, and the fewest flips that tell. */
const BLIND_ABOVE = 0.1;
const MIN_LATE_FLIPS = 10;

/** Returns the verdict of a test. Harm comes first: wealth from partial knowledge never exceeds that from full knowledge. */
export function verdictOf({ log_wealth, late }: GuardResult): GuardVerdict {
  if (log_wealth.harm >= LINES.harm) return 'harmful';
  if (late.flips >= MIN_LATE_FLIPS && late.unknown / late.flips > BLIND_ABOVE) return 'blind';
  return log_wealth.gain >= LINES.gain ? 'gaining' : 'none';
}

/** The two sides of a test, as a sentence names them, and its subject. */
interface Compared {
  readonly tested: string;
  readonly against: string;
  readonly subject: string;
}

/** Returns the verdict in one sentence. @param compared by default what is in force, and the base thresholds */
export function sentenceOf(
  pattern: PatternKey,
  result: GuardResult,
  { tested, against, subject }: Compared = {
    tested: `what is in force for ${pattern}`,
    against: 'the base thresholds',
    subject: pattern,
  },
): string {
  const { loosened, tightened, log_wealth, blocks, late } = result;
  const flips = flipsIn(loosened) + flipsIn(tightened);
  const known = flips - loosened.unknown - tightened.unknown;
  const since = new Date(result.since).toISOString().slice(0, 16).replace('T', ' ');
  const seen = `since ${since} UTC, ${flips} flips in ${blocks} blocks, ${known} with an outcome`;
  switch (verdictOf(result)) {
    case 'harmful':
      return `${tested} is worse than ${against} (harm ${times(log_wealth.harm)}, line ×100): ${seen}`;
    case 'blind':
      return `the guard of ${pattern} is blind: ${late.unknown} of ${late.flips} flips older than 15 days have no outcome; report outcomes of skipped episodes too`;
    case 'gaining':
      return `${tested} is better than ${against} (gain ${times(log_wealth.gain)}, line ×20): ${seen}`;
    case 'none':
      return flips === 0
        ? `no decision of ${subject} differed from ${against} ${seen.slice(0, seen.indexOf(','))}`
        : `neither harm nor gain of ${subject} is proven (harm ${times(log_wealth.harm)}, gain ${times(log_wealth.gain)}): ${seen}`;
  }
}

/** Largest multiple that a sentence prints; beyond it the number says nothing more. */
const MOST_TIMES = 1_000_000;

/** Returns wealth as a multiple of its start. */
function times(log: number): string {
  return log > Math.log(MOST_TIMES)
    ? `over ×${MOST_TIMES.toLocaleString('en-US')}`
    : `×${Number(Math.exp(log).toPrecision(3)).toLocaleString('en-US', { maximumSignificantDigits: 3 })}`;
}
