import { describe, expect, it } from 'vitest';
import { closeStep } from '../../shared/cycle/steps/close.ts';
import { failStep } from '../../shared/cycle/steps/fail.ts';
import { openStep } from '../../shared/cycle/steps/open.ts';
import { DX, S1, S2 } from '../support/episodes.ts';
import { faultOfAsync } from '../support/fault-of.ts';
import { usePatternRuns } from '../support/pattern-runs.ts';

const { stores, addMisses, open, mine, publish } = usePatternRuns();

/** Opens a run, and returns the patterns that its items stand for. */
async function listed(options: object = {}): Promise<unknown[]> {
  const { cycle, items } = await open(options);
  const { cycles } = stores().runtime;
  const found = await Promise.all(items.map(item => cycles.pattern(cycle.cycle_id, item)));
  expect(await cycles.patterns(cycle.cycle_id)).toEqual(found);
  return found;
}

describe('opening and closing a run', () => {
  it('A run of one pattern lists that pattern alone, also for another spelling of its key', async () => {
    await addMisses(1);
    await addMisses(1, { pattern_key: S2 });
    expect(await listed()).toEqual([S1, S2]);
    expect(await listed({ pattern_key: 'pm.s2_entry' })).toEqual([S2]);
  });

  it('Invalid options of a run are rejected', async () => {
    expect((await faultOfAsync(open({ n_min: 0 }))).code).toBe('invalid_request');
    expect((await faultOfAsync(open({ policy: 'best' }))).code).toBe('policy_not_available');
    expect((await faultOfAsync(open({ pattern_key: 'x' }))).code).toBe('invalid_pattern_key');
    expect((await faultOfAsync(openStep(stores().runtime, {}))).code).toBe('invalid_request');
  });

  /** Closes a run and returns its record. */
  const closed = async (input: object) => {
    const summary = await closeStep(stores().runtime, input);
    const record = await stores().runtime.cycles.get(summary.cycle_id);
    expect(record).toMatchObject(summary);
    return record;
  };

  it('A pattern without a result is recorded as failed, and the others keep their outcome', async () => {
    await addMisses(20);
    await addMisses(1, { pattern_key: S2 });
    await addMisses(1, { pattern_key: DX });
    const opened = await open();
    const { cycle } = opened;
    await publish(opened, await mine(opened));
    const named = (await stores().runtime.cycles.patterns(cycle.cycle_id)).indexOf(S2);
    expect(await failStep(stores().runtime, { cycle, item: named, error: 'damaged_event' })).toEqual({});
    const record = await closed(opened);
    expect(record).toMatchObject({ status: 'partial', patterns_total: 3, patterns_failed: 2 });
    expect(record?.patterns.map(p => [p.pattern_key, p.status, p.reason]).sort()).toEqual([
      [S1, 'published', undefined],
      [S2, 'failed', 'failed: damaged_event'],
      [DX, 'failed', 'failed: no_result'],
    ]);
  });

  it('The reason of a failed run contains only the code of its error', async () => {
    const error = 'ResourceNotFoundException: table arn:aws:dynamodb:eu-west-1:1:table/x';
    await addMisses(1);
    const opened = await open();
    await failStep(stores().runtime, { cycle: opened.cycle, item: 0, error });
    const record = await closed(opened);
    expect(record?.patterns[0]?.reason).toBe('failed: internal');
    const timeout = await closed({ ...(await open()), failure: { Error: 'States.Timeout' } });
    expect(timeout).toMatchObject({ status: 'failed', failure: 'failed: timeout' });
  });
});
