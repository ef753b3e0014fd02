import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { callersOf } from '../../local/token-auth.ts';
import { eventsPageSchema, parkedPageSchema } from '../../shared/http/schemas/events.ts';
import type { Api } from '../support/api.ts';
import { openApi } from '../support/api.ts';
import { iso, NOW, S1 } from '../support/episodes.ts';

const TOKENS = {
  'token-of-the-first-bot': { role: 'pm', name: 'bot 1' },
  'token-of-the-second-bot': { role: 'pm', name: 'bot 2' },
  'token-of-the-operators': { role: 'operator', name: 'anna' },
};
const [BOT_1, BOT_2, ANNA] = Object.keys(TOKENS) as [string, string, string];

let api: Api;
beforeAll(async () => {
  api = await openApi({ now: () => NOW, callers: callersOf(TOKENS, 'test') });
});
afterAll(() => api.close());

async function send(token: string, path: string, body?: object) {
  const response = await api.service.app.request(`http://localhost${path}`, {
    method: body === undefined ? 'GET' : 'POST',
    headers: { authorization: `Bearer ${token}` },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}
const event = (id: string, more: object = {}): object => ({
  pattern_key: S1,
  episode_id: id,
  decision: 'acted',
  scope: {},
  timestamp: iso(NOW - 1000),
  ...more,
});
const outcome = (id: string, more: object = {}): object => ({
  pattern_key: S1,
  episode_id: id,
  outcome: 'success',
  ...more,
});
const stored = async (id: string) =>
  eventsPageSchema.parse((await send(ANNA, `/v1/events?pattern_key=${S1}&episode_id=${id}`)).body).events[0];

describe('writers', () => {
  it('A stored event names its writer, and each outcome its own', async () => {
    await send(BOT_1, '/v1/events', { events: [event('a')] });
    await send(BOT_1, '/v1/outcomes', { outcomes: [outcome('a')] });
    await send(ANNA, '/v1/outcomes', { outcomes: [outcome('a', { outcome: 'failure', correction: true })] });
    expect(await stored('a')).toMatchObject({
      writer: 'token:bot 1',
      outcomes: [{ writer: 'token:bot 1' }, { writer: 'token:anna', by_operator: true }],
    });
  });

  it('An operator restores the writers of an export, several in one request', async () => {
    const events = [
      event('r1', { writer: 'token:bot 1', outcome: 'success' }),
      event('r2', { writer: 'token:bot 2' }),
      event('r3', { writer: 'token:anna', by_operator: true }),
      event('r4', { writer: 'local' }),
      event('r5'),
    ];
    expect((await send(ANNA, '/v1/events', { events })).body).toMatchObject({ accepted: 5, rejected: [] });
    const writers = await Promise.all(['r1', 'r2', 'r3', 'r4', 'r5'].map(stored));
    expect(writers.map(e => [e?.writer, e?.by_operator])).toEqual([
      ['token:bot 1', undefined],
      ['token:bot 2', undefined],
      ['token:anna', true],
      ['local', undefined],
      ['token:anna', true],
    ]);
    // What belongs to the second bot is resolved by it alone.
    expect((await send(BOT_1, '/v1/outcomes', { outcomes: [outcome('r2')] })).body).toMatchObject({
      code: 'not_your_episode',
    });
    const restored = outcome('r2', { writer: 'token:bot 2' });
    expect((await send(ANNA, '/v1/outcomes', { outcomes: [restored] })).body).toMatchObject({ resolved: 1 });
    expect(await stored('r2')).toMatchObject({ outcomes: [{ writer: 'token:bot 2' }] });
  });

  it.each([
    ['/v1/events', 'events', event('x', { writer: 'token:bot 2' }), 'invalid_event'],
    ['/v1/outcomes', 'outcomes', outcome('a', { writer: 'token:bot 2' }), 'invalid_outcome'],
  ])('A pm that names a writer in %s is refused, and nothing is stored', async (path, list, item, code) => {
    const { status, body } = await send(BOT_1, path, { [list]: [item] });
    expect([status, body.code, JSON.stringify(body.errors)]).toEqual([
      400,
      code,
      expect.stringContaining('.writer"'),
    ]);
  });
});

describe('GET /v1/parked', () => {
  const parked = async (query = '') =>
    parkedPageSchema.parse((await send(ANNA, `/v1/parked?pattern_key=${S1}${query}`)).body);

  it('Outcomes that wait are listed per writer, with the reason, page by page', async () => {
    await send(BOT_1, '/v1/outcomes', { outcomes: [outcome('p1'), outcome('p2', { window: 'w' })] });
    await send(BOT_2, '/v1/outcomes', { outcomes: [outcome('p1', { outcome: 'failure' })] });
    await send(BOT_1, '/v1/events', { events: [event('p1')] });
    const all = await parked();
    expect(all.parked.map(p => [p.episode_id, p.window, p.reason_code, p.outcomes[0]?.writer])).toEqual([
      ['p1', undefined, 'not_your_episode', 'token:bot 2'],
      ['p2', 'w', 'no_event', 'token:bot 1'],
    ]);
    const first = await parked('&limit=1');
    expect([...first.parked, ...(await parked(`&limit=1&next=${first.next}`)).parked]).toEqual(all.parked);
    expect((await send(ANNA, `/v1/parked?pattern_key=${S1}&next=%21`)).body.code).toBe('invalid_page_token');
  });
});
