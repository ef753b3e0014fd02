import { describe, expect, it } from 'vitest';
import { outcomeAsOf, parseHistory } from '../../shared/episode/outcome.ts';
import { connectionCut, errorAnswer } from '../support/dynamodb-proxy.ts';
import { useEpisodeStore } from '../support/episode-store.ts';
import { DAY, iso, NOW } from '../support/episodes.ts';
import { faultOfAsync } from '../support/fault-of.ts';
import { measurement } from '../support/measurements.ts';

const fixture = useEpisodeStore();
const { event, report, add, resolve, counts, conflicts, histories } = fixture;

/** Returns every order of some items. */
function permutations<T>(items: readonly T[]): T[][] {
  if (items.length < 2) return [[...items]];
  return items.flatMap((item, i) => permutations(items.toSpliced(i, 1)).map(rest => [item, ...rest]));
}

describe('an outcome', () => {
  it('the first outcome of a stored event is resolved, a repeat is unchanged, another one is rejected as outcome_conflict', async () => {
    await add(event('e'));
    expect(await resolve(report('e', 'failure'))).toEqual(['resolved']);
    expect(await resolve(report('e', 'failure'))).toEqual(['unchanged']);
    expect(await resolve(report('e', 'success'))).toEqual(['outcome_conflict']);
    expect(await conflicts()).toEqual({ events: 0, outcomes: 1 });
    expect(await histories()).toEqual({ e: `v2:f${NOW}?` });
    expect(await counts()).toEqual({ total: 1, withOutcome: 1, parked: 0 });
  });

  it('[O3] the correction with the latest resolved_at is in force, whatever the order of arrival', async () => {
    await add(event('e', { outcome: 'failure' }));
    const late = report('e', 'neutral', { correction: true, resolved_at: iso(NOW - 1000) });
    const early = report('e', 'success', { correction: true, resolved_at: iso(NOW - 2000) });
    expect(await resolve(late)).toEqual(['resolved']);
    expect(await resolve(early)).toEqual(['unchanged']);
    expect(await histories()).toEqual({ e: `v2:f${NOW - DAY}?,+s${NOW - 2000},+n${NOW - 1000}` });
    expect(await counts()).toMatchObject({ withOutcome: 1 });
    const inForce: string[] = [];
    const orders = permutations([1, 2, 3, 4]);
    for (const [i, order] of orders.entries()) {
      for (const at of order) {
        const fields = { correction: true, resolved_at: iso(NOW - DAY + at) };
        await resolve(report(`p${i}`, at === 4 ? 'success' : 'failure', fields));
      }
      await add(event(`p${i}`));
      inForce.push(String(outcomeAsOf(parseHistory((await histories())[`p${i}`] ?? ''), NOW)));
    }
    expect(inForce).toEqual(orders.map(() => 'success'));
    measurement(
      4,
      `4 corrections in ${orders.length} orders of arrival: the one with the latest resolved_at in force in all of them`,
    );
  });

  it('an outcome that arrives many times at once is recorded once', async () => {
    await add(event('e'));
    const results = (
      await Promise.all(Array.from({ length: 30 }, () => resolve(report('e', 'success'))))
    ).flat();
    expect(results.filter(result => result === 'resolved')).toHaveLength(1);
    expect(await counts()).toEqual({ total: 1, withOutcome: 1, parked: 0 });
  });

  it('one of three different outcomes that arrive at once is recorded', async () => {
    await add(event('e'));
    const sent = ['success', 'failure', 'neutral'].map(outcome => resolve(report('e', outcome)));
    expect((await Promise.all(sent)).flat().sort()).toEqual([
      'outcome_conflict',
      'outcome_conflict',
      'resolved',
    ]);
    expect(await counts()).toMatchObject({ withOutcome: 1 });
  });

  it('several outcomes of one episode in a request are applied in their order', async () => {
    await add(event('e'), event('f'));
    const reports = [
      report('e', 'failure'),
      report('f', 'success'),
      report('e', 'success'),
      report('e', 'success', { correction: true }),
      report('e', 'failure'),
    ];
    expect(await resolve(...reports)).toEqual([
      'resolved',
      'resolved',
      'outcome_conflict',
      'resolved',
      'unchanged',
    ]);
  });

  it('a sixteenth correction of a bot is rejected as too_many_corrections, and one of an operator is not', async () => {
    const bot = { name: 'token:bot 1', isOperator: false };
    await fixture.addBy(bot, event('e', { outcome: 'failure' }), event('f'));
    for (let i = 1; i <= 15; i++)
      await fixture.resolveBy(
        bot,
        report('e', 'success', { correction: true, resolved_at: iso(NOW - 99 - i) }),
      );
    const more = report('e', 'neutral', { correction: true, resolved_at: iso(NOW - 98) });
    expect(await fixture.resolveBy(bot, more, report('f', 'success'))).toEqual([
      'too_many_corrections',
      'resolved',
    ]);
    const corrections = Array.from({ length: 40 }, (_, i) =>
      report('e', i === 39 ? 'failure' : 'success', { correction: true, resolved_at: iso(NOW - 39 + i) }),
    );
    for (const result of await resolve(...corrections)) expect(['resolved', 'unchanged']).toContain(result);
    const history = parseHistory((await histories()).e ?? '');
    expect([history.length, outcomeAsOf(history, NOW)]).toEqual([31, 'failure']);
  });
});

describe('an outcome before its event', () => {
  it('[O2] an outcome before its event is parked, counted, and applied when the event arrives', async () => {
    expect(await resolve(report('e', 'success'))).toEqual(['parked']);
    expect(await counts()).toEqual({
      total: 0,
      withOutcome: 0,
      parked: 1,
      waiting: { count: 1, since: NOW },
    });
    expect(await add(event('e'))).toEqual(['accepted']);
    expect(await counts()).toEqual({ total: 1, withOutcome: 1, parked: 0 });
    expect(await histories()).toEqual({ e: `v2:s${NOW}?` });
  });

  it('a repeated parked outcome is unchanged, another one is rejected as outcome_conflict, a correction is parked too', async () => {
    expect(await resolve(report('e', 'success'))).toEqual(['parked']);
    expect(await resolve(report('e', 'success'))).toEqual(['unchanged']);
    expect(await resolve(report('e', 'failure'))).toEqual(['outcome_conflict']);
    expect(await resolve(report('e', 'neutral', { correction: true, resolved_at: iso(NOW - 5) }))).toEqual([
      'parked',
    ]);
    expect(await counts()).toMatchObject({ parked: 1 });
    await add(event('e'));
    expect(await histories()).toEqual({ e: `v2:s${NOW}?,+n${NOW - 5}` });
    expect(await counts()).toEqual({ total: 1, withOutcome: 1, parked: 0 });
  });

  it('the outcome that an event carries prevails over a different parked one', async () => {
    await resolve(report('e', 'success'));
    expect(await add(event('e', { outcome: 'failure' }))).toEqual(['accepted']);
    expect(await conflicts()).toEqual({ events: 0, outcomes: 1 });
    expect(await histories()).toEqual({ e: `v2:f${NOW - DAY}?` });
    expect(await counts()).toEqual({ total: 1, withOutcome: 1, parked: 0 });
  });

  it('no outcome is lost when it arrives together with its event', async () => {
    const ids = Array.from({ length: 40 }, (_, i) => `e${i}`);
    await Promise.all(ids.flatMap(id => [add(event(id)), resolve(report(id, 'success'))]));
    expect(Object.keys(await histories())).toHaveLength(40);
    expect(await counts()).toEqual({ total: 40, withOutcome: 40, parked: 0 });
  });

  it('a repeat of the event applies the parked outcome after the first request failed', async () => {
    await resolve(report('e', 'success'));
    fixture.stores.proxy.around = async ({ operation, body }, forward) => {
      const parked = JSON.stringify(body).includes('parked#');
      return operation === 'BatchGetItem' && parked ? errorAnswer('ValidationException') : forward();
    };
    expect((await faultOfAsync(add(event('e')))).code).toBe('internal');
    fixture.stores.proxy.around = (_, forward) => forward();
    expect(await add(event('e'))).toEqual(['unchanged']);
    expect(await histories()).toEqual({ e: `v2:s${NOW}?` });
    expect(await counts()).toMatchObject({ parked: 0, withOutcome: 1 });
  });
});

it('[I3] an outcome whose response is lost is recorded once', async () => {
  await add(event('e'));
  let cut = false;
  fixture.stores.proxy.around = async ({ operation }, forward) => {
    const answer = await forward();
    if (operation !== 'UpdateItem' || cut) return answer;
    cut = true;
    throw connectionCut();
  };
  expect(['resolved', 'unchanged']).toContain((await resolve(report('e', 'success')))[0]);
  expect(await histories()).toEqual({ e: `v2:s${NOW}?` });
});
