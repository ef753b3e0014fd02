import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ClassicLevel } from 'classic-level';
import { expect, it } from 'vitest';
import { events, openApi } from '../support/api.ts';
import { iso, NOW } from '../support/episodes.ts';
import { measurement } from '../support/measurements.ts';

/*
 * The embedded engine writes the row of its index before the item. A process that is killed in between leaves an index
 * row without an item. The event was not acknowledged, so its sender retries it.
 */

/** Deletes an item but not its index row, which simulates the kill; returns the number of deleted items. */
async function tearWrite(folder: string, episodeId: string): Promise<number> {
  const level = new ClassicLevel<string, string>(folder);
  await level.open();
  let deleted = 0;
  for await (const [key, value] of level.iterator()) {
    if (!key.startsWith('item-pm-tuning-events~') || !value.includes(`"${episodeId}"`)) continue;
    await level.del(key);
    deleted++;
  }
  await level.close();
  return deleted;
}

it('[D4] an index row without its item makes no run fail, and a retry of the event is accepted and counted once', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'pm-tuning-cut-'));
  const open = () => openApi({ data: folder, now: () => NOW, environment: { N_MIN: '5' } });
  const all = events(20, 'a');
  const first = await open();
  await first.postEvents(all);
  await first.service.close();

  expect(await tearWrite(folder, 'a-7')).toBe(1);
  const second = await open();
  const run = async () => (await second.cycle({ as_of: iso(NOW) })).patterns;
  // The write was applied in part and not acknowledged, so the event may count once.
  expect(await run()).toMatchObject([{ status: 'published', events_read: 20 }]);
  expect(await second.postEvents(all)).toEqual({ accepted: 1, unchanged: 19, rejected: [] });
  expect(await second.postEvents(all)).toEqual({ accepted: 0, unchanged: 20, rejected: [] });
  expect(await run()).toMatchObject([{ status: 'unchanged', generation: 1, events_read: 20 }]);
  await second.close();
  await rm(folder, { recursive: true });
  measurement(
    'torn write',
    'an index row without its item: the run succeeds; sent again, the event counts once',
  );
});
