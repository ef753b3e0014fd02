import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { overridesPageSchema } from '../../shared/http/schemas/overrides.ts';
import type { Api } from '../support/api.ts';
import { events, openApi } from '../support/api.ts';
import { DAY, HOUR, iso, NOW, S1 } from '../support/episodes.ts';

const LISTS = ['overrides', 'lessons'] as const;
const clock = { now: NOW };
let api: Api;
beforeAll(async () => {
  api = await openApi({ now: () => clock.now, environment: { N_MIN: '5' } });
  const at = { timestamp: iso(NOW - DAY) };
  await api.postEvents([
    ...events(30, 'a', { ...at, scope: { chain: 'solana', bucket: 'nano' } }),
    ...events(20, 'b', { ...at, scope: { chain: 'base', bucket: 'Micro' } }),
    ...events(40, 'c', {
      ...at,
      scope: { chain: 'ethereum', bucket: 'nano' },
      decision: 'acted',
      outcome: 'failure',
    }),
  ]);
  await api.cycle({ as_of: iso(NOW) });
});
afterAll(() => api.close());

interface Row {
  readonly n: number;
  readonly action_category: string;
  readonly scope_subset: Readonly<Record<string, string>>;
  readonly scope_hash: string;
}

async function list(kind: (typeof LISTS)[number], query: string): Promise<{ rows: Row[]; next?: string }> {
  const answer = await api.send('GET', `/v1/${kind}?pattern_key=${S1}&${query}`);
  expect(answer.status).toBe(200);
  const { next, ...page } = (await answer.json()) as { next?: string } & Record<string, Row[]>;
  return { rows: page[kind] ?? [], ...(next !== undefined && { next }) };
}

describe('lists that select and sort', () => {
  it.each(LISTS)(
    'The %s that contain a text are those with it in lever, scope or reason, in any case',
    async kind => {
      const { rows: all } = await list(kind, 'limit=1000');
      for (const text of ['chain=solana', 'MICRO', 'chain=base', '%20nano%20']) {
        const { rows } = await list(kind, `limit=1000&contains=${text}`);
        const wanted = decodeURIComponent(text).trim().toLowerCase();
        const expected = all.filter(row =>
          JSON.stringify(row).replaceAll('":"', '=').toLowerCase().includes(wanted),
        );
        expect(rows.length).toBeGreaterThan(0);
        expect(rows.length).toBeLessThan(all.length);
        expect(rows).toEqual(expected);
      }
      expect((await list(kind, 'contains=nowhere')).rows).toEqual([]);
    },
  );

  it.each([
    ['overrides', 'n', (row: Row) => row.n],
    ['overrides', 'effect', (row: Row) => (row as Row & { multiplier: number }).multiplier],
    ['overrides', 'confidence', (row: Row) => (row as Row & { confidence: number }).confidence],
    ['lessons', 'n', (row: Row) => row.n],
    ['lessons', 'q', (row: Row) => (row as Row & { uncertainty?: { q?: number } }).uncertainty?.q ?? 1],
  ] as const)(
    'The %s sort by %s, up and down, page by page, and equal ones stay in order',
    async (kind, name, key) => {
      const { rows: all } = await list(kind, 'limit=1000');
      for (const [sort, direction] of [
        [name, 1],
        [`-${name}`, -1],
      ] as const) {
        const paged: Row[] = [];
        let next: string | undefined;
        do {
          const page = await list(
            kind,
            `sort=${sort}&limit=4${next === undefined ? '' : `&next=${encodeURIComponent(next)}`}`,
          );
          paged.push(...page.rows);
          next = page.next;
        } while (next !== undefined);
        expect(paged).toEqual(all.toSorted((a, b) => direction * (key(a) - key(b))));
      }
    },
  );

  it.each(['sort=scope', 'sort=--n', 'contains=', `contains=${'x'.repeat(129)}`])(
    'A list refuses %s, and says what it takes',
    async query => {
      const answer = await api.send('GET', `/v1/overrides?pattern_key=${S1}&${query}`);
      expect([answer.status, await answer.json()]).toMatchObject([
        400,
        { errors: [{ path: query.split('=')[0] }] },
      ]);
    },
  );

  it('A page of one selection is no page of another', async () => {
    const { next } = await list('overrides', 'sort=n&limit=4');
    const other = `/v1/overrides?pattern_key=${S1}&sort=-n&limit=4&next=${encodeURIComponent(next ?? '')}`;
    expect((await api.send('GET', other)).status).toBe(400);
    expect(
      overridesPageSchema.parse(await (await api.send('GET', other.replace('-n', 'n'))).json()).overrides,
    ).toHaveLength(4);
  });
});

describe('who looked up', () => {
  const asked = async () => {
    await new Promise(resolve => setTimeout(resolve, 20));
    return (await api.status()).patterns.find(row => row.pattern_key === S1)?.asked;
  };
  const lookUp = (headers = {}) =>
    api.service.app.request(`http://localhost/v1/overrides/lookup?pattern_key=${S1}`, { headers });

  it('The status names a bot and the hour in which it last looked up, and leaves the page out', async () => {
    expect(await asked()).toEqual([]);
    await lookUp({ 'sec-fetch-site': 'same-origin' });
    expect(await asked()).toEqual([]);
    await lookUp();
    const [first, ...more] = (await asked()) ?? [];
    expect([first?.who, more]).toEqual(['local', []]);
    expect(clock.now - Date.parse(first?.at ?? '')).toBeLessThan(HOUR);
    clock.now += 3 * HOUR;
    await lookUp();
    expect(clock.now - Date.parse((await asked())?.[0]?.at ?? '')).toBeLessThan(HOUR);
  });
});
