import { expect, it } from 'vitest';
import { movesReader } from '../../shared/cycle/guard/moves-in-force.ts';
import { testCandidate } from '../../shared/cycle/rollout/test-candidate.ts';
import { FactorCollector } from '../../shared/episode/columns/event-columns.ts';
import { readEpisode } from '../../shared/episode/episode-schema.ts';
import { packEpisode } from '../../shared/episode/packed-episode.ts';
import type { GenerationStores } from '../../shared/generation/ports.ts';
import { startTest } from '../../shared/guard/guard-test.ts';
import type { RolloutState } from '../../shared/guard/rollout/rollout-state.ts';
import { atBaseThresholds } from '../../shared/lever/base-thresholds.ts';
import type { Override } from '../../shared/override/override.ts';
import { prepareGates } from '../../shared/override/replay/gates.ts';
import { REPLAY_SETTINGS } from '../../shared/override/replay/settings.ts';
import { eventBody, HOUR, iso, NOW, S1 } from '../support/episodes.ts';
import { override } from '../support/overrides.ts';
import { publishedHead } from '../support/published-head.ts';

const START = Math.ceil((NOW - 60 * HOUR) / (6 * HOUR)) * 6 * HOUR;

interface Row {
  readonly id: string;
  readonly window?: string;
  /** Hours since the rollout began. */
  readonly at: number;
  readonly arm: 'candidate' | 'control' | undefined;
}

/** Tests a candidate, which halves `ts_min`, against the base thresholds, on acted failures that log only `applied`. */
async function stateOf(rows: readonly Row[]): Promise<RolloutState> {
  const collector = new FactorCollector({ withDxCount: false });
  for (const { id, window, at, arm } of rows) {
    const applied = arm && { generation: 1, multipliers: arm === 'candidate' ? { ts_min: 0.5 } : {} };
    const time = START + at * HOUR;
    const fields = { pattern_key: S1, timestamp: iso(time), ...(window && { window }) };
    const event = eventBody(id, { ...fields, decision: 'acted', factors: arm ? { applied } : {} });
    const revision = { outcome: 'failure', resolvedAt: time + 12 * HOUR, correction: false } as const;
    collector.add(packEpisode(atBaseThresholds(readEpisode(event, NOW))), time, revision);
  }
  const columns = collector.columns();
  const head = publishedHead({ current: {} }, 1);
  if (!head.current) throw new Error('the head has no generation');
  const at = iso(START - HOUR);
  const generation = { ...head.current, generation: 2 };
  const candidate = { generation, salt: 's', share: 0.1, started_at: at, step_at: at, moves: 'm' };
  const { current: _, ...empty } = head;
  const rowsOfSet: Override[] = [override('tuning_ts_min', {}, 0.5)];
  const overrides = { read: async () => rowsOfSet } as unknown as GenerationStores['overrides'];
  return testCandidate(movesReader({ overrides }, S1, columns), {
    pattern: S1,
    head: empty,
    candidate,
    before: undefined,
    gates: prepareGates(S1, columns, { ...REPLAY_SETTINGS, clusters: [] }, 'base'),
    events: { isInCandidateArm: row => rows[row]?.arm === 'candidate' },
    settings: { rollout: 'guarded' },
    start: since => startTest(since, 6, { win: 2, loss: 1 }, 'drift'),
    liveSince: 0,
    asOf: NOW,
    now: NOW,
  });
}

it('An episode with windows counts once in the arms of a rollout', async () => {
  const windows = [...'abcdefghij'].map((window, at): Row => ({ id: 'e', window, at, arm: 'candidate' }));
  const late: Row[] = [
    { id: 'f', window: 'a', at: 0, arm: undefined },
    { id: 'f', window: 'b', at: 1, arm: 'control' },
  ];
  const { arms } = await stateOf([...windows, ...late, { id: 'g', at: 2, arm: 'control' }]);
  expect(arms).toEqual({ events: 3, logged: 3, candidate: 1, control: 2, other: 0, differing: 0 });
});

it('The windows of an episode belong to one block of the comparison of two arms', async () => {
  const rows = [0, 7, 14].flatMap((at): Row[] => [
    { id: 'e', window: `w${at}`, at, arm: 'candidate' },
    { id: 'f', window: `w${at}`, at, arm: 'control' },
  ]);
  const state = await stateOf(rows);
  expect(state).toMatchObject({ kind: 'arms', result: { blocks: 1 } });
});
