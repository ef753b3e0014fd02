import { describe, expect, it } from 'vitest';
import type { FetchAnswer } from '../../client/src/ports.ts';
import { S1, S2 } from '../support/episodes.ts';
import { override } from '../support/overrides.ts';
import { answerOf } from './support/fake-service.ts';
import { openClient } from './support/open-client.ts';
import { published, snapshotDocument } from './support/snapshots.ts';

const generation = (number: number) =>
  published(S1, [override('tuning_ts_min', {}, 1 - number / 100)], { generation: number });
const BASE = { ts_min: 1 };
const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

type Opened = Awaited<ReturnType<typeof openClient>>;
const served = ({ client }: Opened): number => client.thresholds(S1, {}, BASE).thresholds.ts_min;
const document = (number: number) => snapshotDocument(generation(number));

describe('polls', () => {
  it('[K12] The client polls every 15 seconds ± 20 %, the index first and then only what changed', async () => {
    const random = [0, 0.999_999];
    const opened = await openClient([generation(1), published(S2, [])], {
      random: () => random.reverse()[0] as number,
    });
    const { clock, service } = opened;
    await clock.advance(10 * MINUTE);
    const polls = service.received.filter(({ path }) => path.startsWith('/v1/snapshots?'));
    const gaps = polls.slice(1).map(({ at }, i) => at - (polls[i]?.at ?? 0));
    expect(new Set(gaps.map(gap => Math.round(gap / SECOND)))).toEqual(new Set([12, 18]));
    expect(service.received.slice(0, 3).map(({ path }) => path)).toEqual([
      '/v1/snapshots?limit=1000',
      `/v1/snapshots/${S1}?form=compact`,
      `/v1/snapshots/${S2}?form=compact`,
    ]);
    expect(service.received.length).toBe(polls.length + 2);
    service.published = [generation(2), published(S2, [])];
    await clock.advance(20 * SECOND);
    expect([service.count(`/v1/snapshots/${S1}`), service.count(`/v1/snapshots/${S2}`)]).toEqual([2, 1]);
    expect(served(opened)).toBe(0.98);
  });

  it('[K15] Two polls never run at once, and a poll ends after five seconds, whatever hangs', async () => {
    for (const hang of ['answer', 'body', 'token', 'signature'] as const) {
      const forever = new Promise<never>(() => undefined);
      const opened = await openClient([generation(1)], {
        ...(hang === 'token' && { token: () => forever }),
        ...(hang === 'signature' && { authorize: () => forever }),
      });
      const { clock, client, service } = opened;
      let running = 0;
      let most = 0;
      service.instead = () => {
        most = Math.max(most, ++running);
        const silent = (async function* (): AsyncGenerator<Uint8Array> {
          await forever;
          yield new Uint8Array();
        })();
        const answer: FetchAnswer = { ...answerOf(200), body: silent };
        return hang === 'body' ? answer : forever;
      };
      const polls = client.state().counters.polls;
      void client.refresh();
      void client.refresh();
      expect(client.state().counters.polls).toBeLessThanOrEqual(polls + 1);
      await clock.advance(5001);
      expect([hang, client.state().last_error]).toEqual([hang, 'there was no answer within 5 seconds']);
      expect(most).toBeLessThanOrEqual(1);
      client.close();
    }
  });

  it('[K13] Failures wait a random time below a bound that doubles from 30 seconds to 5 minutes, and a success resets it', async () => {
    const opened = await openClient([generation(1)], { random: () => 0.999_999 });
    const { clock, service } = opened;
    service.instead = () => answerOf(500);
    service.received.length = 0;
    await clock.advance(40 * MINUTE);
    const times = service.received.map(({ at }) => at);
    const gaps = times.slice(1).map((at, i) => Math.round((at - (times[i] ?? 0)) / SECOND));
    expect(gaps.slice(0, 6)).toEqual([30, 60, 120, 240, 300, 300]);
    service.instead = () => undefined;
    await clock.advance(6 * MINUTE);
    service.instead = () => answerOf(500);
    service.received.length = 0;
    await clock.advance(2 * MINUTE);
    expect(service.received.length).toBeGreaterThanOrEqual(3);
  });

  it.each([
    ['120', 120, 135],
    ['3600', 600, 615],
    ['Mon, 20 Jan 2025 00:03:20 GMT', 200, 215],
    // Nothing to wait for: the usual time after a first failure.
    ['0', 1, 30],
    ['-5', 1, 30],
    ['soon', 1, 30],
  ])('[K13] After Retry-After %s the next poll comes %d to %d seconds later', async (header, least, most) => {
    for (const [random, seconds] of [
      [0, least],
      [0.999_999, most],
    ] as const) {
      const { clock, client, service } = await openClient([generation(1)], { random: () => random });
      service.instead = () => answerOf(429, '', { 'retry-after': header });
      await client.refresh();
      service.received.length = 0;
      await clock.advance(seconds * SECOND - 100);
      expect(service.received.length).toBe(0);
      await clock.advance(200);
      expect(service.received.length).toBe(1);
      client.close();
    }
  });

  it.each([401, 403, 404])(
    '[K14] An answer %d for five minutes neither stops polling nor clears data, and warns once an hour',
    async status => {
      const opened = await openClient([generation(1)]);
      const { clock, service, warnings, client } = opened;
      service.instead = () => answerOf(status);
      await clock.advance(5 * MINUTE);
      expect(served(opened)).toBe(0.99);
      expect(warnings).toEqual([
        `pm-tuning: polling failed, and what is known stays in force: the service answered ${status}`,
      ]);
      service.published = [generation(2)];
      service.instead = () => undefined;
      await clock.advance(5 * MINUTE);
      expect(served(opened)).toBe(0.98);
      expect(client.state().last_error).toBeUndefined();
      service.instead = () => answerOf(status);
      await clock.advance(3 * HOUR);
      expect(warnings.length).toBeLessThanOrEqual(4);
    },
  );

  it('[K16] A 401 reads the token again, and repeats the request once if it is another one', async () => {
    const tokens = ['old', 'old', 'new'];
    let reads = 0;
    const { clock, service, client } = await openClient([generation(1)], {
      token: async () => ` ${tokens[Math.min(reads++, 2)]}\n`,
    });
    const used = () => service.received.map(({ init }) => init.headers.authorization);
    expect([reads, new Set(used())]).toEqual([1, new Set(['Bearer old'])]);
    service.received.length = 0;
    service.instead = (_, { headers }) =>
      headers.authorization === 'Bearer new' ? undefined : answerOf(401);
    await client.refresh();
    expect(used()).toEqual(['Bearer old']);
    await client.refresh();
    expect(used()).toEqual(['Bearer old', 'Bearer old', 'Bearer new']);
    await clock.advance(MINUTE);
    expect(client.state().last_error).toBeUndefined();
    expect(reads).toBe(3);
  });

  it('[K17] An index that has not changed counts as contact for every snapshot that it lists', async () => {
    const { clock, service, client } = await openClient([generation(1)]);
    await clock.advance(HOUR);
    expect(service.count(`/v1/snapshots/${S1}`)).toBe(1);
    const { age_seconds, stale } = client.thresholds(S1, {}, BASE);
    expect(age_seconds).toBeLessThan(19);
    expect(stale).toBe(false);
  });

  it('Headers for a request can be added, for example a signature, and redirects are errors', async () => {
    const { service } = await openClient([generation(1)], {
      token: 'secret',
      authorize: ({ method, url, headers }) => ({ 'x-signed': `${method} ${url} ${headers.accept}` }),
    });
    const [{ init } = { init: undefined }] = service.received;
    expect(init).toMatchObject({
      redirect: 'error',
      headers: {
        authorization: 'Bearer secret',
        'x-signed': 'GET http://service.example/v1/snapshots?limit=1000 application/json',
      },
    });
  });
});

describe('snapshots', () => {
  const text = JSON.stringify(document(2));
  const withMembers = (members: object): string => JSON.stringify({ ...document(2), ...members });

  it.each<[string, FetchAnswer | Error]>([
    ['a reset connection', new Error('ECONNRESET')],
    ['a redirect', new TypeError('unexpected redirect')],
    ['status 500', answerOf(500, text)],
    ['status 204', answerOf(204)],
    ['an HTML page with status 200', answerOf(200, '<!doctype html><p>Sign in</p>')],
    ['an empty body', answerOf(200, '')],
    ['a body that is cut', answerOf(200, text.slice(0, -10), { etag: '"new"' })],
    ['a body that is not UTF-8', { ...answerOf(200), body: bytesOf([0x7b, 0xff, 0x7d]) }],
    ['a list', answerOf(200, '[]')],
    ['schema 99', answerOf(200, withMembers({ schema: 99 }))],
    ['the snapshot of another pattern', answerOf(200, withMembers({ pattern_key: S2 }))],
    ['another digest', answerOf(200, withMembers({ sha256: '0'.repeat(64) }))],
    ['overrides of another digest', answerOf(200, withMembers({ overrides: document(3).overrides }))],
    ['no levers', answerOf(200, withMembers({ levers: undefined }))],
    ['an unknown resolution', answerOf(200, withMembers({ resolution: 'median' }))],
    ['a column that is too short', answerOf(200, text.replace('"multiplier":[0.98]', '"multiplier":[]'))],
    ['a multiplier that is text', answerOf(200, text.replace('[0.98]', '["0.98"]'))],
    ['a multiplier of 0', answerOf(200, text.replace('[0.98]', '[0]'))],
  ])('[K8] [K9] With %s the snapshot before stays in force, until a whole one comes', async (_, bad) => {
    const opened = await openClient([generation(1)]);
    const { clock, client, service } = opened;
    service.published = [generation(2)];
    service.instead = path => {
      if (!path.endsWith(S1)) return undefined;
      if (bad instanceof Error) throw bad;
      return bad;
    };
    await clock.advance(MINUTE);
    expect(served(opened)).toBe(0.99);
    expect(client.state().last_error).toBeDefined();
    expect(client.state().patterns).toMatchObject([{ generation: 1 }]);
    service.received.length = 0;
    service.instead = () => undefined;
    await clock.advance(5 * MINUTE);
    const asked = service.received.find(({ path }) => path.startsWith(`/v1/snapshots/${S1}`));
    expect(asked?.init.headers['if-none-match']).toBe(String(document(1).etag));
    expect(served(opened)).toBe(0.98);
    expect(client.state().last_error).toBeUndefined();
  });

  it('[K8] An invalid snapshot of one pattern does not hold up the others', async () => {
    const opened = await openClient([published(S2, []), generation(1)]);
    const { clock, client, service } = opened;
    service.published = [published(S2, [], { generation: 2 }), generation(2)];
    service.instead = path => (path.endsWith(S2) ? answerOf(200, '{}') : undefined);
    await clock.advance(20 * SECOND);
    expect(served(opened)).toBe(0.98);
    expect(client.state().counters.rejected).toBe(1);
    await clock.advance(HOUR);
    const stale = client.state().patterns.map(({ pattern_key, stale }) => [pattern_key, stale]);
    expect(stale).toEqual([
      [S1, false],
      [S2, true],
    ]);
  });

  it('[K8] An invalid index leaves everything as it is', async () => {
    for (const body of ['{"schema":99,"patterns":[]}', '{"schema":1}', 'x', '[]']) {
      const opened = await openClient([generation(1)]);
      opened.service.instead = () => answerOf(200, body);
      await opened.clock.advance(MINUTE);
      expect(served(opened)).toBe(0.99);
      expect(opened.client.state().last_error).toBeDefined();
      opened.client.close();
    }
  });

  it('[K10] A lower generation is taken: a rollback', async () => {
    const opened = await openClient([generation(5)]);
    opened.service.published = [generation(3)];
    await opened.clock.advance(20 * SECOND);
    expect(served(opened)).toBe(0.97);
    expect(opened.client.thresholds(S1, {}, BASE).generation).toBe(3);
  });

  it('[K11] A snapshot is in force as a whole: no look-up during a poll sees a part of it', async () => {
    const opened = await openClient([generation(1)]);
    const { clock, client, service } = opened;
    const seen = new Set<string>();
    const look = (): void => {
      const { generation, thresholds } = client.thresholds(S1, {}, BASE);
      seen.add(`${generation} ${thresholds.ts_min}`);
    };
    service.published = [generation(2)];
    service.instead = path => {
      look();
      const body = JSON.stringify(service.document(path));
      const chunks = (async function* () {
        for (const character of body) {
          yield new TextEncoder().encode(character);
          look();
        }
      })();
      return { ...answerOf(200), body: chunks };
    };
    await clock.advance(20 * SECOND);
    look();
    expect(seen).toEqual(new Set(['1 0.99', '2 0.98']));
  });

  it('An index of several pages is read to its end, and one that changes meanwhile is read again', async () => {
    const { client, clock, service } = await openClient([]);
    const pages = (etag: string) => (path: string, next: string | null) =>
      path !== '/v1/snapshots'
        ? undefined
        : JSON.stringify({
            schema: 1,
            etag: next === null ? '"a"' : etag,
            poll_seconds: 15,
            mode: 'live',
            patterns: [{ ...entry(next === null ? S1 : S2) }],
            ...(next === null && { next: S2 }),
          });
    const entry = (pattern: string) => ({
      pattern_key: pattern,
      etag: '"1"',
      generation: 1,
      mode: 'live',
      published_at: null,
    });
    service.published = [generation(1), published(S2, [])];
    let etag = '"b"';
    service.instead = path => {
      const asked = service.received.at(-1)?.path ?? '';
      const body = pages(etag)(path, new URL(asked, 'http://x').searchParams.get('next'));
      return body === undefined ? undefined : answerOf(200, body);
    };
    await clock.advance(20 * SECOND);
    expect(client.state().last_error).toBe('the index changed while it was read');
    expect(client.state().patterns).toEqual([]);
    etag = '"a"';
    await clock.advance(MINUTE);
    expect(client.state().patterns.map(({ pattern_key }) => pattern_key)).toEqual([S1, S2]);
  });
});

describe('age', () => {
  it('[K18] Answers are stale after two minutes without contact, and go on being served for a day', async () => {
    const changes: boolean[] = [];
    const opened = await openClient([generation(1)], { onStale: stale => void changes.push(stale) });
    const { clock, client, service } = opened;
    service.instead = () => Promise.reject(new Error('down'));
    await clock.advance(119 * SECOND);
    expect(client.thresholds(S1, {}, BASE).stale).toBe(false);
    await clock.advance(2 * SECOND);
    expect(client.thresholds(S1, {}, BASE)).toMatchObject({ stale: true, reason: 'MATCH', age_seconds: 121 });
    await clock.advance(DAY);
    expect(served(opened)).toBe(0.99);
    service.instead = () => undefined;
    await clock.advance(6 * MINUTE);
    expect(client.thresholds(S1, {}, BASE).stale).toBe(false);
    expect(changes).toEqual([true, false]);
  });

  it('[K18] With slow polls answers are stale after four of them', async () => {
    const { clock, client, service } = await openClient([generation(1)], { pollMs: MINUTE });
    service.instead = () => answerOf(500);
    await clock.advance(239 * SECOND);
    expect(client.state().stale).toBe(false);
    await clock.advance(2 * SECOND);
    expect(client.state().stale).toBe(true);
  });

  it('[K20] A wall clock that jumps changes neither ages nor polls', async () => {
    const { clock, client, service } = await openClient([generation(1)]);
    for (const jump of [-400 * DAY, 800 * DAY]) {
      clock.wallStart += jump;
      service.received.length = 0;
      await clock.advance(MINUTE);
      expect(service.received.length).toBe(4);
      expect(client.state()).toMatchObject({ stale: false });
      expect(client.state().age_seconds).toBeLessThan(16);
    }
  });
});

describe('the life of a client', () => {
  it('[K25] A closed client polls no more, still answers, and can be closed again', async () => {
    const opened = await openClient([generation(1)]);
    const { clock, client, service } = opened;
    client.close();
    client.close();
    service.received.length = 0;
    await clock.advance(HOUR);
    await client.refresh();
    expect([service.received.length, clock.pending, served(opened)]).toEqual([0, 0, 0.99]);
  });

  it('[K25] A client that is closed during a poll sends nothing more', async () => {
    const opened = await openClient([generation(1)]);
    const { clock, client, service } = opened;
    service.published = [generation(2)];
    service.instead = () => new Promise(() => undefined);
    void client.refresh();
    await clock.advance(0);
    client.close();
    service.received.length = 0;
    await clock.advance(HOUR);
    expect([service.received.length, clock.pending]).toEqual([0, 0]);
  });

  it('[K30] Callbacks that throw do no harm', async () => {
    const no = (): never => {
      throw new Error('no');
    };
    const opened = await openClient([generation(1)], { onChange: no, onStale: no, warn: no, off: no });
    const { clock, service } = opened;
    service.instead = () => answerOf(500);
    await clock.advance(HOUR);
    service.published = [generation(2)];
    service.instead = () => undefined;
    await clock.advance(6 * MINUTE);
    expect(served(opened)).toBe(0.98);
  });

  it('A change is reported with its pattern and generation', async () => {
    const changes: unknown[] = [];
    const { clock, service } = await openClient([generation(1)], {
      onChange: (...change) => void changes.push(change),
    });
    service.published = [generation(2)];
    await clock.advance(20 * SECOND);
    expect(changes).toEqual([
      [S1, 1],
      [S1, 2],
    ]);
  });

  it('ready() waits for the first snapshots, and is false when there are none in time', async () => {
    const { client, clock, service } = await openClient([]);
    expect(await client.ready()).toBe(true);
    service.instead = () => answerOf(500);
    const other = await openClient([], { fetch: service.fetch });
    const waiting = other.client.ready(2000);
    await other.clock.advance(2000);
    expect(await waiting).toBe(false);
    client.close();
    await clock.advance(0);
  });
});

function bytesOf(bytes: readonly number[]): AsyncIterable<Uint8Array> {
  return (async function* () {
    yield Uint8Array.from(bytes);
  })();
}
