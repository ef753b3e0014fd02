import type { EffectiveSettings } from '../../generation/effective-settings.ts';
import { storeUnlessUnchanged } from '../../generation/retention.ts';
import type { Moves } from '../../guard/flips.ts';
import { asMoved, asServed, flipBlocks, flips } from '../../guard/flips.ts';
import type { ChallengerState, GuardState } from '../../guard/guard-state.ts';
import type { GuardTest } from '../../guard/guard-test.ts';
import { evaluateTest, firstUnsealed } from '../../guard/guard-test.ts';
import { elementAt } from '../../numbers.ts';
import type { Policy } from '../../override/override.ts';
import { byScopeHashThenCategory, DEFAULT_RESOLUTION } from '../../override/override.ts';
import type { Gates } from '../../override/replay/gates.ts';
import type { PatternKey } from '../../pattern/pattern-key.ts';
import { DAY_MS } from '../../time.ts';
import type { CycleDeps } from '../dependencies.ts';
import type { TuningResult } from '../tune-pattern.ts';
import type { ReadMoves } from './moves-in-force.ts';

/** Time for which a challenger keeps its overrides. A set for each run would be a write for each run. */
const KEEP_SET_DAYS = 7;

type ChallengerDeps = Pick<CycleDeps, 'overrides' | 'now'>;

interface ChallengerInput {
  readonly before: readonly ChallengerState[];
  readonly readMoves: ReadMoves;
  /** The overrides that each challenger would publish now. */
  readonly computed: TuningResult['challengers'];
  readonly gates: Gates;
  /** The moves that were in force for the rows that logged no `applied`. */
  readonly inForce: Moves;
  readonly start: (policy: Policy) => (at: number) => GuardTest;
  /** End of the window, milliseconds since 1970. */
  readonly asOf: number;
}

/** Returns the stored tests of the policies that are challengers now. */
export function testedChallengers(
  before: GuardState | undefined,
  { challengers, policy }: Pick<EffectiveSettings, 'challengers' | 'policy'>,
): ChallengerState[] {
  return (before?.challengers ?? []).filter(
    tested => tested.policy !== policy && challengers.includes(tested.policy),
  );
}

/**
 * Tests each challenger against what is in force, as the guard tests what is in force against the base thresholds. The
 * overrides of a challenger were computed before the events that they are tested on. The result is shown, and moves nothing.
 * @throws Fault of the store
 */
export async function testChallengers(
  deps: ChallengerDeps,
  pattern: PatternKey,
  input: ChallengerInput,
): Promise<ChallengerState[]> {
  const states: ChallengerState[] = [];
  for (const policy of input.computed.keys()) {
    const stored = input.before.find(tested => tested.policy === policy);
    const { test, result } = stored
      ? await advance(stored, input)
      : evaluateTest(input.start(policy)(input.asOf), [], input.asOf);
    const sets = await keptSets(deps, pattern, policy, stored?.sets ?? [], test, input);
    states.push({ policy, sets, test, result });
  }
  return states;
}

async function advance(
  { sets, test }: ChallengerState,
  { gates, inForce, asOf, readMoves }: ChallengerInput,
): Promise<ReturnType<typeof evaluateTest>> {
  const { columns } = gates;
  const moves: (Moves | undefined)[] = [];
  for (const set of sets) moves.push(await readMoves(set));
  const challenger: Moves = row => {
    const time = elementAt(columns.time, row);
    return moves[sets.findLastIndex(({ from }) => from <= time)]?.(row);
  };
  const flipOf = flips(gates, { tested: asMoved(gates, challenger), against: asServed(gates, inForce) });
  return evaluateTest(test, flipBlocks(gates, flipOf, test.since, test.block_hours), asOf);
}

/** Returns the sets that the test still needs, with the computed one when the last is a week old. */
async function keptSets(
  deps: ChallengerDeps,
  pattern: PatternKey,
  policy: Policy,
  sets: ChallengerState['sets'],
  test: GuardTest,
  { computed, asOf }: ChallengerInput,
): Promise<ChallengerState['sets']> {
  const last = sets.at(-1);
  const needed = sets.filter((_, i) => (sets[i + 1]?.from ?? asOf) > firstUnsealed(test));
  if (last && asOf - last.from < KEEP_SET_DAYS * DAY_MS) return needed;
  const rows = (computed.get(policy)?.overrides ?? []).toSorted(byScopeHashThenCategory);
  const overrides = await storeUnlessUnchanged(deps, deps.overrides, pattern, rows, last?.overrides);
  return [...needed, { from: asOf, overrides, resolution: DEFAULT_RESOLUTION[policy] }];
}
