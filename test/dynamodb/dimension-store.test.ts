import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createHandler } from '../../functions/record-queried-dimensions.ts';
import { readLogLines } from '../../shared/aws/cloudwatch-logs.ts';
import { documentClient } from '../../shared/dynamodb/client.ts';
import { jsonLog } from '../../shared/log.ts';
import { QUERIED_DIMENSIONS_MESSAGE } from '../../shared/log-messages.ts';
import { parseQueriedDimensions } from '../../shared/lookup/queried-dimensions.ts';
import { normalizeScope } from '../../shared/pattern/scope.ts';
import { createRuntime } from '../../shared/runtime.ts';
import { HOUR, NOW, S1, S2 } from '../support/episodes.ts';
import type { Stores } from '../support/stores.ts';
import { openStores } from '../support/stores.ts';

let stores: Stores;
beforeEach(async () => {
  stores = await openStores();
});
afterEach(() => stores.close());

const usedOf = async () => Object.fromEntries((await stores.runtime.dimensions.coverage(S1)).used);
const queriedOf = async () => Object.fromEntries((await stores.runtime.dimensions.coverage(S1)).queried);

describe('dimensions that lessons use', () => {
  it('a dimension that lessons use keeps the time of its first use until a run no longer uses it', async () => {
    const { dimensions } = stores.runtime;
    await dimensions.putUsed(S1, ['bucket', 'chain']);
    stores.clock.now += HOUR;
    await dimensions.putUsed(S1, ['chain', 'rank']);
    expect(await usedOf()).toEqual({ chain: NOW, rank: NOW + HOUR });
    stores.clock.now += HOUR;
    await dimensions.putUsed(S1, ['bucket', 'chain', 'rank']);
    expect(await usedOf()).toEqual({ chain: NOW, rank: NOW + HOUR, bucket: NOW + 2 * HOUR });
    await dimensions.putUsed(S1, []);
    expect(await usedOf()).toEqual({});
  });

  it('the dimensions that lessons use are written only when they change', async () => {
    await stores.runtime.dimensions.putUsed(S1, ['chain', 'constructor']);
    stores.proxy.start();
    await stores.runtime.dimensions.putUsed(S1, ['chain', 'constructor']);
    expect(stores.proxy.writes()).toEqual([]);
  });
});

describe('dimensions that look-ups use', () => {
  it('a dimension keeps the time of the last look-up with it, separately for each pattern', async () => {
    const { dimensions } = stores.runtime;
    await dimensions.putUsed(S1, ['chain', 'constructor', 'rank']);
    await dimensions.putUsed(S2, ['rank']);
    await dimensions.recordQueried(S1, ['chain', 'constructor']);
    await dimensions.recordQueried(S2, ['rank']);
    stores.clock.now += HOUR;
    await dimensions.recordQueried(S1, ['chain', 'chain']);
    expect(await queriedOf()).toEqual({ constructor: NOW, chain: NOW + HOUR });
  });

  it('[X4] names that no lesson uses are not stored, however many look-ups invent', async () => {
    const { dimensions } = stores.runtime;
    const invented = (k: number) => Array.from({ length: 64 }, (_, d) => `n${k}x${d}`);
    await dimensions.recordQueried(S1, invented(0));
    await dimensions.putUsed(S1, ['chain']);
    stores.proxy.start();
    for (let k = 1; k < 20; k++) await dimensions.recordQueried(S1, invented(k));
    expect(stores.proxy.writes()).toEqual([]);
    await dimensions.recordQueried(S1, [...invented(0), 'chain']);
    expect(await queriedOf()).toEqual({ chain: NOW });
  });

  it('[X4] at most a hundred dimensions of a pattern are stored, the first of the list', async () => {
    const { dimensions } = stores.runtime;
    const names = Array.from({ length: 300 }, (_, d) => `d${d}`);
    await dimensions.putUsed(S1, names);
    await dimensions.recordQueried(S1, names);
    expect(Object.keys(await usedOf())).toEqual(names.slice(0, 100));
    expect(Object.keys(await queriedOf()).sort()).toEqual(names.slice(0, 100).sort());
  });
});

/** Returns the event that CloudWatch Logs sends to a subscriber. */
const eventOf = (lines: readonly string[]) => {
  const logEvents = lines.map((message, i) => ({ id: String(i), timestamp: NOW, message }));
  const text = JSON.stringify({ messageType: 'DATA_MESSAGE', logGroup: 'lookup', logEvents });
  return { awslogs: { data: gzipSync(text).toString('base64') } };
};

describe('the log line of queried dimensions', () => {
  it('the log line of queried dimensions is written at every log level', () => {
    const lines: string[] = [];
    const [log, metricLog] = (['error', 'info'] as const).map(level =>
      jsonLog(
        level,
        line => lines.push(line),
        () => NOW,
      ),
    );
    const { config } = stores.runtime;
    const { queriedDimensions } = createRuntime(config, documentClient({}), () => NOW, log, metricLog);
    queriedDimensions.record(S1, normalizeScope({ chain: 'solana' }));
    expect(parseQueriedDimensions(lines)).toEqual([{ pattern: S1, names: ['chain'] }]);
    expect(lines).toHaveLength(1);
  });
});

it('A bot that reads the snapshot asks for every dimension that a lesson uses', async () => {
  await stores.runtime.dimensions.putUsed(S1, ['bucket', 'chain']);
  await stores.runtime.dimensions.recordQueried(S1, ['*'], 'token:bot 1');
  expect(await queriedOf()).toEqual({ bucket: NOW, chain: NOW });
});

describe('the function that records queried dimensions', () => {
  it('the function that reads the log of look-ups records the dimensions that its lines name', async () => {
    const line = {
      level: 'info',
      message: QUERIED_DIMENSIONS_MESSAGE,
      pattern: S1,
      dimensions: 'bucket,chain',
    };
    const lines = [JSON.stringify(line), 'START RequestId: 1', JSON.stringify({ ...line, message: 'other' })];
    await stores.runtime.dimensions.putUsed(S1, ['bucket', 'chain']);
    await createHandler(stores.runtime)(eventOf(lines));
    expect(await queriedOf()).toEqual({ bucket: NOW, chain: NOW });
  });

  it.each([[undefined], [{}], [{ awslogs: {} }], [{ awslogs: { data: 'x' } }]])(
    'an event that does not have the form of a CloudWatch Logs event is rejected: %j',
    event => {
      expect(() => readLogLines(event)).toThrow();
    },
  );
});

describe('misspelt factors', () => {
  it('Names that a caller invents take at most a hundred items of a pattern', async () => {
    const { dimensions } = stores.runtime;
    for (let i = 0; i < 20; i++)
      await dimensions.recordFactors(
        S1,
        Array.from({ length: 20 }, (_, k) => `ts_scor${i}_${k}`),
      );
    await dimensions.recordFactors(S1, ['dx_cuont']);
    const { misspelt } = await dimensions.coverage(S1);
    expect(misspelt.size).toBeLessThanOrEqual(100);
    expect(misspelt.size).toBeGreaterThan(80);
    expect(misspelt.get('dx_cuont')).toBe(NOW);
  });

  it('A name that an earlier version stored in its key is still read', async () => {
    const Item = { pk: `dimensions#${S1}`, sk: 'factor#ts_scroe', at: NOW };
    await stores.db.put({ TableName: 'control', Item });
    expect([...(await stores.runtime.dimensions.coverage(S1)).misspelt]).toEqual([['ts_scroe', NOW]]);
  });
});
