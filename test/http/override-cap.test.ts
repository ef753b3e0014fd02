import { afterEach, expect, it } from 'vitest';
import type { Api } from '../support/api.ts';
import { events, openApi } from '../support/api.ts';
import { S1 } from '../support/episodes.ts';

let api: Api | undefined;
afterEach(() => api?.close());

const AS_OF = { as_of: '2025-01-20T00:00:00Z' };
/** A scope of equal values, whose every subset is a slice of the same events. */
const wide = (dimensions: number) =>
  Object.fromEntries([...Array(dimensions).keys()].map(d => [`x${String(d).padStart(2, '0')}`, '1']));

/** Opens a service with 33 events of ten dimensions, which make 1,024 slices of two overrides each. */
async function openWide(environment: Record<string, string>): Promise<Api> {
  api = await openApi({ environment });
  await api.postEvents(events(33, 'w', { scope: wide(10) }));
  return api;
}

it('[X1] A pattern has at most max_overrides overrides, and the run, the lessons and the generation say what was cut', async () => {
  const api = await openWide({ MAX_OVERRIDES: '100' });
  const record = await api.cycle(AS_OF);
  const cut = '1948 of 2048 overrides left out, the most specific ones: more than max_overrides, 100';
  expect(record.patterns[0]).toMatchObject({ status: 'published', lessons: 1024, overrides: 100, cut });
  const kept = (await api.overrides(S1)).map(({ scope_subset }) => Object.keys(scope_subset).length);
  expect(kept.filter(depth => depth <= 1)).toHaveLength(22);
  expect(Math.max(...kept)).toBe(2);
  const lessons = await api.lessons(S1);
  const without = lessons.filter(lesson => lesson.why_not !== undefined);
  expect(without).toHaveLength(1024 - 50);
  expect(without.every(({ reason_code }) => reason_code !== undefined)).toBe(true);
});

it('An override in force that a smaller cap drops is warned of with the setting that keeps it', async () => {
  const api = await openWide({});
  await api.cycle(AS_OF);
  const put = await api.send('PUT', `/v1/patterns/${S1}/settings`, { max_overrides: 2, reason: 'a test' });
  expect(await put.json()).toMatchObject({ max_overrides: 2 });
  const [pattern] = (await api.cycle(AS_OF)).patterns;
  expect(pattern).toMatchObject({ overrides: 2, status: 'published' });
  const dropped = pattern?.warnings.find(({ code }) => code === 'cut_drops_override');
  expect(dropped?.message).toContain('more than 2 overrides: send fewer dimensions, or raise max_overrides');
});

it('The settings refuse a cap of 0 and one of more overrides than look-ups keep in memory', async () => {
  const api = await openWide({});
  for (const max_overrides of [0, 1.5, 100_001, '5']) {
    const response = await api.send('PUT', `/v1/patterns/${S1}/settings`, {
      max_overrides,
      reason: 'a test',
    });
    expect([max_overrides, response.status]).toEqual([max_overrides, 400]);
  }
});
