import { describe, expect, it } from 'vitest';
import { readColumns } from '../../shared/cycle/event-window.ts';
import { useEpisodeStore, withoutWriters } from '../support/episode-store.ts';
import { DAY, HOUR, iso, NOW } from '../support/episodes.ts';
import { randomOf, shuffled } from '../support/random.ts';

const fixture = useEpisodeStore();
const { event, report, add, resolve, counts, conflicts, resolved } = fixture;

/** Returns outcome text of each row by `episode/window`. */
const rows = async (): Promise<Record<string, string>> =>
  Object.fromEntries(
    (await resolved()).map(r => [`${r.episodeId}/${r.window ?? ''}`, withoutWriters(r.history)]),
  );
const columns = () => readColumns(fixture.stores.runtime.episodes, fixture.pattern, NOW, 90);
const at = iso(NOW - HOUR);
const known = NOW - HOUR;

describe('windows of an episode', () => {
  it('[I6] windows of one episode are stored as rows of their own, each once', async () => {
    const [a, b] = [event('e', { window: 'a' }), event('e', { window: 'b' })];
    expect(await add(a, b, a)).toEqual(['accepted', 'accepted', 'unchanged']);
    expect(await add(event('e', { window: 'a', decision: 'acted' }))).toEqual(['event_conflict']);
    expect(await counts()).toMatchObject({ total: 2, withOutcome: 0, parked: 0 });
  });

  it('[O7] an outcome without window holds for each window, stored or yet to come', async () => {
    await add(event('e', { window: 'a' }), event('e', { window: 'b' }));
    expect(await resolve(report('e', 'success', { resolved_at: at }))).toEqual(['resolved']);
    expect(await resolve(report('e', 'success', { resolved_at: at }))).toEqual(['unchanged']);
    await add(event('e', { window: 'c' }), event('e'));
    const s = `s${known}`;
    expect(await rows()).toEqual({ 'e/': s, 'e/a': s, 'e/b': s, 'e/c': s });
    expect(await counts()).toEqual({ total: 4, withOutcome: 4, parked: 0 });
  });

  it('[O7] an own outcome of a window wins over that of the episode, in both orders', async () => {
    await add(event('e', { window: 'a' }), event('e', { window: 'b' }));
    await resolve(report('e', 'failure', { window: 'a', resolved_at: at }));
    await resolve(report('e', 'success', { resolved_at: at }));
    expect(await resolve(report('e', 'neutral', { window: 'b', resolved_at: at }))).toEqual(['resolved']);
    expect(await rows()).toEqual({ 'e/a': `f${known}`, 'e/b': `n${known}` });
    expect(await conflicts()).toEqual({ events: 0, outcomes: 0 });
  });

  it('an outcome of an event without window is that of its windows', async () => {
    await add(event('e', { outcome: 'success', resolved_at: at }));
    await add(event('e', { window: 'a' }));
    await add(event('f', { window: 'a' }));
    await add(event('f', { outcome: 'failure', resolved_at: at }));
    const [s, f] = [`s${known}`, `f${known}`];
    expect(await rows()).toEqual({ 'e/': s, 'e/a': s, 'f/': f, 'f/a': f });
  });

  it('windows of an episode share a code in the columns, and other events have none', async () => {
    const sent = { outcome: 'success', resolved_at: at };
    await add(event('single', sent), event('e', { ...sent, return: 1.5 }));
    await add(event('e', { ...sent, window: 'a' }), event('f', { ...sent, window: 'a' }));
    const { size, episode = new Uint32Array(), returns = new Float64Array() } = await columns();
    const codes = [...episode.subarray(0, size)].sort();
    expect([codes[0], new Set(codes).size, codes.filter(c => c === 0).length]).toEqual([0, 3, 1]);
    expect([...returns.subarray(0, size)].filter(r => !Number.isNaN(r))).toEqual([1.5]);
  });

  it('[O8] every order of windows, their outcomes and late factors gives the same rows', async () => {
    const random = randomOf(11);
    const sendings = (id: string) => [
      () => add(event(id)),
      () => add(event(id, { window: 'a' })),
      () => add(event(id, { window: 'b', factors: { dx_count: 1 } })),
      () => resolve(report(id, 'success', { resolved_at: at, factors: { dx_count: 2 } })),
      () => resolve(report(id, 'failure', { resolved_at: at, window: 'b' })),
      () => resolve(report(id, 'neutral', { resolved_at: iso(known + 1), correction: true })),
    ];
    const ids = Array.from({ length: 30 }, (_, i) => `e${i}`);
    for (const id of ids) {
      const [first, ...others] = shuffled(sendings(id), random);
      await first?.();
      await Promise.all(others.map(send => send()));
    }
    const stored = await fixture.stored();
    const states = ids.map(id =>
      stored
        .filter(item => String(item.sk).split('\u001f')[0] === id && item.m !== undefined)
        .map(item => [String(item.sk).slice(id.length), withoutWriters(String(item.o)), item.l, item.e])
        .sort((a, b) => (String(a[0]) < String(b[0]) ? -1 : 1)),
    );
    const s = `s${known},+n${known + 1}`;
    expect(states[0]?.map(([window, o]) => [window, o])).toEqual([
      ['', s],
      ['\u001fa', s],
      ['\u001fb', `f${known}`],
    ]);
    for (const state of states) expect(state).toEqual(states[0]);
    expect(await counts()).toEqual({ total: 90, withOutcome: 90, parked: 0 });
  });
});

describe('late factors', () => {
  const dxCounts = async () => {
    const { numbers, size } = await columns();
    return [...(numbers.dx_count?.subarray(0, size) ?? [])];
  };

  it('[O9] a factor that comes with the outcome is read as if it had come with the event', async () => {
    await add(event('e'));
    await resolve(report('e', 'success', { resolved_at: at, factors: { dx_count: 2 } }));
    expect(await dxCounts()).toEqual([2]);
    const [late] = await resolved();
    await add(
      event('f', { factors: { ...event('e').factors, dx_count: 2 }, outcome: 'success', resolved_at: at }),
    );
    const [, whole] = await resolved();
    expect(late?.packed).toEqual(whole?.packed);
  });

  it('another value of a factor is factor_conflict, unless correction is true', async () => {
    await add(event('e', { factors: { dx_count: 1 } }));
    const sent = { resolved_at: at, factors: { dx_count: 2 } };
    expect(await resolve(report('e', 'success', sent))).toEqual(['factor_conflict']);
    expect(await counts()).toMatchObject({ withOutcome: 0 });
    expect(await resolve(report('e', 'success', { ...sent, correction: true }))).toEqual(['resolved']);
    expect(await dxCounts()).toEqual([2]);
  });

  it('the same outcome again adds the factors that the event lacks', async () => {
    await add(event('e', { outcome: 'success', resolved_at: at }));
    const sent = { resolved_at: at, factors: { dx_count: 3 } };
    expect(await resolve(report('e', 'success', sent))).toEqual(['resolved']);
    expect(await resolve(report('e', 'success', sent))).toEqual(['unchanged']);
    expect(await dxCounts()).toEqual([3]);
  });

  it('a parked outcome that its event refuses stays parked, and the event stays pending', async () => {
    await resolve(report('e', 'success', { resolved_at: at, factors: { dx_count: 2 } }));
    await resolve(report('f', 'success', { resolved_at: iso(NOW - 2 * DAY) }));
    expect(await add(event('e', { factors: { dx_count: 1 } }), event('f'))).toEqual(['accepted', 'accepted']);
    expect(await rows()).toEqual({});
    expect(await counts()).toMatchObject({ total: 2, withOutcome: 0, parked: 2 });
  });
});

describe('times and returns', () => {
  it('a known time of the same outcome replaces an assumed one', async () => {
    await add(event('e', { outcome: 'success' }));
    expect(await resolve(report('e', 'success', { resolved_at: at, resolved_at_assumed: true }))).toEqual([
      'unchanged',
    ]);
    expect(await add(event('e', { outcome: 'success', resolved_at: at }))).toEqual(['accepted']);
    expect(await resolve(report('e', 'success', { resolved_at: iso(known + 5) }))).toEqual(['unchanged']);
    expect(await rows()).toEqual({ 'e/': `s${known}` });
  });

  it('a receipt before the event moves to its timestamp, and a sent time before it is outcome_before_event', async () => {
    const timestamp = iso(NOW + HOUR);
    await add(event('e', { timestamp }), event('f', { timestamp }));
    expect(await resolve(report('e', 'success'))).toEqual(['resolved']);
    expect(await rows()).toEqual({ 'e/': `v2:s${NOW + HOUR}?` });
    for (const resolved_at_assumed of [true, false])
      expect(await resolve(report('f', 'success', { resolved_at: iso(NOW), resolved_at_assumed }))).toEqual([
        'outcome_before_event',
      ]);
  });

  it('another return of the same outcome is outcome_conflict, unless it is a correction', async () => {
    await add(event('e', { outcome: 'success', resolved_at: at }));
    const sent = (value: number, fields = {}) =>
      report('e', 'success', { resolved_at: at, return: value, ...fields });
    expect(await resolve(sent(1.2))).toEqual(['resolved']);
    expect(await resolve(sent(1.2), sent(1.3))).toEqual(['unchanged', 'outcome_conflict']);
    expect(await resolve(sent(1.3, { correction: true }))).toEqual(['resolved']);
    expect(await rows()).toEqual({ 'e/': `v2:s${known}r1.2,+s${known}r1.3` });
  });
});
