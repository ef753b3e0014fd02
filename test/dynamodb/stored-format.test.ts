import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createHandler as cycleOpen } from '../../functions/cycle-open.ts';
import { createHandler as ingest } from '../../functions/ingest.ts';
import { createHandler as lookup } from '../../functions/lookup.ts';
import type { Item } from '../../shared/dynamodb/client.ts';
import { generationSort, patternPartition, setPartition } from '../../shared/dynamodb/keys.ts';
import type { Head } from '../../shared/generation/head.ts';
import type { Override } from '../../shared/override/override.ts';
import { runCycle } from '../support/cycles.ts';
import { errorAnswer } from '../support/dynamodb-proxy.ts';
import { episode, iso, NOW, S1 } from '../support/episodes.ts';
import { faultOfAsync } from '../support/fault-of.ts';
import { override } from '../support/overrides.ts';
import type { Stores } from '../support/stores.ts';
import { openStores } from '../support/stores.ts';

let stores: Stores;
beforeEach(async () => {
  stores = await openStores();
});
afterEach(() => stores.close());

const VERSION_KEY = { pk: 'format', sk: 'version' };
const markVersion = (version: number) =>
  stores.db.put({ TableName: 'control', Item: { ...VERSION_KEY, version } });
const storedVersion = () => stores.db.get({ TableName: 'control', Key: VERSION_KEY });

/** Calls a function as API Gateway does, and returns its status and body. */
async function call(handler: ReturnType<typeof ingest>, method: string, path: string, body: object) {
  const event = {
    version: '2.0',
    rawPath: path,
    rawQueryString: '',
    headers: { 'content-type': 'application/json' },
    requestContext: { http: { method, path }, domainName: 'api.example.com' },
    body: JSON.stringify(body),
    isBase64Encoded: false,
  };
  const { statusCode, body: text } = (await handler(event as never)) as { statusCode: number; body: string };
  return { status: statusCode, body: JSON.parse(text) as object };
}

const EVENT = {
  pattern_key: S1,
  episode_id: 'e',
  decision: 'skipped',
  scope: { chain: 'solana' },
  factors: {},
  timestamp: iso(NOW),
};
const RUN = { execution: { name: 'run', started_at: iso(NOW) }, options: null };

describe('the version of the stored data', () => {
  it('the first run records format version 2 in data without a version', async () => {
    const open = cycleOpen(stores.runtime);
    await open(RUN);
    expect(await storedVersion()).toEqual({ ...VERSION_KEY, version: 2 });
    stores.proxy.start();
    await open(RUN);
    // The run reads the patterns and the writers, and writes its record. It does not read the version again.
    expect(stores.proxy.operations).toEqual(['Query', 'Query', 'PutItem']);
  });

  it('a run records its format version in data of an older version', async () => {
    await markVersion(0);
    await cycleOpen(stores.runtime)(RUN);
    expect(await storedVersion()).toEqual({ ...VERSION_KEY, version: 2 });
  });

  /** Lets another process record a version between the read and the write of a run. */
  function recordMeanwhile(version: number): void {
    stores.proxy.around = async ({ operation }, forward) => {
      if (operation !== 'PutItem') return forward();
      stores.proxy.around = (_, pass) => pass();
      await markVersion(version);
      return forward();
    };
  }

  it('a run fails with newer_data when another process records a newer version between its read and its write', async () => {
    recordMeanwhile(3);
    expect((await faultOfAsync(cycleOpen(stores.runtime)(RUN))).code).toBe('newer_data');
    expect(await storedVersion()).toEqual({ ...VERSION_KEY, version: 3 });
  });

  it('a run opens when another process records the same version between its read and its write', async () => {
    recordMeanwhile(2);
    await cycleOpen(stores.runtime)(RUN);
    expect(await storedVersion()).toEqual({ ...VERSION_KEY, version: 2 });
  });

  it('a run that could not record the format version records it when it is retried', async () => {
    const open = cycleOpen(stores.runtime);
    stores.proxy.around = async ({ operation }, forward) =>
      operation === 'PutItem' ? errorAnswer('ValidationException') : forward();
    expect((await faultOfAsync(open(RUN))).code).toBe('internal');
    stores.proxy.around = (_, forward) => forward();
    await open(RUN);
    expect(await storedVersion()).toEqual({ ...VERSION_KEY, version: 2 });
  });

  it('a run on data of a newer format fails when it opens, and writes nothing', async () => {
    await markVersion(3);
    stores.proxy.start();
    const fault = await faultOfAsync(cycleOpen(stores.runtime)(RUN));
    expect([fault.name, fault.message]).toEqual([
      'newer_data',
      'the stored data have format version 3, and this service reads versions up to 2; update the service',
    ]);
    expect(stores.proxy.writes()).toEqual([]);
  });

  it('ingest stores an event beside data of a newer format, because a rejected event would be lost', async () => {
    await markVersion(3);
    stores.proxy.start();
    expect(await call(ingest(stores.runtime), 'POST', '/v1/events', { events: [EVENT] })).toMatchObject({
      status: 200,
      body: { accepted: 1 },
    });
    expect(stores.proxy.operations).not.toContain('Query');
    expect(await storedVersion()).toEqual({ ...VERSION_KEY, version: 3 });
  });

  it('a look-up does not read the version of the stored data', async () => {
    await stores.runtime.heads.register([S1]);
    stores.proxy.start();
    const request = { pattern_key: S1, scope: {} };
    expect(await call(lookup(stores.runtime), 'POST', '/v1/overrides/lookup', request)).toMatchObject({
      status: 200,
    });
    expect(stores.proxy.operations).toEqual(['BatchGetItem']);
  });
});

describe('the version of one item', () => {
  const head: Head = {
    version: 1,
    mode: 'live',
    settings: {},
    latest: 0,
    last_change: { who: 'local', at: iso(NOW), what: 'mode', why: 'test' },
  };
  const message = (what: string) =>
    `${what} has format version 3, and this service reads versions up to 2; update the service`;

  /** Marks stored items of a partition with a newer format. */
  async function markAsNewer(
    table: string,
    pk: string,
    isMarked: (sk: string) => boolean = () => true,
  ): Promise<void> {
    const items = await stores.db.query({
      TableName: table,
      KeyConditionExpression: 'pk = :p',
      ExpressionAttributeValues: { ':p': pk },
    });
    for (const item of items.filter(({ sk }) => isMarked(String(sk))))
      await stores.db.put({ TableName: table, Item: { ...item, format_version: 3 } });
  }

  it('a head of a newer format is rejected, and a look-up returns a neutral answer with the reason', async () => {
    await stores.runtime.heads.replaceHead(S1, head);
    await markAsNewer('control', patternPartition(S1));
    const fault = await faultOfAsync(stores.runtime.heads.head(S1));
    expect([fault.code, fault.message]).toEqual(['newer_data', message('the head of this pattern')]);
    const request = { pattern_key: S1, scope: {}, thresholds: { ts_min: 0.6 } };
    expect(await call(lookup(stores.runtime), 'POST', '/v1/overrides/lookup', request)).toMatchObject({
      status: 200,
      body: { thresholds: { ts_min: 0.6 }, overrides: [], degraded: { code: 'newer_data' } },
    });
  });

  it('an archived generation of a newer format is rejected', async () => {
    await stores.runtime.episodes.add(
      Array.from({ length: 20 }, (_, i) => episode(`e-${i}`, { outcome: 'success' })),
    );
    await runCycle(stores.runtime);
    const current = (await stores.runtime.heads.head(S1))?.current;
    if (!current) throw new Error('the run published nothing');
    await stores.runtime.heads.archive(S1, current);
    expect(await stores.runtime.heads.archived(S1)).toEqual([current]);
    await markAsNewer('control', patternPartition(S1), sk => sk === generationSort(1));
    const fault = await faultOfAsync(stores.runtime.heads.archived(S1));
    expect([fault.code, fault.message]).toEqual(['newer_data', message('an archived generation')]);
  });

  it('a chunk of a newer format is rejected when a row set is read and when a page of it is read', async () => {
    const { overrides } = stores.runtime;
    const set = await overrides.write(S1, [override('tuning_ts_min', {}, 0.9)], 2e9);
    await markAsNewer('overrides', setPartition(S1, set.id));
    for (const read of [overrides.read(S1, set), overrides.page(S1, set, '', () => true)]) {
      const fault = await faultOfAsync(read);
      expect([fault.code, fault.message]).toEqual(['newer_data', message('a part of the generation')]);
    }
  });

  it('heads and chunks are written without a version, as release 0.1.0 wrote them', async () => {
    const { heads, overrides } = stores.runtime;
    await heads.replaceHead(S1, head);
    const rows: Override[] = [override('tuning_ts_min', {}, 0.9)];
    const set = await overrides.write(S1, rows, 2e9);
    const items = async (TableName: string, pk: string): Promise<Item[]> =>
      stores.db.query({
        TableName,
        KeyConditionExpression: 'pk = :p',
        ExpressionAttributeValues: { ':p': pk },
      });
    const [storedHead] = await items('control', patternPartition(S1));
    const [chunk] = await items('overrides', setPartition(S1, set.id));
    expect(Object.keys(storedHead ?? {}).sort()).toEqual(['head', 'pk', 'sk', 'version']);
    expect(Object.keys(chunk ?? {}).sort()).toEqual(['expires_at', 'n', 'pk', 'sk', 'z']);
  });
});
