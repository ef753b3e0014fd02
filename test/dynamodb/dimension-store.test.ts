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
const askedOf = async () => Object.fromEntries((await stores.runtime.dimensions.coverage(S1)).queried);

describe('dimensions that lessons use', () => {
  it('keep the time since when they are used without a break', async () => {
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

  it('are written only when they change', async () => {
    await stores.runtime.dimensions.putUsed(S1, ['chain', 'constructor']);
    stores.wire.start();
    await stores.runtime.dimensions.putUsed(S1, ['chain', 'constructor']);
    expect(stores.wire.writes()).toEqual([]);
  });
});

describe('dimensions that look-ups ask with', () => {
  it('have the time they were last asked with, for each pattern by itself', async () => {
    const { dimensions } = stores.runtime;
    await dimensions.recordQueried(S1, ['chain', 'constructor']);
    await dimensions.recordQueried(S2, ['rank']);
    stores.clock.now += HOUR;
    await dimensions.recordQueried(S1, ['chain', 'chain']);
    expect(await askedOf()).toEqual({ constructor: NOW, chain: NOW + HOUR });
  });
});

/** What CloudWatch Logs hands to a subscriber. */
const eventOf = (lines: readonly string[]) => {
  const logEvents = lines.map((message, i) => ({ id: String(i), timestamp: NOW, message }));
  const text = JSON.stringify({ messageType: 'DATA_MESSAGE', logGroup: 'lookup', logEvents });
  return { awslogs: { data: gzipSync(text).toString('base64') } };
};

describe('the line on which look-ups say it', () => {
  it('is written whatever the log level', () => {
    const lines: string[] = [];
    const [log, facts] = (['error', 'info'] as const).map(level =>
      jsonLog(
        level,
        line => lines.push(line),
        () => NOW,
      ),
    );
    const { config } = stores.runtime;
    const { queriedDimensions: asked } = createRuntime(config, documentClient({}), () => NOW, log, facts);
    asked.record(S1, normalizeScope({ chain: 'solana' }));
    expect(parseQueriedDimensions(lines)).toEqual([{ pattern: S1, names: ['chain'] }]);
    expect(lines).toHaveLength(1);
  });
});

describe('the function that reads the look-up’s log', () => {
  it('keeps what look-ups said', async () => {
    const said = {
      level: 'info',
      message: QUERIED_DIMENSIONS_MESSAGE,
      pattern: S1,
      dimensions: 'bucket,chain',
    };
    const lines = [JSON.stringify(said), 'START RequestId: 1', JSON.stringify({ ...said, message: 'other' })];
    await createHandler(stores.runtime)(eventOf(lines));
    expect(await askedOf()).toEqual({ bucket: NOW, chain: NOW });
  });

  it.each([[undefined], [{}], [{ awslogs: {} }], [{ awslogs: { data: 'x' } }]])('refuses %j', event => {
    expect(() => readLogLines(event)).toThrow();
  });
});
