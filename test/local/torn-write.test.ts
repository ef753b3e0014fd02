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
 * row without an item: the event was not acknowledged, and its sender sends it again.
 */

/** Takes an item away and leaves its index row, as such a kill does. */
async function cutWrite(folder: string, episodeId: string): Promise<number> {
  const level = new ClassicLevel<string, string>(folder);
  await level.open();
  let cut = 0;
  for await (const [key, value] of level.iterator()) {
    if (!key.startsWith('item-pm-tuning-events~') || !value.includes(`"${episodeId}"`)) continue;
    await level.del(key);
    cut++;
  }
  await level.close();
  return cut;
}

it('[D4] an index row without its item breaks no run; sent again, the event is accepted and counted once', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'pm-tuning-cut-'));
  const open = () => openApi({ data: folder, now: () => NOW, environment: { N_MIN: '5' } });
  const all = events(20, 'a');
  const first = await open();
  await first.postEvents(all);
  await first.service.close();

  expect(await cutWrite(folder, 'a-7')).toBe(1);
  const second = await open();
  const run = async () => (await second.cycle({ as_of: iso(NOW) })).patterns;
  // The write was applied in part and never acknowledged: it may count, once.
  expect(await run()).toMatchObject([{ status: 'published', events_read: 20 }]);
  expect(await second.postEvents(all)).toEqual({ accepted: 1, unchanged: 19, rejected: [] });
  expect(await second.postEvents(all)).toEqual({ accepted: 0, unchanged: 20, rejected: [] });
  expect(await run()).toMatchObject([{ status: 'unchanged', generation: 1, events_read: 20 }]);
  await second.close();
  await rm(folder, { recursive: true });
  measurement(
    'cut write',
    'an index row without its item: the run is whole; sent again, the event counts once',
  );
});
