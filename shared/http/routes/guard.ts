import type { Hono } from 'hono';
import type { CycleDeps } from '../../cycle/dependencies.ts';
import type { Candidate } from '../../generation/candidate.ts';
import { effectiveSettings } from '../../generation/effective-settings.ts';
import { requireKnownPattern } from '../../generation/known-pattern.ts';
import { servedGeneration } from '../../generation/served.ts';
import { underService } from '../../generation/service-mode.ts';
import type { ChallengerState } from '../../guard/guard-state.ts';
import type { GuardResult } from '../../guard/guard-test.ts';
import { REALITY_LINE } from '../../guard/rollout/arm-health.ts';
import { candidateSentence } from '../../guard/rollout/candidate-sentence.ts';
import type { RolloutState } from '../../guard/rollout/rollout-state.ts';
import { sentenceOf, verdictOf } from '../../guard/verdict.ts';
import { flipsIn, LINES } from '../../guard/wealth.ts';
import type { PatternKey } from '../../pattern/pattern-key.ts';
import { addRoute, patternParam } from '../app.ts';
import { ROUTES } from '../routes.ts';
import type { GuardAnswer } from '../schemas/guard.ts';

/** Registers the route of the guard. Runs advance the test; the route reads what the last of them stored. */
export function guardRoutes(app: Hono, deps: Pick<CycleDeps, 'heads' | 'guards' | 'defaults'>): void {
  addRoute(app, ROUTES.getGuard, async c => {
    const pattern = await requireKnownPattern(deps.heads, patternParam(c));
    const [{ head, service }, state] = await Promise.all([
      deps.heads.headAndService(pattern),
      deps.guards.guard(pattern),
    ]);
    const { guard } = effectiveSettings(deps.defaults, head?.settings);
    const { at, action, sentence } = state?.decision ?? {};
    const answer: GuardAnswer = {
      pattern_key: pattern,
      guard,
      ...(state && { as_of: state.as_of }),
      running: guard !== 'off' && servedGeneration(underService(head, service)) > 0,
      tests: [
        ...(state?.results ?? []).map((result, i) =>
          testAnswer(pattern, result, i === 0 ? 'whole' : 'recent'),
        ),
        ...(state?.challengers ?? []).map(tested => challengerAnswer(pattern, tested)),
      ],
      ...(at !== undefined && action && sentence !== undefined && { decision: { at, action, sentence } }),
      ...(head?.candidate && { rollout: rolloutAnswer(pattern, head.candidate, state?.rollout) }),
    };
    return c.json(answer);
  });
}

function rolloutAnswer(
  pattern: PatternKey,
  candidate: Candidate,
  tested: RolloutState | undefined,
): NonNullable<GuardAnswer['rollout']> {
  const { share, started_at, step_at, held } = candidate;
  const { generation } = candidate.generation;
  const stored = tested?.generation === generation ? tested : undefined;
  return {
    generation,
    share,
    started_at,
    step_at,
    ...(held && { held }),
    ...(stored && {
      kind: stored.kind,
      test: testAnswer(pattern, stored.result, 'candidate', candidateSentence(pattern, candidate, stored)),
      arms: stored.arms,
      ...(stored.reality && { reality: { ...stored.reality, line: REALITY_LINE } }),
    }),
  };
}

function challengerAnswer(
  pattern: PatternKey,
  { policy, result }: ChallengerState,
): GuardAnswer['tests'][number] {
  const tested = `the challenger ${policy} of ${pattern}`;
  const names = { tested, against: 'what is in force', subject: tested };
  return { ...testAnswer(pattern, result, 'challenger', sentenceOf(pattern, result, names)), policy };
}

function testAnswer(
  pattern: PatternKey,
  result: GuardResult,
  test: GuardAnswer['tests'][number]['test'],
  sentence = sentenceOf(pattern, result),
): GuardAnswer['tests'][number] {
  const { since, blocks, block_hours, loosened, tightened, log_wealth, path } = result;
  const unknown = loosened.unknown + tightened.unknown;
  const flips = { loosened: flipsIn(loosened), tightened: flipsIn(tightened) };
  return {
    test,
    since: new Date(since).toISOString(),
    blocks,
    block_hours,
    flips: { ...flips, known: flips.loosened + flips.tightened - unknown, unknown },
    log_wealth,
    lines: LINES,
    verdict: verdictOf(result),
    sentence,
    path: path.map(([at, harm, gain]) => ({ at: new Date(at).toISOString(), harm, gain })),
  };
}
