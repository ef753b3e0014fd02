import { expect, it } from 'vitest';
import { events, openApi } from '../support/api.ts';
import { iso, NOW } from '../support/episodes.ts';

it('a local run starts at the time of the clock that the service uses', async () => {
  const api = await openApi({ now: () => NOW });
  await api.postEvents(events(1, 'a'));
  expect(await api.cycle()).toMatchObject({ as_of: iso(NOW), started_at: iso(NOW), finished_at: iso(NOW) });
  await api.close();
});
