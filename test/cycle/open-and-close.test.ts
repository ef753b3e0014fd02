import { describe, expect, it } from 'vitest';
import { closeStep } from '../../shared/cycle/steps/close.ts';
import { openStep } from '../../shared/cycle/steps/open.ts';
import { S1, S2 } from '../support/episodes.ts';
import { faultOfAsync } from '../support/fault-of.ts';
import { usePatternRuns } from '../support/pattern-runs.ts';

const { stores, addMisses, open, mine, publish } = usePatternRuns();

describe('opening and closing a run', () => {
  it('A run of one pattern lists that pattern alone, also for another spelling of its key', async () => {
    await addMisses(1);
    await addMisses(1, { pattern_key: S2 });
    expect((await open()).patterns).toEqual([S1, S2]);
    expect((await open({ pattern_key: 'pm.s2_entry' })).patterns).toEqual([S2]);
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
    const opened = await open();
    await publish(opened, await mine(opened));
    const results = [{ pattern_key: S2, error: 'damaged_event' }];
    const record = await closed({ ...opened, patterns: [S1, S2], results });
    expect(record).toMatchObject({ status: 'partial', patterns_total: 2, patterns_failed: 1 });
    expect(record?.patterns.map(p => [p.pattern_key, p.status, p.reason])).toEqual([
      [S1, 'published', undefined],
      [S2, 'failed', 'failed: damaged_event'],
    ]);
  });

  it('The reason of a failed run contains only the code of its error', async () => {
    const error = 'ResourceNotFoundException: table arn:aws:dynamodb:eu-west-1:1:table/x';
    const record = await closed({ ...(await open()), patterns: [S2], results: [{ pattern_key: S2, error }] });
    expect(record?.patterns[0]?.reason).toBe('failed: internal');
    const timeout = await closed({ ...(await open()), patterns: [], failure: { Error: 'States.Timeout' } });
    expect(timeout).toMatchObject({ status: 'failed', failure: 'failed: timeout' });
  });
});
