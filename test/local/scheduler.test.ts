import { expect, it } from 'vitest';
import { events, openApi } from '../support/api.ts';
import { iso, NOW } from '../support/episodes.ts';

it('a local run takes its times from the clock of the service', async () => {
  const api = await openApi({ now: () => NOW });
  await api.postEvents(events(1, 'a'));
  expect(await api.cycle()).toMatchObject({ as_of: iso(NOW), started_at: iso(NOW), finished_at: iso(NOW) });
  await api.close();
});
