import { describe, expect, it } from 'vitest';
import { ControlTable } from '../../shared/dynamodb/control-table.ts';
import { DynamoWriterStore } from '../../shared/dynamodb/writer-store.ts';
import { parseHistory, revisionAsOf } from '../../shared/episode/outcome.ts';
import { LOCAL } from '../../shared/episode/writer.ts';
import { useEpisodeStore } from '../support/episode-store.ts';
import { HOUR, iso, NOW } from '../support/episodes.ts';
import { measurement } from '../support/measurements.ts';

const fixture = useEpisodeStore();
const { event, report, add, addBy, resolve, resolveBy, counts, resolved, stored } = fixture;

const BOT = { name: 'token:bot 1', isOperator: false };
const RIVAL = { name: 'token:bot 2', isOperator: false };
const OPERATOR = { name: 'token:op', isOperator: true };
const at = iso(NOW - HOUR);

/** Returns outcome and writer of each row by `episode/window`. */
async function outcomes(): Promise<Record<string, string>> {
  const names = new Map((await fixture.stores.runtime.writers.writers()).map(({ id, name }) => [id, name]));
  return Object.fromEntries(
    (await resolved()).map(({ episodeId, window, history }) => {
      const revision = revisionAsOf(parseHistory(history), NOW);
      return [`${episodeId}/${window ?? ''}`, `${revision?.outcome} ${names.get(revision?.writer?.id ?? 0)}`];
    }),
  );
}

/** Returns the parked items of the pattern that hold outcomes: writer, and code of why it stays. */
async function parked() {
  const items = await fixture.stores.db.query({
    TableName: 'control',
    KeyConditionExpression: 'pk = :p',
    ExpressionAttributeValues: { ':p': `parked#${fixture.pattern}` },
  });
  return items.filter(({ o }) => o !== undefined).map(({ u, c }) => [u === undefined ? 'operator' : 'pm', c]);
}

describe('the outcome of an event of a bot', () => {
  it('[X6] The outcome of an event comes from its bot or an operator, and not from another bot', async () => {
    await addBy(BOT, event('e'), event('f'));
    expect(await resolveBy(RIVAL, report('e', 'failure'))).toEqual(['not_your_episode']);
    expect(await resolveBy(RIVAL, report('e', 'failure', { correction: true }))).toEqual([
      'not_your_episode',
    ]);
    expect(await resolveBy(BOT, report('e', 'success'))).toEqual(['resolved']);
    expect(await resolveBy(RIVAL, report('e', 'success'))).toEqual(['unchanged']);
    expect(await resolveBy(RIVAL, report('e', 'failure', { correction: true }))).toEqual([
      'not_your_episode',
    ]);
    expect(await resolveBy(RIVAL, report('e', 'success', { factors: { dx_count: 9 } }))).toEqual([
      'not_your_episode',
    ]);
    expect(await resolveBy(OPERATOR, report('f', 'failure'))).toEqual(['resolved']);
    expect(await outcomes()).toEqual({ 'e/': 'success token:bot 1', 'f/': 'failure token:op' });
    expect(await counts()).toMatchObject({ total: 2, withOutcome: 2, parked: 0 });
  });

  it.each([
    ['an operator', OPERATOR],
    ['local', LOCAL],
  ])('An event of %s belongs to nobody: every bot may send its outcome', async (_, sender) => {
    await addBy(sender, event('e'));
    expect(await resolveBy(RIVAL, report('e', 'success'))).toEqual(['resolved']);
    expect(await outcomes()).toEqual({ 'e/': 'success token:bot 2' });
  });

  it('An event that was stored before writers were kept belongs to nobody, and keeps its bytes', async () => {
    await add(event('e'));
    const [{ u, m, ...others } = {}] = await stored();
    expect([u, m instanceof Uint8Array]).toEqual(['W1', true]);
    const packed = Uint8Array.from([1, ...(m as Uint8Array).slice(1, -5)]);
    const old = { ...others, m: packed };
    await fixture.stores.db.put({ TableName: 'events', Item: old });
    expect(await resolveBy(BOT, report('e', 'success'))).toEqual(['resolved']);
    expect((await stored())[0]?.m).toEqual(packed);
    expect(await resolveBy(RIVAL, report('e', 'success', { factors: { dx_count: 2 } }))).toEqual([
      'resolved',
    ]);
    expect((await stored())[0]?.m).toMatchObject({ 0: 1 });
  });

  it('The same event again is unchanged, whoever sends it, and an outcome in it needs the right to send one', async () => {
    await addBy(BOT, event('e'));
    expect(await addBy(RIVAL, event('e'))).toEqual(['unchanged']);
    expect(await addBy(RIVAL, event('e', { outcome: 'failure' }))).toEqual(['not_your_episode']);
    expect(await addBy(BOT, event('e', { outcome: 'success' }))).toEqual(['accepted']);
    expect(await addBy(RIVAL, event('e', { outcome: 'success' }))).toEqual(['unchanged']);
    expect(await outcomes()).toEqual({ 'e/': 'success token:bot 1' });
  });

  it('An event with the id of another bot stays a conflict, and its outcome changes nothing', async () => {
    await addBy(BOT, event('e'));
    expect(await addBy(RIVAL, event('e', { decision: 'acted', outcome: 'failure' }))).toEqual([
      'event_conflict',
    ]);
    expect(await outcomes()).toEqual({});
  });

  it('An operator finds room for a correction although the bot has used all of its own', async () => {
    await addBy(BOT, event('e', { outcome: 'success' }));
    for (let i = 0; i < 16; i++)
      await resolveBy(BOT, report('e', 'success', { correction: true, resolved_at: iso(NOW - 99 + i) }));
    const correction = report('e', 'failure', { correction: true, resolved_at: iso(NOW) });
    expect(await resolveBy(OPERATOR, correction)).toEqual(['resolved']);
    expect(await outcomes()).toEqual({ 'e/': 'failure token:op' });
  });
});

describe('an outcome before its event', () => {
  it('[X7] Outcomes that bots forge for an id yet to come stay parked, and those of the bot of the event apply', async () => {
    expect(await resolveBy(RIVAL, report('e', 'failure', { resolved_at: at }))).toEqual(['parked']);
    expect(await resolveBy(BOT, report('e', 'success', { resolved_at: at }))).toEqual(['parked']);
    expect(await counts()).toMatchObject({ parked: 2 });
    expect(await addBy(BOT, event('e'))).toEqual(['accepted']);
    expect(await outcomes()).toEqual({ 'e/': 'success token:bot 1' });
    expect(await parked()).toEqual([['pm', 'not_your_episode']]);
    expect(await counts()).toMatchObject({ total: 1, withOutcome: 1, parked: 1 });
  });

  it('An outcome that an operator parked applies to the event of every bot, a correction too', async () => {
    expect(await resolveBy(RIVAL, report('e', 'failure', { resolved_at: at }))).toEqual(['parked']);
    expect(await resolveBy(OPERATOR, report('e', 'neutral', { resolved_at: at }))).toEqual(['parked']);
    expect(
      await resolveBy(OPERATOR, report('e', 'success', { resolved_at: iso(NOW), correction: true })),
    ).toEqual(['parked']);
    await addBy(BOT, event('e'));
    expect(await outcomes()).toEqual({ 'e/': 'success token:op' });
    expect(await parked()).toEqual([['pm', 'not_your_episode']]);
  });

  it('All parked outcomes apply to an event that belongs to nobody, and contradictions are counted', async () => {
    await resolveBy(RIVAL, report('e', 'failure', { resolved_at: at }));
    await resolveBy(BOT, report('e', 'success', { resolved_at: at }));
    await add(event('e'));
    expect(Object.keys(await outcomes())).toEqual(['e/']);
    expect(await parked()).toEqual([]);
    expect(await fixture.conflicts()).toEqual({ events: 0, outcomes: 1 });
  });

  it('A forged outcome does not use up the corrections of the bot', async () => {
    for (let i = 0; i < 16; i++)
      await resolveBy(RIVAL, report('e', 'failure', { correction: true, resolved_at: iso(NOW - 99 + i) }));
    expect(
      await resolveBy(BOT, report('e', 'success', { resolved_at: at, factors: { dx_count: 2 } })),
    ).toEqual(['parked']);
    await addBy(BOT, event('e'));
    expect(await outcomes()).toEqual({ 'e/': 'success token:bot 1' });
  });

  it('No outcome is lost or misapplied when events, their outcomes and forged ones arrive at once', async () => {
    const ids = Array.from({ length: 30 }, (_, i) => `e${i}`);
    const results = await Promise.all(
      ids.flatMap(id => [
        resolveBy(RIVAL, report(id, 'failure', { resolved_at: at })),
        addBy(BOT, event(id)),
        resolveBy(BOT, report(id, 'success', { resolved_at: at })),
      ]),
    );
    const expected = Object.fromEntries(ids.map(id => [`${id}/`, 'success token:bot 1']));
    expect(await outcomes()).toEqual(expected);
    const forged = results.filter((_, i) => i % 3 === 0).flat();
    for (const result of forged) expect(['parked', 'not_your_episode']).toContain(result);
    expect(await counts()).toMatchObject({ total: 30, withOutcome: 30 });
    measurement(
      24,
      '30 events, 30 forged outcomes at once: 30 own outcomes in force, 0 lost, 0 forged ones applied',
    );
  });
});

describe('an episode with windows of several bots', () => {
  it('The outcome of an episode holds for the windows of its sender, and not for those of another bot', async () => {
    await addBy(RIVAL, event('e', { window: 'z' }));
    await addBy(BOT, event('e', { window: 'a' }));
    expect(await resolveBy(BOT, report('e', 'success', { resolved_at: at }))).toEqual(['resolved']);
    expect(await resolveBy(RIVAL, report('e', 'failure', { resolved_at: at }))).toEqual(['resolved']);
    await addBy(BOT, event('e', { window: 'b' }));
    await addBy(RIVAL, event('e', { window: 'y' }));
    const [own, other] = ['success token:bot 1', 'failure token:bot 2'];
    expect(await outcomes()).toEqual({ 'e/a': own, 'e/b': own, 'e/y': other, 'e/z': other });
    expect(await resolveBy(RIVAL, report('e', 'failure', { window: 'a', correction: true }))).toEqual([
      'not_your_episode',
    ]);
  });

  it('A bot without windows of an episode may not send its outcome', async () => {
    await addBy(BOT, event('e', { window: 'a' }));
    expect(await resolveBy(RIVAL, report('e', 'failure', { resolved_at: at }))).toEqual(['not_your_episode']);
    expect(await outcomes()).toEqual({});
  });

  it('The outcome of an operator holds for the windows of every bot, stored or yet to come', async () => {
    await addBy(BOT, event('e', { window: 'a' }));
    expect(await resolveBy(OPERATOR, report('e', 'success', { resolved_at: at }))).toEqual(['resolved']);
    await addBy(RIVAL, event('e', { window: 'z' }));
    await addBy(BOT, event('e', { window: 'b' }));
    const by = 'success token:op';
    expect(await outcomes()).toEqual({ 'e/a': by, 'e/b': by, 'e/z': by });
  });

  it('A window that another bot adds to a stored event neither takes its outcome nor joins its cluster', async () => {
    await addBy(BOT, event('e', { outcome: 'success' }));
    const before = (await stored()).find(({ sk }) => sk === 'e')?.m;
    await addBy(RIVAL, event('e', { window: 'z' }));
    expect(await outcomes()).toEqual({ 'e/': 'success token:bot 1' });
    expect((await stored()).find(({ sk }) => sk === 'e')?.m).toEqual(before);
  });

  it('Outcomes of an episode that were parked by several bots reach the windows of each', async () => {
    await resolveBy(BOT, report('e', 'success', { resolved_at: at }));
    await resolveBy(RIVAL, report('e', 'failure', { resolved_at: at }));
    await addBy(RIVAL, event('e', { window: 'z' }));
    await addBy(BOT, event('e', { window: 'a' }));
    expect(await outcomes()).toEqual({ 'e/a': 'success token:bot 1', 'e/z': 'failure token:bot 2' });
    expect(await parked()).toEqual([]);
  });
});

describe('numbers of writers', () => {
  it('Names that share a hash get different numbers, each the same in every process', async () => {
    const control = new ControlTable(fixture.stores.db, 'control', () => NOW);
    const store = () => new DynamoWriterStore(control, (_, attempt) => 70 + attempt);
    const [a, b] = [store(), store()];
    const names = ['token:x', 'token:y', 'token:z'];
    const ids = await Promise.all(names.flatMap(name => [a.idOf(name), b.idOf(name)]));
    expect(new Set(ids)).toEqual(new Set([70, 71, 72]));
    for (const i of [0, 2, 4]) expect(ids[i]).toBe(ids[i + 1]);
    expect((await store().writers()).filter(({ id }) => id >= 70 && id < 80).map(({ name }) => name)).toEqual(
      names,
    );
    expect(await resolve()).toEqual([]);
  });
});
