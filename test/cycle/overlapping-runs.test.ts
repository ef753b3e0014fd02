import { describe, expect, it } from 'vitest';
import { setMode, setSettings } from '../../shared/generation/change-head.ts';
import { errorAnswer } from '../support/dynamodb-proxy.ts';
import { S1 } from '../support/episodes.ts';
import { faultOfAsync } from '../support/fault-of.ts';
import { measurement } from '../support/measurements.ts';
import { OPERATOR, usePatternRuns } from '../support/pattern-runs.ts';

const { stores, addMisses, open, mine, publish, run, head } = usePatternRuns();

describe('runs that overlap', () => {
  it('[O4] Five simultaneous runs publish once', async () => {
    await addMisses(20);
    const runs = await Promise.all([1, 2, 3, 4, 5].map(() => run()));
    const published = runs.filter(r => r.published);
    expect(published).toHaveLength(1);
    for (const r of runs) expect(['published', 'yielded', 'unchanged']).toContain(r.status);
    expect(await head()).toMatchObject({ version: 1, latest: 1 });
    measurement(
      6,
      `5 cycles at once: ${published.length} published, ${runs.length - published.length} yielded or were unchanged`,
    );
  });

  it('[O4] A run that mined before another one and publishes after it yields', async () => {
    await addMisses(20);
    const early = await open();
    const old = await mine(early);
    await addMisses(20);
    expect(await run()).toMatchObject({ status: 'published', generation: 1, events_read: 40 });
    expect(await publish(early, old)).toMatchObject({ status: 'yielded', generation: 1, published: false });
    expect((await head()).current?.events_read).toBe(40);
    measurement(6, 'a cycle that started earlier and ended later: it yielded, the newer generation stays');
  });

  it('A run yields when the head is written just before its own write', async () => {
    await addMisses(20);
    const slow = await open();
    const result = await mine(slow);
    let overtaken = false;
    stores().proxy.around = async ({ operation, body }, forward) => {
      // An operator writes the head just before the slow run does.
      if (operation === 'PutItem' && JSON.stringify(body.Item).includes('"head"') && !overtaken) {
        overtaken = true;
        await setMode(stores().runtime, S1, 'off', OPERATOR);
      }
      return forward();
    };
    expect(await publish(slow, result)).toMatchObject({ status: 'yielded', published: false });
    expect(await head()).toMatchObject({ mode: 'off', version: 1, latest: 0 });
  });

  it('A run yields when an operator changes the pattern between mining and publishing', async () => {
    await addMisses(20);
    for (const change of [
      () => setMode(stores().runtime, S1, 'shadow', OPERATOR),
      () => setSettings(stores().runtime, S1, { n_min: 12 }, OPERATOR),
    ]) {
      const opened = await open();
      const result = await mine(opened);
      await change();
      expect(await publish(opened, result)).toMatchObject({ status: 'yielded' });
    }
  });

  it('[T4] A crash before the head is written leaves the old generation in force, and the next run publishes', async () => {
    await addMisses(20);
    await run();
    const before = await head();
    await addMisses(20);
    stores().proxy.around = async ({ operation, body }, forward) =>
      operation === 'PutItem' && JSON.stringify(body.Item).includes('"head"')
        ? errorAnswer('ValidationException')
        : forward();
    expect((await faultOfAsync(run())).code).toBe('internal');
    expect(await head()).toEqual(before);
    // The list of changes has the publication that was about to come into force, so none is ever missing there.
    const { changes } = await stores().runtime.changes.page({ limit: 10 }, () => true);
    expect(changes.map(change => [change.what, change.generation]).toSorted()).toEqual([
      ['publish', 1],
      ['publish', 2],
    ]);
    stores().proxy.around = (_, forward) => forward();
    expect(await run()).toMatchObject({ status: 'published', generation: 2, events_read: 40 });
  });
});
