import { describe, expect, it } from 'vitest';
import { readEpisode } from '../../shared/episode/episode-schema.ts';
import { setMode } from '../../shared/generation/change-head.ts';
import { DAY, eventBody, iso, NOW, S1 } from '../support/episodes.ts';
import { OPERATOR, usePatternRuns } from '../support/pattern-runs.ts';

const { stores, addMisses, run, head } = usePatternRuns();

describe('expiry of rows', () => {
  it('[D5] The rows in force are renewed when at most 31 days are left, by an unchanged run and by a frozen one', async () => {
    await addMisses(20);
    const options = { lookback_days: 366 };
    await run(options);
    const keptUntil = async () => (await head()).current?.overrides.kept_until;
    expect(await keptUntil()).toBe(iso(NOW + 62 * DAY));
    stores().clock.now = NOW + 30 * DAY;
    expect(await run(options)).toMatchObject({ status: 'unchanged' });
    expect(await keptUntil()).toBe(iso(NOW + 62 * DAY));
    stores().clock.now = NOW + 31 * DAY;
    expect(await run(options)).toMatchObject({ status: 'unchanged' });
    expect(await keptUntil()).toBe(iso(NOW + 93 * DAY));
    await setMode(stores().runtime, S1, 'frozen', OPERATOR);
    stores().clock.now = NOW + 80 * DAY;
    expect(await run(options)).toMatchObject({ status: 'frozen' });
    expect(await keptUntil()).toBe(iso(NOW + 142 * DAY));
    const { current } = await head();
    expect(current && (await stores().runtime.overrides.read(S1, current.overrides))).toHaveLength(4);
    const [row] = await stores().db.query({
      TableName: 'overrides',
      KeyConditionExpression: 'pk = :p',
      ExpressionAttributeValues: { ':p': `${S1}@${current?.overrides.id}` },
    });
    expect(row?.expires_at).toBe((NOW + 142 * DAY) / 1000);
  });
});

describe('rows that generations share', () => {
  it('Overrides that stay equal while lessons change are renewed with each publication', async () => {
    const options = { lookback_days: 366 };
    const add = (id: string, chain: string, decision: 'acted' | 'skipped', outcome: 'success' | 'failure') =>
      stores().runtime.episodes.add([
        readEpisode(eventBody(id, { scope: { chain }, decision, outcome }), stores().clock.now),
      ]);
    for (let i = 0; i < 20; i++) {
      await add(`a${i}`, 'a', 'skipped', 'success');
      await add(`b${i}`, 'b', 'acted', 'failure');
      await add(`c${i}`, 'c', 'skipped', 'failure');
    }
    await run(options);
    const first = (await head()).current;
    for (const day of [20, 40, 60, 80]) {
      stores().clock.now = NOW + day * DAY;
      // In the global slice misses and false positives cancel out, and one more dodge changes no slice that has an override.
      await add(`more-${day}`, 'c', 'skipped', 'failure');
      expect(await run(options)).toMatchObject({ status: 'published', overrides: 4 });
      const { current } = await head();
      expect(current?.overrides.id).toBe(first?.overrides.id);
      expect(Date.parse(current?.overrides.kept_until ?? '')).toBeGreaterThan(stores().clock.now + 31 * DAY);
      const [row] = await stores().db.query({
        TableName: 'overrides',
        KeyConditionExpression: 'pk = :p',
        ExpressionAttributeValues: { ':p': `${S1}@${current?.overrides.id}` },
      });
      expect(row?.expires_at).toBe(Date.parse(current?.overrides.kept_until ?? '') / 1000);
    }
    expect(first?.lessons.id).not.toBe((await head()).current?.lessons.id);
  });
});
