import { afterEach, beforeEach } from 'vitest';
import type { MinedPattern, PatternRun } from '../../shared/cycle/cycle.ts';
import { openStep } from '../../shared/cycle/steps/open.ts';
import { publishStep } from '../../shared/cycle/steps/publish.ts';
import { tuneStep } from '../../shared/cycle/steps/tune.ts';
import { readEpisode } from '../../shared/episode/episode-schema.ts';
import type { Head } from '../../shared/generation/head.ts';
import { eventBody, iso, S1 } from './episodes.ts';
import { publishing } from './publishing.ts';
import type { Stores } from './stores.ts';
import { openStores } from './stores.ts';

type OpenedCycle = Awaited<ReturnType<typeof openStep>>;

export const OPERATOR = { who: 'anna', why: 'a test' };

/** Opens empty stores for each test of a file, and runs the steps of a cycle over pattern S1 with `n_min` 10. */
export function usePatternRuns() {
  let opened: Stores | undefined;
  beforeEach(async () => {
    opened = await openStores();
  });
  afterEach(() => opened?.close());
  const stores = (): Stores => {
    if (!opened)
      throw new Error('the stores are open only while a test runs: call this function inside a test');
    return opened;
  };
  let eventCount = 0;
  let runCount = 0;

  /** Adds skipped successes of one slice; each raises its pressure by 1. */
  const addMisses = async (n: number, fields: object = {}): Promise<void> => {
    const events = Array.from({ length: n }, () =>
      readEpisode(eventBody(`e${eventCount++}`, { outcome: 'success', ...fields }), stores().clock.now),
    );
    await stores().runtime.episodes.add(events);
  };
  const open = (options: object = {}): Promise<OpenedCycle> =>
    openStep(stores().runtime, {
      execution: { name: `run ${runCount++}`, started_at: iso(stores().clock.now) },
      options: publishing(options),
    });
  const mine = ({ cycle }: OpenedCycle): Promise<MinedPattern> =>
    tuneStep(stores().runtime, { cycle, pattern_key: S1 });
  const publish = ({ cycle }: OpenedCycle, mined: MinedPattern): Promise<PatternRun> =>
    publishStep(stores().runtime, { cycle, mined });
  const run = async (options: object = {}): Promise<PatternRun> => {
    const cycle = await open(options);
    return publish(cycle, await mine(cycle));
  };
  const head = async (): Promise<Head> => {
    const stored = await stores().runtime.heads.head(S1);
    if (!stored) throw new Error('the pattern has no head');
    return stored;
  };
  return { stores, addMisses, open, mine, publish, run, head };
}
