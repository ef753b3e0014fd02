import type { Candidate } from '../../generation/candidate.ts';
import type { PatternKey } from '../../pattern/pattern-key.ts';
import { sentenceOf } from '../verdict.ts';
import { LINES } from '../wealth.ts';
import type { RolloutState } from './rollout-state.ts';

/** Returns the result of the test of a candidate in one sentence. */
export function candidateSentence(
  pattern: PatternKey,
  { generation: { generation } }: Candidate,
  { kind, result, arms }: Pick<RolloutState, 'kind' | 'result' | 'arms'>,
): string {
  const tested = `generation ${generation} of ${pattern}`;
  const names = { tested, against: 'what is in force', subject: tested };
  if (kind === 'paired') return sentenceOf(pattern, result, names);
  const { harm, gain } = result.log_wealth;
  const found =
    harm >= LINES.harm
      ? `is worse than ${names.against}`
      : gain >= LINES.gain
        ? `is better than ${names.against}`
        : 'is compared by its arms';
  return (
    `${names.tested} ${found}: the pattern logs no factors, so only outcomes of both arms count, which takes long ` +
    `(${arms.candidate} events of the candidate, ${arms.control} of control in this step)`
  );
}
