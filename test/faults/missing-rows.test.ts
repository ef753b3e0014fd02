import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Item } from '../../shared/dynamodb/client.ts';
import { Dynamo, documentClient } from '../../shared/dynamodb/client.ts';
import { HEAD, patternPartition, setPartition } from '../../shared/dynamodb/keys.ts';
import type { RetainedRowSetRef } from '../../shared/generation/generation.ts';
import { type Api, events, openApi } from '../support/api.ts';
import { NOW, S1, S2 } from '../support/episodes.ts';
import { measurement } from '../support/measurements.ts';

/* These tests take rows out of the tables, as a restore of one table alone would. */

const HOUR = 3_600_000;
const LOOKUP = { pattern_key: S1, scope: { chain: 'solana' } };

let folder: string;
let api: Api;
let db: Dynamo;
let now = NOW;

/** Opens the service on the same data. Generations in memory are gone, as after a restart. */
async function open(): Promise<void> {
  api = await openApi({
    now: () => now,
    data: folder,
    environment: { N_MIN: '5' },
    changeClientSettings: settings => {
      db = new Dynamo(documentClient(settings));
      return settings;
    },
  });
}

async function reopen(): Promise<void> {
  await api.close();
  await open();
}

beforeEach(async () => {
  now = NOW;
  folder = mkdtempSync(join(tmpdir(), 'pm-tuning-rows-'));
  await open();
  for (const pattern of [S1, S2]) await api.postEvents(events(40, 'a', { pattern }));
  await run();
});
afterEach(async () => {
  await api.close();
  rmSync(folder, { recursive: true, force: true });
});

/** Runs what the schedule would run, an hour later. */
async function run() {
  now += HOUR;
  const response = await api.send('POST', '/v1/cycles?wait=true', {});
  return (await response.json()) as { status: string; patterns: { status: string; reason?: string }[] };
}

const head = async (pattern = S1) => (await api.service.runtime.heads.head(pattern))?.current;

async function rowsOf(table: string, set: RetainedRowSetRef | undefined): Promise<Item[]> {
  return db.query({
    TableName: `pm-tuning-${table}`,
    KeyConditionExpression: 'pk = :p',
    ExpressionAttributeValues: { ':p': setPartition(S1, set?.id ?? '') },
  });
}

type Damage = (table: string, item: Item) => Promise<unknown>;
const lose: Damage = (table, { pk, sk }) => db.delete({ TableName: `pm-tuning-${table}`, Key: { pk, sk } });
const scramble: Damage = (table, item) =>
  db.put({ TableName: `pm-tuning-${table}`, Item: { ...item, z: new Uint8Array([1, 2, 3]) } });
const swap: Damage = async (table, item) => {
  const [other] = await db.query({
    TableName: `pm-tuning-${table}`,
    KeyConditionExpression: 'pk = :p',
    ExpressionAttributeValues: { ':p': setPartition(S2, (await head(S2))?.[table as 'lessons'].id ?? '') },
  });
  return db.put({ TableName: `pm-tuning-${table}`, Item: { ...item, z: other?.z } });
};

async function damage(table: 'lessons' | 'overrides', how: Damage): Promise<void> {
  const items = await rowsOf(table, (await head())?.[table]);
  expect(items.length).toBeGreaterThan(0);
  for (const item of items) await how(table, item);
}

const codes = async () => (await api.status()).reasons.map(({ code }) => code);

describe('a set in force whose rows are gone', () => {
  it.each([
    ['lost', lose],
    ['unreadable', scramble],
    ['those of another set', swap],
  ])(
    '[D9] Overrides that are %s are counted by look-ups at once, and the next run writes them anew',
    async (_, how) => {
      const before = await api.lookup(LOOKUP);
      expect(before.overrides.length).toBeGreaterThan(0);
      await damage('overrides', how);
      await reopen();
      expect((await api.lookup(LOOKUP)).degraded?.code).toBe('damaged_generation');
      expect(await codes()).toEqual(['lookups_degraded']);
      expect((await run()).patterns[0]).toMatchObject({ status: 'unchanged' });
      expect(await api.lookup(LOOKUP)).toEqual(before);
      await run();
      await run();
      expect((await api.status()).healthy).toBe(true);
      measurement(
        19,
        `overrides ${_}: counted by the first look-up, written anew by the next run, under the same generation`,
      );
    },
  );

  it.each([
    ['lost', lose],
    ['unreadable', scramble],
  ])('[D9] Lessons that are %s are written anew by the next run', async (_, how) => {
    const before = await api.lessons(S1);
    await damage('lessons', how);
    expect((await api.send('GET', `/v1/lessons?pattern_key=${S1}`)).status).toBe(500);
    expect((await run()).patterns[0]).toMatchObject({ status: 'unchanged' });
    expect(await api.lessons(S1)).toEqual(before);
    expect((await api.status()).healthy).toBe(true);
  });

  it('[D9] A table that lost all its rows is whole again after one run over all patterns', async () => {
    for (const pattern of [S1, S2])
      for (const item of await db.query({
        TableName: 'pm-tuning-overrides',
        KeyConditionExpression: 'pk = :p',
        ExpressionAttributeValues: { ':p': setPartition(pattern, (await head(pattern))?.overrides.id ?? '') },
      }))
        await lose('overrides', item);
    await reopen();
    await run();
    for (const pattern of [S1, S2])
      expect((await api.lookup({ ...LOOKUP, pattern_key: pattern })).overrides.length).toBeGreaterThan(0);
  });

  it('[D9] A run that computes other overrides replaces damaged ones, and the service is healthy', async () => {
    await damage('overrides', lose);
    await api.postEvents(events(60, 'b', { decision: 'acted', outcome: 'failure' }));
    expect((await run()).patterns[0]).toMatchObject({ status: 'published', generation: 2 });
    expect((await api.status()).healthy).toBe(true);
  });

  it.each(['overrides', 'lessons'] as const)(
    '[D9] Damaged %s that a run may not replace make status unhealthy until they are',
    async table => {
      await api.send('PUT', `/v1/patterns/${S1}/mode`, { mode: 'frozen', reason: 'a test' });
      await damage(table, lose);
      await api.postEvents(events(60, 'b', { decision: 'acted', outcome: 'failure' }));
      const { patterns } = await run();
      expect(patterns[0]).toMatchObject({ status: 'frozen', warnings: [{ code: 'generation_damaged' }] });
      const { healthy, reasons, warnings } = await api.status();
      expect([healthy, reasons.map(({ code }) => code)]).toEqual([false, ['generation_damaged']]);
      expect(reasons[0]?.detail).toContain(`rows of generation 1 of ${S1} are missing or differ (${table})`);
      expect(warnings.map(({ code }) => code)).toContain('generation_damaged');

      await api.send('PUT', `/v1/patterns/${S1}/mode`, { mode: 'live', reason: 'repair' });
      expect((await run()).patterns[0]).toMatchObject({ status: 'published', generation: 2 });
      expect((await api.status()).healthy).toBe(true);
      measurement(
        19,
        `${table} that a frozen pattern cannot replace: unhealthy, and healthy once a run may publish`,
      );
    },
  );

  it('[D9] A frozen pattern whose run computes the same overrides gets lost ones back', async () => {
    await api.send('PUT', `/v1/patterns/${S1}/mode`, { mode: 'frozen', reason: 'a test' });
    const before = await api.lookup(LOOKUP);
    await damage('overrides', lose);
    await reopen();
    expect((await run()).patterns[0]).toMatchObject({ status: 'frozen', warnings: [] });
    expect(await api.lookup(LOOKUP)).toEqual(before);
  });
});

it('[D9] A head that is unreadable makes status unhealthy, and hides no other pattern', async () => {
  await db.put({
    TableName: 'pm-tuning-control',
    Item: { pk: patternPartition(S1), sk: HEAD, version: 1, head: { mode: 'live' } },
  });
  expect((await run()).patterns).toMatchObject([{ status: 'failed' }, { status: 'unchanged' }]);
  const { healthy, reasons } = await api.status();
  expect([healthy, reasons.map(({ code }) => code)]).toEqual([false, ['cycle_failed', 'generation_damaged']]);
  expect(reasons[1]?.detail).toContain(`the head of ${S1} is unreadable`);
  const index = (await (await api.send('GET', '/v1/snapshots')).json()) as { patterns: object[] };
  expect(index.patterns).toMatchObject([{ pattern_key: S2 }]);
  expect((await api.lookup(LOOKUP)).degraded?.code).toBe('damaged_generation');
  expect((await api.lookup({ ...LOOKUP, pattern_key: S2 })).overrides.length).toBeGreaterThan(0);
});

describe('other sets', () => {
  it('[D9] Near lessons that are lost are written anew by the next run', async () => {
    await api.postEvents(events(4, 'near', { scope: { chain: 'base' } }));
    await run();
    const near = await api.near(S1);
    expect(near.length).toBeGreaterThan(0);
    const item = await db.get({ TableName: 'pm-tuning-control', Key: { pk: `pattern#${S1}`, sk: 'near' } });
    for (const row of await rowsOf('lessons', item?.set as RetainedRowSetRef)) await lose('lessons', row);
    expect((await api.send('GET', `/v1/lessons?pattern_key=${S1}&near=true`)).status).toBe(500);
    await run();
    expect(await api.near(S1)).toEqual(near);
  });

  it.each([
    ['lost', lose],
    ['unreadable', scramble],
  ])(
    '[D9] A rollback to a generation whose rows are %s is refused, and the one in force stays',
    async (_, how) => {
      const first = (await head())?.overrides;
      await api.postEvents(events(60, 'b', { decision: 'acted', outcome: 'failure' }));
      await run();
      for (const item of await rowsOf('overrides', first)) await how('overrides', item);
      const response = await api.send('POST', `/v1/patterns/${S1}/rollback`, {
        generation: 1,
        reason: 'a test',
      });
      expect([response.status, await response.json()]).toMatchObject([
        404,
        { code: 'unknown_generation', detail: expect.stringContaining('rows of generation 1 are missing') },
      ]);
      expect((await head())?.generation).toBe(2);
    },
  );
});
