import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventsPageSchema } from '../../shared/http/schemas/events.ts';
import type { Api } from '../support/api.ts';
import { openApi } from '../support/api.ts';
import { iso, NOW, S1, S2 } from '../support/episodes.ts';
import { requestProblem } from '../support/problems.ts';

const HOUR = 3_600_000;
const at = (hours: number): string => iso(NOW - 100 * HOUR + hours * HOUR);
const event = (id: string, hours: number, more: object = {}): object => ({
  pattern_key: S1,
  episode_id: id,
  decision: 'acted',
  scope: { chain: 'solana', rank: 2 },
  factors: { ts_score: 0.5, own: ['b', 'a'] },
  timestamp: at(hours),
  ...more,
});

let api: Api;
beforeAll(async () => {
  api = await openApi({ now: () => NOW });
  // The events arrive in another order than that of their times; every second one stays pending.
  const ids = Array.from({ length: 40 }, (_, i) => i).sort((a, b) => ((a * 7) % 40) - ((b * 7) % 40));
  await api.postEvents(ids.map(i => event(`e-${i}`, i, i % 2 ? { outcome: 'failure' } : {})));
  await api.postEvents([
    event('w', 41, { window: '1' }),
    event('w', 42, { window: '2' }),
    event('x', 43, { trade_id: 't', outcome: 'success', resolved_at: at(44), return: 1.5 }),
  ]);
  await api.postOutcomes([
    { pattern_key: S1, episode_id: 'w', outcome: 'success', resolved_at: at(50), factors: { dx_count: 2 } },
    { pattern_key: S1, episode_id: 'w', window: '2', outcome: 'neutral', resolved_at: at(51) },
    { pattern_key: S1, episode_id: 'x', outcome: 'failure', resolved_at: at(60), correction: true },
  ]);
});
afterAll(() => api.close());

const page = async (query = '') => {
  const response = await api.send('GET', `/v1/events?pattern_key=${S1}${query}`);
  expect(response.status).toBe(200);
  return eventsPageSchema.parse(await response.json());
};
const ids = (list: { events: readonly { episode_id: string; window?: string | undefined }[] }): string[] =>
  list.events.map(e => (e.window === undefined ? e.episode_id : `${e.episode_id}/${e.window}`));
const ALL = [...Array.from({ length: 40 }, (_, i) => `e-${i}`), 'w/1', 'w/2', 'x'];

describe('GET /v1/events', () => {
  it('Stored events come in the order of their time, with and without an outcome', async () => {
    expect(ids(await page())).toEqual(ALL);
  });

  it('Pages of any size join to the same list', async () => {
    for (const limit of [1, 7, 43]) {
      const found: string[] = [];
      let next: string | undefined = '';
      while (next !== undefined) {
        const answer: Awaited<ReturnType<typeof page>> = await page(
          `&limit=${limit}${next === '' ? '' : `&next=${next}`}`,
        );
        found.push(...ids(answer));
        ({ next } = answer);
      }
      expect(found).toEqual(ALL);
    }
  });

  it('An outcome that arrives between two pages neither repeats nor hides an event', async () => {
    const first = await page('&limit=5');
    await api.postOutcomes([{ pattern_key: S1, episode_id: 'e-6', outcome: 'failure', resolved_at: at(70) }]);
    const rest = await page(`&next=${first.next}`);
    expect([...ids(first), ...ids(rest)]).toEqual(ALL);
  });

  it('from and to are inclusive', async () => {
    expect(ids(await page(`&from=${at(3)}&to=${at(5)}`))).toEqual(['e-3', 'e-4', 'e-5']);
    expect(ids(await page(`&from=${at(5)}&to=${at(5)}`))).toEqual(['e-5']);
  });

  it('An event comes as it was sent, with its outcome history', async () => {
    const [x] = (await page('&episode_id=x')).events;
    expect(x).toEqual({
      pattern_key: S1,
      episode_id: 'x',
      decision: 'acted',
      scope: { chain: 'solana', rank: '2' },
      factors: { own: ['b', 'a'], ts_score: 0.5 },
      timestamp: at(43),
      trade_id: 't',
      writer: 'local',
      outcomes: [
        { outcome: 'success', resolved_at: at(44), return: 1.5, writer: 'local' },
        { outcome: 'failure', resolved_at: at(60), correction: true, writer: 'local' },
      ],
    });
    const [pending] = (await page('&episode_id=e-2')).events;
    expect(pending?.outcomes).toEqual([]);
    const [derived] = (await page('&episode_id=e-1')).events;
    expect(derived?.outcomes).toEqual([
      { outcome: 'failure', resolved_at: at(1), resolved_at_assumed: true, writer: 'local' },
    ]);
  });

  it('The rows of an episode are listed with their windows, and say whose outcome holds', async () => {
    const { events } = await page('&episode_id=w');
    expect(events.map(e => [e.window, e.outcomes_of, e.outcomes.map(o => [o.outcome, o.factors])])).toEqual([
      ['1', 'episode', [['success', { dx_count: 2 }]]],
      ['2', undefined, [['neutral', { dx_count: 2 }]]],
    ]);
    expect(ids(await page('&episode_id=none'))).toEqual([]);
  });

  it.each([
    [`pattern_key=${S2}`, 404, 'unknown_pattern'],
    [`pattern_key=${S1}&from=${at(5)}&to=${at(4)}`, 400, 'invalid_request'],
    [`pattern_key=${S1}&next=x`, 400, 'invalid_page_token'],
    [`pattern_key=${S1}&episode=x`, 400, 'invalid_request'],
    ['', 400, 'invalid_request'],
  ])('The query "%s" is refused with %i %s', async (query, status, code) => {
    expect(await requestProblem(api, 'GET', `/v1/events?${query}`)).toMatchObject({ status, code });
  });
});
