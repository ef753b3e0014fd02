import { execFile } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { openEmbeddedEngine } from '../../local/engine/embedded-dynamodb.ts';
import { openService } from '../../local/service.ts';
import type { Item } from '../../shared/dynamodb/client.ts';
import { Dynamo, documentClient } from '../../shared/dynamodb/client.ts';
import { events, openApi, readLines } from '../support/api.ts';
import { faultOfAsync } from '../support/fault-of.ts';
import { measurement } from '../support/measurements.ts';

/*
 * test/data/format-1 is a data folder of release 0.1.0, which wrote no format version. It was made once, on
 * 27 November 2026, by `local/serve.ts --data FOLDER --every off` of that release and these requests:
 *
 *   POST /v1/events    the first 40 events with an outcome of test/data/pm-episode-events.jsonl
 *   POST /v1/cycles    as_of 2025-01-20T00:00:00Z: generation 1
 *   POST /v1/events    the next 20 events with an outcome, and the first 6 without
 *   POST /v1/outcomes  a correction of the first event's outcome, and an outcome of episode `comes-later`, which is parked
 *   POST /v1/cycles    as_of 2025-01-20T00:00:00Z: generation 2
 *   POST …/rollback    to generation 1, then to generation 2
 *   PUT  …/mode        live
 *
 * Then it was stopped, started and stopped again. The expectations below are the answers of release 0.1.0. Do not
 * create the folder again: a later format gets a folder of its own.
 */
const FORMAT_1 = fileURLToPath(new URL('../data/format-1', import.meta.url));
/** A day after the folder was made; some of its rows expire after 30 days. */
const NEXT_DAY = Date.parse('2026-11-28T03:17:46Z');
const AS_OF = '2025-01-20T00:00:00Z';
const PATTERN = 'pm.uptrend.S1.entry';
const CONTROL = 'pm-tuning-control';
const VERSION_KEY = { pk: 'format', sk: 'version' };
const LOOKUP = {
  pattern_key: PATTERN,
  scope: { chain: 'solana', timeframe: '15m', bucket: 'micro' },
  thresholds: { ts_min: 0.6, halo_max: 1 },
};
const GENERATION_2 = '55a01ae171aff89e3491f632e4cca4a1';

let folder: string;
beforeEach(() => {
  folder = join(mkdtempSync(join(tmpdir(), 'pm-tuning-')), 'data');
});
afterEach(() => rmSync(join(folder, '..'), { recursive: true, force: true }));

const open = () => openApi({ data: folder, now: () => NEXT_DAY });

/** Runs a function on the items of a data folder that no service has open. */
async function withItems<T>(run: (db: Dynamo) => Promise<T>): Promise<T> {
  const engine = await openEmbeddedEngine(folder);
  const client = documentClient(engine.settings);
  try {
    return await run(new Dynamo(client));
  } finally {
    client.destroy();
    await engine.close();
  }
}
const storedVersion = (): Promise<Item | undefined> =>
  withItems(db => db.get({ TableName: CONTROL, Key: VERSION_KEY }));
const markVersion = (version: unknown): Promise<boolean> =>
  withItems(db => db.put({ TableName: CONTROL, Item: { ...VERSION_KEY, version } }));

it('a data folder of release 0.1.0 is opened, gives the same overrides, and accepts new events and runs', async () => {
  cpSync(FORMAT_1, folder, { recursive: true });
  const api = await open();
  const status = await api.status();
  expect(status.patterns).toMatchObject([
    {
      events: { total: 66, with_outcome: 60, pending: 6 },
      mode: 'live',
      generation: 2,
      lessons: 4,
      overrides: 6,
    },
  ]);
  expect(status.parked_outcomes).toBe(1);
  expect(await api.lookup(LOOKUP)).toMatchObject({
    generation: 2,
    thresholds: { ts_min: 0.5910671637618375, halo_max: 1.0116854428226911 },
  });
  expect([(await api.lessons(PATTERN)).length, (await api.overrides(PATTERN)).length]).toEqual([4, 6]);

  // Rows of 0.1.0 have a reason and no code of it.
  const stored = [...(await api.lessons(PATTERN)), ...(await api.overrides(PATTERN))];
  expect(stored.filter(row => 'reason_code' in row)).toEqual([]);

  // The stored events give the overrides of 0.1.0. Only the sentences differ and the codes beside them.
  expect((await api.cycle({ as_of: AS_OF })).patterns).toMatchObject([
    { status: 'published', generation: 3, events_read: 60 },
  ]);
  expect((await api.cycle({ as_of: AS_OF })).patterns).toMatchObject([
    { status: 'unchanged', generation: 3 },
  ]);
  const differences = await api.send('GET', `/v1/patterns/${PATTERN}/generations?diff=2,3`);
  expect(await differences.json()).toMatchObject({
    diff: { overrides: [], lessons: { added: 0, removed: 0 } },
  });
  const { generations } = (await (await api.send('GET', `/v1/patterns/${PATTERN}/generations`)).json()) as {
    generations: { generation: number; hash: string }[];
  };
  expect(generations.slice(1).map(({ generation, hash }) => [generation, hash])).toEqual([
    [2, GENERATION_2],
    [1, '3190110b7a352b66fb821b9f23ae8167'],
  ]);

  const repeated = readLines('data/pm-episode-events.jsonl').filter(event => event.outcome);
  expect(await api.postEvents(repeated.slice(1, 40))).toEqual({ accepted: 0, unchanged: 39, rejected: [] });
  const parked = events(1, 'x', { outcome: null }).map(event => ({ ...event, episode_id: 'comes-later' }));
  expect(await api.postEvents([...parked, ...events(9, 'new')])).toEqual({
    accepted: 10,
    unchanged: 0,
    rejected: [],
  });
  expect(await api.status()).toMatchObject({ events: { total: 76, with_outcome: 70 }, parked_outcomes: 0 });
  expect((await api.cycle({ as_of: AS_OF })).patterns).toMatchObject([
    { status: 'published', generation: 4, events_read: 70 },
  ]);
  const rollback = { generation: 1, reason: 'test' };
  expect((await api.send('POST', `/v1/patterns/${PATTERN}/rollback`, rollback)).status).toBe(200);
  await api.close();

  expect(await storedVersion()).toEqual({ ...VERSION_KEY, version: 2 });
  const reopened = await open();
  expect((await reopened.status()).patterns).toMatchObject([
    { events: { total: 76 }, generation: 1, mode: 'frozen' },
  ]);
  await reopened.close();
  measurement('stored format', 'a data folder of 0.1.0: opened, the same overrides computed, continued');
});

it('a new data folder has format version 2', async () => {
  await (await open()).close();
  expect(await storedVersion()).toEqual({ ...VERSION_KEY, version: 2 });
});

it('npm start rejects a data folder of a newer format with one line and exit code 1', async () => {
  cpSync(FORMAT_1, folder, { recursive: true });
  await (await open()).close();
  await markVersion(999);
  const { code, out, err } = await start(['--data', folder, '--port', '0']);
  expect([code, out, err]).toEqual([
    1,
    '',
    `${folder}: the stored data have format version 999, and this service reads versions up to 2; ` +
      'update the service, or use another folder (--data)\n',
  ]);
  expect(await storedVersion()).toEqual({ ...VERSION_KEY, version: 999 });
});

it.each([3, 1.5, '1', null])(
  'a data folder with format version %j is rejected and is not locked afterwards',
  async version => {
    await (await open()).close();
    await markVersion(version);
    const fault = await faultOfAsync(openService({ data: folder }));
    expect([fault.code, fault.message]).toEqual([
      'newer_data',
      expect.stringContaining(`version ${version},`),
    ]);
    // Opening the folder again would fail if it were still locked.
    await markVersion(1);
    await (await open()).close();
  },
);

/** Starts the service as `npm start` does, and waits for its end. */
function start(args: readonly string[]): Promise<{ code: unknown; out: string; err: string }> {
  return new Promise(resolve =>
    execFile(process.execPath, ['local/serve.ts', ...args], (error, out, err) =>
      resolve({ code: error?.code ?? 0, out, err }),
    ),
  );
}
