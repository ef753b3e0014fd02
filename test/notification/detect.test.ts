import { deflateRawSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import type { PatternRun } from '../../shared/cycle/cycle.ts';
import type { PatternChange } from '../../shared/generation/generation.ts';
import { COALESCE_MS } from '../../shared/notification/coalesce.ts';
import type { NotificationFacts } from '../../shared/notification/detect.ts';
import { detect, firstState, LATE_CHANGES_MS } from '../../shared/notification/detect.ts';
import {
  DEFAULT_EVENTS,
  EVENT_TYPES,
  notificationEventSchema,
} from '../../shared/notification/notification-event.ts';
import type { NotificationState } from '../../shared/notification/notification-state.ts';
import type { Warning } from '../../shared/warning/warning.ts';
import { cycleSummary } from '../support/cycle-summary.ts';
import { HOUR, iso, MINUTE, NOW, S1, S2 } from '../support/episodes.ts';
import { randomOf } from '../support/random.ts';

const ALL = new Set(EVENT_TYPES);
const NONE = { changes: [], finished: [], runs: [], health: [], now: NOW };

const start = (facts: Partial<NotificationFacts> = {}): NotificationState =>
  firstState({ ...NONE, ...facts });

const change = (fields: Partial<PatternChange> = {}): PatternChange => ({
  who: 'token:anna',
  at: iso(NOW + MINUTE),
  what: 'mode',
  why: 'mode off: an outage',
  pattern_key: S1,
  ...fields,
});

const run = (pattern_key: string, codes: Warning['code'][] = [], fields: Partial<PatternRun> = {}) => ({
  pattern_key,
  status: 'unchanged' as const,
  events_read: 1,
  lessons: 1,
  overrides: 1,
  generation: 1,
  published: false,
  would_publish: false,
  warnings: codes.map(code => ({ code, message: `${code} of ${pattern_key}`, pattern_key })),
  ...fields,
});

const finished = (cycle_id: string, ...patterns: PatternRun[]) => ({
  summary: cycleSummary({ cycle_id }),
  patterns,
});

const types = (state: NotificationState, facts: Partial<NotificationFacts>, wanted = ALL) =>
  detect(state, { ...NONE, ...facts }, wanted).events.map(({ type }) => type);

describe('the event of a change', () => {
  it.each([
    [{ what: 'publish', generation: 7 }, 'generation.published'],
    [{ what: 'mode' }, 'mode.changed'],
    [{ what: 'mode', who: 'system:guard' }, 'guard.harmful'],
    [{ what: 'settings' }, 'settings.changed'],
    [{ what: 'rollback' }, 'rollback.done'],
    [{ what: 'rollout', rollout: 'started' }, 'rollout.started'],
    [{ what: 'rollout', rollout: 'promoted' }, 'rollout.promoted'],
    [{ what: 'rollout', rollout: 'rolled_back', who: 'system:guard' }, 'rollout.rolled_back'],
    [{ what: 'rollout', rollout: 'held' }, 'rollout.held'],
    [{ what: 'rollout', rollout: 'ended' }, 'rollout.rolled_back'],
  ] as const)('The change %j becomes %s', (fields, type) => {
    const { events } = detect(start(), { ...NONE, changes: [change(fields)] }, ALL);
    expect(events).toMatchObject([{ type, pattern_key: S1, count: 1 }]);
    expect(notificationEventSchema.parse(events[0]).sentence).toContain(S1);
  });

  it('The sentence of a rollout says once what became of the candidate', () => {
    const why = 'rolled back generation 8: harm ×120 of ×100';
    const fields = {
      what: 'rollout',
      rollout: 'rolled_back',
      generation: 8,
      who: 'system:guard',
      why,
    } as const;
    const [event] = detect(start(), { ...NONE, changes: [change(fields)] }, ALL).events;
    expect(event).toMatchObject({ number: 8, why: 'harm ×120 of ×100' });
    expect(event?.sentence).toBe(
      `the rollout of generation 8 of ${S1} was rolled back by system:guard: harm ×120 of ×100`,
    );
  });

  it('A change of a writer, and a kind that nobody wants, become no event', () => {
    for (const silent of [{ what: 'writer' }, { what: 'rollout', rollout: 'stepped' }] as const)
      expect(types(start(), { changes: [change(silent)] })).toEqual([]);
    const wanted = new Set(DEFAULT_EVENTS);
    expect(
      types(start(), { changes: [change({ what: 'publish' }), change({ what: 'settings' })] }, wanted),
    ).toEqual([]);
  });

  it('A hostile reason becomes one short line', () => {
    const why = `mode off: ${'\u0000\n\u202e@everyone 😀'.repeat(1000)}`;
    const [event] = detect(start(), { ...NONE, changes: [change({ why })] }, ALL).events;
    expect(event?.sentence).toMatch(/^[^\p{Cc}\p{Cf}]{100,600}$/u);
    expect(event?.sentence.isWellFormed()).toBe(true);
    expect(notificationEventSchema.safeParse(event).success).toBe(true);
  });
});

describe('the cursor in the list of changes', () => {
  it('Changes of one millisecond are each told once, also when one of them arrives later', () => {
    const [first, second, third] = ['a', 'b', 'c'].map(why =>
      change({ why, pattern_key: `pm.x.S1.${why}` }),
    ) as [PatternChange, PatternChange, PatternChange];
    const one = detect(start(), { ...NONE, now: NOW + 2 * MINUTE, changes: [first, second] }, ALL);
    expect(one.events).toHaveLength(2);
    const two = detect(one.state, { ...NONE, now: NOW + 3 * MINUTE, changes: [first, second, third] }, ALL);
    expect(two.events.map(event => event.pattern_key)).toEqual(['pm.x.S1.c']);
    expect(types(two.state, { now: NOW + 4 * MINUTE, changes: [first, second, third] })).toEqual([]);
  });

  it('The cursor stays an hour behind, because a decision is listed after its own time', () => {
    const { state } = detect(start(), { ...NONE, now: NOW + 5 * HOUR }, ALL);
    expect(state.changes.from).toBe(NOW + 5 * HOUR - LATE_CHANGES_MS);
    const late = change({ at: iso(NOW + 4 * HOUR + MINUTE) });
    expect(types(state, { now: NOW + 5 * HOUR, changes: [late] })).toEqual(['mode.changed']);
  });

  it('The same input has the same events with the same ids', () => {
    const facts = { ...NONE, changes: [change(), change({ pattern_key: S2 })] };
    expect(detect(start(), facts, ALL)).toEqual(detect(start(), facts, ALL));
  });
});

it('With more changes than the cursor keeps, each is still told once, and what matters comes first', () => {
  const published = Array.from({ length: 5000 }, (_, i) =>
    change({ what: 'publish', generation: i, pattern_key: `pm.x.S1.p${i}`, at: iso(NOW + i) }),
  );
  const changes = [...published, change({ who: 'system:guard', at: iso(NOW + 5000) })];
  const one = detect(start(), { ...NONE, now: NOW + MINUTE, changes }, ALL);
  expect(one.events.map(({ type }) => type).slice(0, 2)).toEqual(['guard.harmful', 'generation.published']);
  expect(one.events.reduce((sum, { count }) => sum + count, 0)).toBe(5001);
  const listed = changes.filter(({ at }) => Date.parse(at) >= one.state.changes.from);
  expect(types(one.state, { now: NOW + 2 * MINUTE, changes: listed })).toEqual([]);
});

describe('findings of runs', () => {
  it('A finding is told once while it fires, and again after it ceased and came back', () => {
    const told: string[][] = [];
    let state = start();
    const rounds: PatternRun[] = [
      run(S1, ['guard_harmful']),
      run(S1, ['guard_harmful']),
      run(S1, [], { status: 'failed' }),
      run(S2, []),
      run(S1, ['guard_harmful', 'overrides_withdrawn']),
      run(S1, []),
      run(S1, ['guard_harmful']),
    ];
    for (const [i, round] of rounds.entries()) {
      const next = detect(state, { ...NONE, now: NOW + i * HOUR, finished: [finished(`c${i}`, round)] }, ALL);
      told.push(next.events.map(({ type }) => type));
      state = next.state;
    }
    expect(told).toEqual([['guard.harmful'], [], [], [], ['overrides.withdrawn'], [], ['guard.harmful']]);
  });

  it.each([[['change', 'run']], [['run', 'change']], [['both']]])(
    'The change by the guard and the warning of its run are told once: %j',
    order => {
      let state = start();
      const told = order.flatMap((source, i) => {
        const facts = {
          ...NONE,
          now: NOW + (i + 1) * 20 * MINUTE,
          changes: source === 'run' ? [] : [change({ who: 'system:guard' })],
          finished: source === 'change' ? [] : [finished('c1', run(S1, ['guard_harmful']))],
        };
        const next = detect(state, facts, ALL);
        state = next.state;
        return next.events.map(({ type }) => type);
      });
      expect(told).toEqual(['guard.harmful']);
    },
  );

  it('After an operator went live and the guard withdrew again, it is told again', () => {
    const guard = (at: number) => change({ who: 'system:guard', at: iso(at) });
    const one = detect(
      start(),
      { ...NONE, changes: [guard(NOW)], finished: [finished('c1', run(S1, ['guard_harmful']))] },
      ALL,
    );
    const two = detect(one.state, { ...NONE, now: NOW + HOUR, finished: [finished('c2', run(S1))] }, ALL);
    expect(types(two.state, { now: NOW + 2 * HOUR, changes: [guard(NOW + 2 * HOUR)] })).toEqual([
      'guard.harmful',
    ]);
  });

  it('Warnings about outcomes and dimensions have kinds of their own', () => {
    const codes = ['outcomes_missing', 'dimension_not_asked', 'jump'] as const;
    expect(types(start(), { finished: [finished('c1', run(S1, [...codes]))] })).toEqual([
      'outcomes.missing',
      'dimension.unused',
    ]);
  });

  it('A run that failed in part names its patterns and their number', () => {
    const partial = cycleSummary({ status: 'partial', patterns_total: 2, patterns_failed: 1 });
    const patterns = [run(S1), run(S2, [], { status: 'failed', reason: 'failed: timeout' })];
    const { events } = detect(start(), { ...NONE, finished: [{ summary: partial, patterns }] }, ALL);
    expect(events).toMatchObject([
      { type: 'cycle.failed', number: 1, cycle_id: 'c1', why: `${S2} failed: timeout` },
    ]);
  });
});

describe('health', () => {
  const missing = { code: 'no_recent_cycle', detail: 'no cycle has finished for 3 h: read the log' };
  it('A change of the reasons is told once, missing runs too, and so is the return to health', () => {
    const one = detect(start(), { ...NONE, health: [missing] }, ALL);
    expect(one.events.map(({ type, number }) => [type, number])).toEqual([
      ['cycle.missing', undefined],
      ['health.changed', 1],
    ]);
    const two = detect(one.state, { ...NONE, now: NOW + HOUR, health: [missing] }, ALL);
    expect(two.events).toEqual([]);
    const three = detect(two.state, { ...NONE, now: NOW + 2 * HOUR }, ALL);
    expect(three.events).toMatchObject([
      { type: 'health.changed', number: 0, sentence: 'the service is healthy again' },
    ]);
    expect(types(three.state, { now: NOW + 3 * HOUR, health: [missing] })).toEqual([
      'cycle.missing',
      'health.changed',
    ]);
  });

  it('What is in the past or fires already at the first poll is not told', () => {
    const facts = {
      ...NONE,
      health: [missing],
      finished: [finished('c1', run(S1, ['guard_harmful']))],
      runs: ['c1'],
    };
    expect(
      types(start(facts), {
        ...facts,
        now: NOW + MINUTE,
        finished: [finished('c2', run(S1, ['guard_harmful']))],
      }),
    ).toEqual([]);
  });
});

describe('coalescing', () => {
  it('At most one event of a kind and pattern is told in 15 minutes, and the next one counts the rest', () => {
    const told: [minute: number, count: number, why: string | undefined][] = [];
    let state = start();
    const changes: PatternChange[] = [];
    for (let minute = 0; minute <= 40; minute++) {
      if (minute < 10) changes.push(change({ at: iso(NOW + minute * MINUTE), why: `mode ${minute}` }));
      const next = detect(state, { ...NONE, now: NOW + minute * MINUTE, changes }, ALL);
      state = next.state;
      for (const { count, why } of next.events) told.push([minute, count, why]);
    }
    expect(told).toEqual([
      [0, 1, 'mode 0'],
      [COALESCE_MS / MINUTE, 9, 'mode 9'],
    ]);
  });

  it('Another pattern and another kind do not wait', () => {
    const one = detect(start(), { ...NONE, changes: [change()] }, ALL);
    const more = [change({ pattern_key: S2 }), change({ what: 'rollback' })];
    expect(types(one.state, { now: NOW + MINUTE, changes: more })).toEqual(['mode.changed', 'rollback.done']);
  });

  it('A flood of events stays within one item of the table, and counts all', () => {
    const random = randomOf(1);
    const why = () =>
      Array.from({ length: 300 }, () => String.fromCharCode(0x4e00 + 5000 * random())).join('');
    const changes = Array.from({ length: 3000 }, (_, i) =>
      change({ pattern_key: `pm.x.S1.p${i}`, why: why() }),
    );
    const patterns = changes.map(({ pattern_key = '' }) =>
      run(pattern_key, ['dimension_not_asked', 'outcomes_missing']),
    );
    const firing = detect(start(), { ...NONE, finished: [finished('c1', ...patterns)] }, ALL).state;
    const one = detect({ ...firing, sent: {} }, { ...NONE, changes }, ALL);
    expect(one.events).toHaveLength(101);
    expect(one.events.reduce((sum, { count }) => sum + count, 0)).toBe(3000);
    const again = changes.map((each, i) => ({ ...each, why: `${i} ${why()}` }));
    const two = detect(one.state, { ...NONE, now: NOW + MINUTE, changes: again }, ALL);
    const stored = deflateRawSync(JSON.stringify({ ...two.state, outbox: two.events }));
    expect(stored.length).toBeLessThan(390_000);
  });
});
