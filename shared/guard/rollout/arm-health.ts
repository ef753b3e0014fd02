import type { Hold } from '../../generation/candidate.ts';
import { upperTail } from '../../statistics/normal-distribution.ts';
import { DAY_MS } from '../../time.ts';
import { LINES } from '../wealth.ts';
import type { ArmCounts, Reality } from './rollout-state.ts';

/** Why a rollout waits. */
export type HealthFinding = Pick<Hold, 'code' | 'text'>;

interface HealthFacts {
  readonly share: number;
  readonly arms: ArmCounts;
  readonly reality: Reality | undefined;
  /** Time since the step and since the rollout began, and since the newest event, milliseconds. */
  readonly stepAge: number;
  readonly age: number;
  readonly quiet: number;
  /** Events since the rollout began, and how many of them have an outcome. */
  readonly events: number;
  readonly withOutcome: number;
}

/** Time without an event that counts as no traffic. */
const QUIET_MS = DAY_MS;
/** Events from which it tells something that none logs `applied`, and that arms differ. */
const MANY = 100;
/** Largest share of events that logged another arm than theirs. */
const MOST_DIFFERING = 0.01;
/** Two-sided p-value below which the share of the arms is off. Runs look every hour. */
const OFF_BELOW = 0.001;
/** Expected events of the smaller arm below which the normal approximation of the binomial test tells nothing. */
const LEAST_EXPECTED = 5;
/** Time after which some event should have an outcome, and the fewest events that tell. */
const OUTCOME_MS = 3 * DAY_MS;
const FEW = 20;
/** Line of the wealth against "real outcomes are not worse": at 5 %, as the line of gain. */
export const REALITY_LINE = LINES.gain;

/** Returns the first finding that holds a rollout; undefined for a healthy one. */
export function armHealth(facts: HealthFacts): HealthFinding | undefined {
  const { share, arms, reality } = facts;
  const compared = arms.candidate + arms.control + arms.other;
  if (facts.stepAge >= QUIET_MS && facts.quiet >= QUIET_MS)
    return { code: 'no_traffic', text: 'no event came for a day: check that the bots run' };
  if (facts.age >= OUTCOME_MS && facts.events >= FEW && facts.withOutcome === 0)
    return {
      code: 'no_outcomes',
      text: `none of ${facts.events} events has an outcome: report outcomes, of skipped episodes too`,
    };
  if (arms.events >= MANY && arms.logged === 0 && facts.stepAge >= OUTCOME_MS)
    return {
      code: 'no_applied',
      text: `none of ${arms.events} events logs \`applied\`, which names the arm: log the \`applied\` of each look-up`,
    };
  if (isOff(arms, share))
    return {
      code: 'arms_off',
      text:
        `the candidate served ${arms.candidate} of ${arms.candidate + arms.control} events, ${share * 100} % expected: ` +
        'send the episode_id of each event in its look-up',
    };
  if (compared >= MANY && arms.differing + arms.other > MOST_DIFFERING * compared)
    return {
      code: 'arms_differ',
      text:
        `${arms.differing + arms.other} of ${compared} events log other overrides than those of their arm: ` +
        'check that bots read the present snapshot, and send the same episode_id',
    };
  if (reality && reality.log_wealth >= REALITY_LINE)
    return { code: 'virtual_outcomes_differ', text: realitySentence(reality) };
  return undefined;
}

/** Compares the share of the arms with the share of the step, by the normal approximation of the binomial test. */
function isOff({ candidate, control }: ArmCounts, share: number): boolean {
  const n = candidate + control;
  const variance = n * share * (1 - share);
  if (n * Math.min(share, 1 - share) < LEAST_EXPECTED) return false;
  const deviation = Math.max(0, Math.abs(candidate - n * share) - 0.5);
  return 2 * upperTail(deviation / Math.sqrt(variance)) < OFF_BELOW;
}

function realitySentence({ real, virtual }: Reality): string {
  const rate = ({ success, failure }: Reality['real']): string =>
    `${success} of ${success + failure} (${Math.round((100 * success) / Math.max(1, success + failure))} %)`;
  return (
    `episodes that the candidate alone takes succeed less often when they are traded: ${rate(real)} taken, ` +
    `${rate(virtual)} skipped; check how outcomes of skipped episodes are found`
  );
}
