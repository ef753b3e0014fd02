import type { FactorColumns } from '../../episode/columns/columns.ts';
import type { Candidate } from '../../generation/candidate.ts';
import type { EffectiveSettings } from '../../generation/effective-settings.ts';
import type { Head } from '../../generation/head.ts';
import type { FlipOf, Moves } from '../../guard/flips.ts';
import { asMoved, blockTimes, flipBlocks, flips, outcomeOf } from '../../guard/flips.ts';
import type { GuardTest } from '../../guard/guard-test.ts';
import { evaluateTest } from '../../guard/guard-test.ts';
import type { ArmBlock, ArmEvent } from '../../guard/rollout/arm-blocks.ts';
import { armBlocks } from '../../guard/rollout/arm-blocks.ts';
import type { HealthFinding } from '../../guard/rollout/arm-health.ts';
import { armHealth } from '../../guard/rollout/arm-health.ts';
import { candidateSentence } from '../../guard/rollout/candidate-sentence.ts';
import { compareArms, compareReality } from '../../guard/rollout/compare-arms.ts';
import { decideRollout } from '../../guard/rollout/decide-rollout.ts';
import type { RolloutDecision, RolloutState } from '../../guard/rollout/rollout-state.ts';
import { countArms, isActed, servedArms } from '../../guard/rollout/served-arm.ts';
import { verdictOf } from '../../guard/verdict.ts';
import type { Gates } from '../../override/replay/gates.ts';
import type { PatternKey } from '../../pattern/pattern-key.ts';
import { DAY_MS } from '../../time.ts';
import type { GuardEvents } from '../event-window.ts';
import type { ReadMoves } from '../guard/moves-in-force.ts';

/** Time for which events after a step may still have the arm of the step before: look-ups precede events. */
const SETTLING_MS = 5 * 60_000;
/** Age of the oldest event whose arm counts for the health: a bot that was corrected lets the rollout go on after it. */
const RECENT_MS = 3 * DAY_MS;

/** A candidate and the events that its test reads. */
interface CandidateInput {
  readonly pattern: PatternKey;
  readonly head: Head;
  readonly candidate: Candidate;
  readonly before: RolloutState | undefined;
  readonly gates: Gates;
  readonly events: Pick<GuardEvents, 'isInCandidateArm'>;
  readonly settings: Pick<EffectiveSettings, 'rollout'>;
  /** Starts the test, whose block length and payoff stay as they are. */
  readonly start: (since: number) => GuardTest;
  /** Since when the whole service is live, milliseconds since 1970; 0 when it was never off. */
  readonly liveSince: number;
  /** End of the window, milliseconds since 1970. */
  readonly asOf: number;
  readonly now: number;
}

/**
 * Tests a candidate against what is in force, on the events since it is tried: on every episode, because both decisions can
 * be replayed. A pattern whose factors are not logged compares the outcomes of both arms.
 * @throws Fault of the store
 */
export async function testCandidate(readMoves: ReadMoves, input: CandidateInput): Promise<RolloutState> {
  const { pattern, head, candidate, before, gates, asOf } = input;
  const { columns } = gates;
  const { generation } = candidate.generation;
  const since = Date.parse(candidate.started_at);
  const ofCandidate = await readMoves(candidate.generation);
  const ofControl = head.current && (await readMoves(head.current));
  const moves = { candidate: ofCandidate ?? NOTHING, control: ofControl ?? NOTHING };
  const flipOf = flips(gates, {
    tested: asMoved(gates, moves.candidate),
    against: asMoved(gates, moves.control),
  });
  const stored = before?.generation === generation ? before : undefined;
  const opened = stored?.test ?? input.start(since);
  const servedArm = servedArms(columns, moves);
  const kind = isReplayable(gates, since) ? 'paired' : 'arms';
  const { result, test } =
    kind === 'paired'
      ? evaluateTest(opened, flipBlocks(gates, flipOf, since, opened.block_hours), asOf)
      : {
          test: opened,
          result: compareArms(opened, blocksOfArms(gates, servedArm, since, opened.block_hours)),
        };
  // While the whole service was off, no episode got the candidate.
  const stepFrom = Math.max(Date.parse(candidate.step_at), input.liveSince);
  const armsFrom = Math.max(stepFrom + SETTLING_MS, asOf - RECENT_MS);
  const arms = countArms(columns, servedArm, row => input.events.isInCandidateArm(row), armsFrom);
  const reality = compareReality(opened, flipsOfArms(gates, flipOf, servedArm, since, opened.block_hours));
  const facts = { candidate, stepFrom, arms, reality, asOf, since, columns };
  const state = { generation, kind, test, result, arms, ...(reality && { reality }) } as const;
  const decided = decideRollout({
    candidate,
    stepFrom,
    asOf,
    verdict: verdictOf(result),
    sentence: candidateSentence(pattern, candidate, state),
    health: healthOf(facts),
    isDamaged: ofCandidate === undefined,
    isControlDamaged: head.current !== undefined && ofControl === undefined,
    isGuarded: input.settings.rollout === 'guarded',
    isFrozen: head.mode === 'frozen',
  });
  const decision =
    decided && keptDecision(stored?.decision, { ...decided, at: iso(input.now), share: candidate.share });
  return { ...state, ...(decision && { decision }) };
}

const NOTHING: Moves = () => undefined;
const iso = (time: number): string => new Date(time).toISOString();

/** Returns whether any row since a time can be replayed. Without such a row yet, the answer follows from the levers. */
function isReplayable({ gates, replayable, columns }: Gates, since: number): boolean {
  if (gates.length === 0) return false;
  let seen = 0;
  for (let row = 0; row < columns.size; row++) {
    if ((columns.time[row] ?? 0) < since) continue;
    if (replayable[row] === 1) return true;
    seen++;
  }
  return seen === 0;
}

type ArmOfRow = ReturnType<typeof servedArms>;

/** Returns the outcomes of each arm: of what was acted on; an event that was skipped brings nothing. */
function blocksOfArms(gates: Gates, servedArm: ArmOfRow, since: number, hours: number): ArmBlock[] {
  return armBlocks(
    eventsOf(gates.columns, since, (row, time): ArmEvent | undefined => {
      const arm = servedArm(row);
      if (arm !== 'candidate' && arm !== 'control') return undefined;
      return [time, arm, isActed(gates.columns, row) ? outcomeOf(gates, row) : 'neutral'];
    }),
    hours,
  );
}

/** Returns the flips that the candidate alone takes: acted on in its arm, skipped in the other. */
function flipsOfArms(
  gates: Gates,
  flipOf: FlipOf,
  servedArm: ArmOfRow,
  since: number,
  hours: number,
): ArmBlock[] {
  return armBlocks(
    eventsOf(gates.columns, since, (row, time): ArmEvent | undefined => {
      if (flipOf(row) !== 'loosened') return undefined;
      const arm = servedArm(row);
      const expected = isActed(gates.columns, row) ? 'candidate' : 'control';
      return arm === expected ? [time, expected, outcomeOf(gates, row)] : undefined;
    }),
    hours,
  );
}

function* eventsOf(
  columns: FactorColumns,
  since: number,
  read: (row: number, time: number) => ArmEvent | undefined,
): Generator<ArmEvent> {
  const timeOf = blockTimes(columns);
  for (let row = 0; row < columns.size; row++) {
    const at = timeOf(row);
    const event = at < since ? undefined : read(row, at);
    if (event !== undefined) yield event;
  }
}

function healthOf({
  candidate,
  stepFrom,
  arms,
  reality,
  asOf,
  since,
  columns,
}: Pick<RolloutState, 'arms' | 'reality'> & {
  readonly candidate: Candidate;
  readonly stepFrom: number;
  readonly asOf: number;
  readonly since: number;
  readonly columns: FactorColumns;
}): HealthFinding | undefined {
  let [events, withOutcome, newest] = [0, 0, since];
  for (let row = 0; row < columns.size; row++) {
    const at = columns.time[row] ?? 0;
    if (at < since) continue;
    events++;
    newest = Math.max(newest, at);
    if (Number.isFinite(columns.resolvedAt[row])) withOutcome++;
  }
  return armHealth({
    share: candidate.share,
    arms,
    reality,
    stepAge: asOf - stepFrom,
    age: asOf - since,
    quiet: asOf - newest,
    events,
    withOutcome,
  });
}

/** Returns the stored decision when it is the same, so that a run that repeats it carries out one decision. */
function keptDecision(before: RolloutDecision | undefined, decided: RolloutDecision): RolloutDecision {
  const isSame =
    before?.action === decided.action && before.share === decided.share && before.hold === decided.hold;
  return isSame ? before : decided;
}
