import { expect, it } from 'vitest';
import { cycleRecord, PATTERN, TIME } from './support/answers.ts';
import type { Route } from './support/fake-service.ts';
import { fakeSession } from './support/fake-session.ts';

/* Commands follow `next`, so that they show a list whole although its pages end by bytes. */

const session = fakeSession();

/** Returns a route that answers pages in turn: the first without a token, each other one by its position. */
function paged(pages: readonly object[]): Route {
  return ({ query }) => {
    const page = Number(query.get('next') ?? 0);
    const next = page + 1 < pages.length ? { next: String(page + 1) } : {};
    return { status: 200, body: { ...pages[page], ...next } };
  };
}

const statusPage = (names: readonly string[]): object => ({
  healthy: true,
  reasons: [],
  warnings: names.map(name => ({ code: 'dimension_not_asked', message: `lessons of ${name}` })),
  now: TIME,
  events: { total: 6, with_outcome: 6, pending: 0 },
  parked_outcomes: 0,
  conflicts: { events: 0, outcomes: 0 },
  mode: 'live',
  retired: 0,
  caller: { name: 'local' },
  last_cycle: null,
  patterns: names.map(name => ({
    pattern_key: name,
    asked: [],
    events: { total: 2, with_outcome: 2, pending: 0 },
    parked_outcomes: 0,
    conflicts: { events: 0, outcomes: 0 },
    mode: 'live',
    policy: 'drift',
    generation: 0,
    as_of: null,
    lessons: 0,
    overrides: 0,
  })),
});

it('status shows the patterns and the warnings of every page', async () => {
  const pages = [['pm.a.S1.x', 'pm.b.S1.x'], ['pm.c.S1.x']].map(statusPage);
  const result = await session.run(paged(pages), ['status']);
  expect(result).toMatchObject({ exit: 0, err: '' });
  for (const name of ['pm.a.S1.x', 'pm.b.S1.x', 'pm.c.S1.x']) {
    expect(result.out).toContain(`warning dimension_not_asked: lessons of ${name}`);
    expect(result.out).toMatch(new RegExp(`^${name} +live`, 'm'));
  }
  expect(session.received.map(({ query }) => query.get('next'))).toEqual([null, '1']);
});

it('status --json prints one answer with all patterns and without next', async () => {
  const pages = [['pm.a.S1.x'], ['pm.b.S1.x'], ['pm.c.S1.x']].map(statusPage);
  const result = await session.run(paged(pages), ['status', '--json']);
  expect(JSON.parse(result.out)).toEqual(statusPage(['pm.a.S1.x', 'pm.b.S1.x', 'pm.c.S1.x']));
});

it('cycle shows the patterns of every page', async () => {
  const other = JSON.parse(JSON.stringify(cycleRecord('succeeded')).replaceAll(PATTERN, 'pm.other.S1.x'));
  const result = await session.run(paged([cycleRecord('succeeded'), other]), ['cycle', '--id', 'c1']);
  expect(result).toMatchObject({ exit: 0, err: '' });
  expect(result.out).toContain(`${PATTERN}: 32 of 33`);
  expect(result.out).toContain('pm.other.S1.x: 32 of 33');
});

it('history shows the generations of every page, and history --diff the overrides of every page', async () => {
  const generation = (number: number): object => ({
    generation: number,
    in_force: number === 2,
    hash: 'x',
    cycle_id: 'c',
    as_of: TIME,
    lookback_days: 90,
    n_min: 33,
    policy: 'drift',
    resolution: 'blend',
    events_read: 1000 + number,
    lessons: 0,
    overrides: 0,
    published_at: TIME,
  });
  const history = [2, 1].map(number => ({
    pattern_key: PATTERN,
    generations: [generation(number)],
    changes: [],
  }));
  const list = await session.run(paged(history), ['history', PATTERN]);
  expect(list.out).toMatch(/1,002/);
  expect(list.out).toMatch(/1,001/);
  const diffs = ['a', 'b'].map(value => ({
    pattern_key: PATTERN,
    generations: [],
    changes: [],
    diff: {
      from: 1,
      to: 2,
      overrides: [{ action_category: 'tuning_halo', scope_subset: { d: value }, before: 1, after: 0.9 }],
      lessons: { added: 0, removed: 0, changed: 0 },
    },
  }));
  const diff = await session.run(paged(diffs), ['history', PATTERN, '--diff', '1,2']);
  expect(diff.out).toMatch(/d=a/);
  expect(diff.out).toMatch(/d=b/);
});
