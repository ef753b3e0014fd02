import type { EffectiveSettings } from '../../generation/effective-settings.ts';
import type { Served } from '../../generation/served.ts';
import type { Moves } from '../../guard/flips.ts';
import { asServed, atBase, flipBlocks, flips } from '../../guard/flips.ts';
import type { GuardState } from '../../guard/guard-state.ts';
import type { GuardTest } from '../../guard/guard-test.ts';
import { evaluateTest, recentStart } from '../../guard/guard-test.ts';
import { sentenceOf, verdictOf } from '../../guard/verdict.ts';
import type { Gates } from '../../override/replay/gates.ts';
import type { PatternKey } from '../../pattern/pattern-key.ts';

/** The test of what is in force, in a run. */
export interface OpenTest {
  /** The heads that look-ups got: none while the whole service was off. */
  readonly answered: readonly Served[];
  /** Start of the test, and the first event that may still change it, milliseconds since 1970. */
  readonly since: number;
  readonly from: number;
}

interface TestInput {
  readonly before: GuardState | undefined;
  readonly inForce: OpenTest;
  readonly gates: Gates;
  readonly moves: Moves;
  readonly start: (at: number) => GuardTest;
  readonly mode: EffectiveSettings['guard'];
  readonly now: number;
}

/** Evaluates what is in force against the base thresholds. */
export function testsInForce(
  pattern: PatternKey,
  { before, inForce: { since }, gates, moves, start, mode, now }: TestInput,
  asOf: number,
): Pick<GuardState, 'whole' | 'recent' | 'results' | 'decision'> {
  const flipOf = flips(gates, { tested: asServed(gates, moves), against: atBase });
  const [first, second] = testsOf(before, since, asOf, start).map(test =>
    evaluateTest(test, flipBlocks(gates, flipOf, test.since, test.block_hours), asOf),
  );
  const results = [first, second].flatMap(each => (each ? [each.result] : []));
  const decision = decisionOf(before, since, pattern, results, mode, now);
  return {
    ...(first && { whole: first.test }),
    ...(second && { recent: second.test }),
    results,
    ...(decision && { decision }),
  };
}

/** Returns the test since the start, and the one that starts anew every 28 days, each as it was stored or new. */
function testsOf(
  before: GuardState | undefined,
  since: number,
  asOf: number,
  start: (at: number) => GuardTest,
): GuardTest[] {
  const renewed = recentStart(since, asOf);
  const whole = before?.whole?.since === since ? before.whole : start(since);
  if (renewed === undefined) return [whole];
  return [whole, before?.recent?.since === renewed ? before.recent : start(renewed)];
}

/** Returns the decision of the test: the stored one, or a new one at its first crossing of the line. */
function decisionOf(
  before: GuardState | undefined,
  since: number,
  pattern: PatternKey,
  results: GuardState['results'],
  mode: EffectiveSettings['guard'],
  now: number,
): GuardState['decision'] {
  if (before?.decision?.since === since) return before.decision;
  const harmful = results.find(result => verdictOf(result) === 'harmful');
  if (!harmful || mode === 'off') return undefined;
  return { since, at: new Date(now).toISOString(), action: mode, sentence: sentenceOf(pattern, harmful) };
}
