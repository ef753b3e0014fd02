import { chmodSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { Box } from '../../../client/node/spool/box.ts';
import { realDisk, type SpoolDisk } from '../../../client/node/spool/disk.ts';
import { FakeService } from './fake-service.ts';
import {
  event,
  filesBelow,
  openTestSpool,
  outcome,
  segmentsBelow,
  temporaryFolder,
  unreachable,
} from './spool-folder.ts';

const range = (count: number): number[] => Array.from({ length: count }, (_, i) => i);
const ids = (count: number): string[] => range(count).map(i => `e${i}`);

/** A disk whose writes fail while `code` is set, after `roomBytes` bytes of the write. */
class FullDisk {
  code: string | undefined;
  roomBytes = 0;

  readonly disk: SpoolDisk = {
    ...realDisk,
    open: async (...parameters: Parameters<SpoolDisk['open']>) =>
      this.#faulty(await realDisk.open(...parameters)),
  };

  #faulty(handle: FileHandle): FileHandle {
    const append = handle.appendFile.bind(handle);
    handle.appendFile = async data => {
      if (this.code === undefined) return append(data);
      await append(Buffer.from(data as Uint8Array).subarray(0, this.roomBytes));
      throw Object.assign(new Error('no space left on device'), { code: this.code });
    };
    return handle;
  }
}

/** Writes items into a spool whose service is away, and closes it. */
async function leftBehind(count: number): Promise<string> {
  const { spool, folder } = openTestSpool({ service: unreachable() });
  for (const i of range(count)) spool.record(event(i));
  expect(await spool.flush()).toBe(true);
  await spool.close();
  return folder;
}

/** Opens a folder again and returns what its spool delivers. */
async function deliverFrom(folder: string): Promise<string[]> {
  const { spool, service } = openTestSpool({ folder });
  await tended(spool);
  await spool.delivered(10_000);
  await spool.close();
  return service.events;
}

/** Waits until the spool has looked for boxes of others. */
const tended = (_: unknown): Promise<void> => new Promise(resolve => setTimeout(resolve, 100));

it('What was written before a spool was closed is delivered by the next one', async () => {
  expect(await deliverFrom(await leftBehind(1234))).toEqual(ids(1234));
});

it('A segment that is cut at any byte delivers every item before the cut', async () => {
  const folder = await leftBehind(4);
  const [segment = ''] = segmentsBelow(folder);
  const whole = readFileSync(segment);
  const ends = range(4).map(i => whole.indexOf(0x0a, whole.indexOf(`"e${i}"`)) + 1);
  const copy = temporaryFolder();
  for (let length = 0; length <= whole.length; length++) {
    writeFileSync(join(copy, '00000000.spool'), whole.subarray(0, length));
    const box = new Box(copy, realDisk, { items: 500, bytes: 900_000 });
    const items = (await box.next())?.items ?? [];
    expect(items.map(({ text }) => text)).toEqual(
      range(ends.filter(end => end <= length).length).map(i => JSON.stringify(event(i))),
    );
    expect(box.damaged).toBe(0);
  }
});

it('A line with a flipped bit is passed over, and its segment is kept aside', async () => {
  const folder = await leftBehind(50);
  const [segment = ''] = segmentsBelow(folder);
  const bytes = readFileSync(segment);
  const place = bytes.indexOf('"e20"') + 2;
  bytes.writeUInt8(bytes.readUInt8(place) ^ 1, place);
  writeFileSync(segment, bytes);
  const { spool, service } = openTestSpool({ folder, keepDeliveredMs: 0 });
  await expect.poll(() => service.events).toEqual(ids(50).filter(id => id !== 'e20'));
  expect(spool.state().counters).toMatchObject({ damaged: 1, delivered: 49 });
  expect(await spool.delivered(1000)).toBe(true);
  await spool.close();
  // The next spool deletes what is delivered.
  const next = openTestSpool({ folder, keepDeliveredMs: 0 });
  await expect.poll(() => filesBelow(folder).some(path => path.endsWith('.damaged'))).toBe(true);
  expect(segmentsBelow(folder)).toEqual([]);
  expect(next.service.events).toEqual([]);
});

it.each(['garbage', '', '\u0000'.repeat(100), 'e 1 {"episode_id":"x"}\n', '{}\n{}\n'])(
  'A segment with the foreign content %j delivers nothing and stops nothing',
  async content => {
    const folder = await leftBehind(3);
    const [segment = ''] = segmentsBelow(folder);
    writeFileSync(join(dirname(segment), '00000001.spool'), content);
    expect(await deliverFrom(folder)).toEqual(ids(3));
  },
);

it.each(['', 'garbage', '0000000000000000 {"segment":7,"offset":0}\n', '{"segment":7,"offset":0}'])(
  'With the damaged position %j everything is delivered again',
  async content => {
    const folder = await leftBehind(3);
    const [segment = ''] = segmentsBelow(folder);
    writeFileSync(join(dirname(segment), 'delivered'), content);
    expect(await deliverFrom(folder)).toEqual(ids(3));
  },
);

it('What was delivered is not delivered again by the next spool', async () => {
  const { spool, folder } = openTestSpool();
  for (const i of range(700)) spool.record(event(i));
  expect(await spool.delivered(10_000)).toBe(true);
  await spool.close();
  expect(await deliverFrom(folder)).toEqual([]);
});

it('Delivered segments can be delivered once more when the file with the position is deleted', async () => {
  const { spool, folder } = openTestSpool();
  for (const i of range(700)) spool.record(event(i));
  await spool.delivered(10_000);
  await spool.close();
  for (const path of filesBelow(folder)) if (path.endsWith('delivered')) rmSync(path);
  expect(await deliverFrom(folder)).toEqual(ids(700));
});

it.each([0, 1, 100, 130])(
  '[K23] With a disk that is full after %i bytes of a write, items are delivered from memory',
  async roomBytes => {
    const full = new FullDisk();
    const { spool, service, warnings, folder } = openTestSpool({ disk: full.disk });
    for (const i of range(5)) spool.record(event(i));
    expect(await spool.delivered(10_000)).toBe(true);
    Object.assign(full, { code: 'ENOSPC', roomBytes });
    for (const i of range(10)) expect(spool.record(event(i + 5))).toEqual({ taken: true });
    await expect.poll(() => service.events).toEqual(ids(15));
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toContain('ENOSPC');
    full.code = undefined;
    for (const i of range(10)) spool.record(event(i + 15));
    await expect.poll(() => spool.flush()).toBe(true);
    expect(spool.state()).toMatchObject({ unsaved: 0 });
    const errorAfterWrite = async (): Promise<string | undefined> => {
      spool.record(event('again'));
      await spool.flush();
      return spool.state().disk_error;
    };
    await expect.poll(errorAfterWrite).toBeUndefined();
    expect(await spool.delivered(10_000)).toBe(true);
    expect(service.events).toEqual([...ids(25), 'eagain']);
    await spool.close();
    expect(await deliverFrom(folder)).toEqual([]);
  },
);

it('While the disk is full and the service is away, flush reports it, and everything arrives later', async () => {
  const full = new FullDisk();
  full.code = 'ENOSPC';
  full.roomBytes = 70;
  const { spool, service } = openTestSpool({ disk: full.disk, service: unreachable() });
  for (const i of range(10)) spool.record(event(i));
  for (const i of range(10)) spool.resolve(outcome(i));
  expect(await spool.flush()).toBe(false);
  expect(spool.state()).toMatchObject({ waiting: 20, unsaved: 20, disk_error: 'ENOSPC' });
  full.code = undefined;
  service.fault = () => undefined;
  expect(await spool.delivered(10_000)).toBe(true);
  expect(service.events).toEqual(ids(10));
  expect(service.outcomes).toEqual(ids(10));
});

it('Memory for items that the disk does not take is bounded, and record says when it is used up', async () => {
  const full = new FullDisk();
  full.code = 'ENOSPC';
  const { spool } = openTestSpool({ disk: full.disk, service: unreachable() });
  const text = 'x'.repeat(900_000);
  const receipts = range(60).map(i => spool.record({ ...event(i), text }));
  expect(receipts.filter(({ taken }) => taken).length).toBeLessThan(40);
  expect(receipts.at(-1)).toMatchObject({ taken: false, reason: 'full' });
});

it('A folder that cannot be created stops nothing', async () => {
  const folder = temporaryFolder();
  writeFileSync(join(folder, 'file'), '');
  const { spool, service, warnings } = openTestSpool({ folder: join(folder, 'file', 'spool') });
  for (const i of range(10)) spool.record(event(i));
  await expect.poll(() => service.events).toEqual(ids(10));
  expect(await spool.flush()).toBe(true);
  expect(warnings[0]).toMatch(/ENOTDIR|EEXIST/);
});

it.skipIf(process.getuid?.() === 0)('A read-only folder stops nothing', async () => {
  const folder = temporaryFolder();
  chmodSync(folder, 0o500);
  onTestFinished(() => chmodSync(folder, 0o700));
  const { spool, service } = openTestSpool({ folder });
  spool.record(event(0));
  await expect.poll(() => service.events).toEqual(ids(1));
});

it('A folder that is deleted while a spool writes is made anew', async () => {
  const { spool, service, folder } = openTestSpool({ service: unreachable() });
  spool.record(event(0));
  await spool.flush();
  rmSync(join(folder, 'boxes'), { recursive: true });
  spool.record(event(1));
  await expect.poll(() => spool.flush()).toBe(true);
  expect(readdirSync(join(folder, 'boxes'))).toHaveLength(1);
  service.fault = () => undefined;
  expect(await spool.delivered(10_000)).toBe(true);
  expect(service.events).toEqual(['e1']);
});

it('A box that another process took by mistake loses nothing: what was not yet read is written again', async () => {
  const service = new FakeService();
  const { spool, folder } = openTestSpool({ service: unreachable() });
  spool.record(event(0));
  await spool.flush();
  const boxes = join(folder, 'boxes');
  const [box = ''] = readdirSync(boxes);
  // The other process has read the box already; then the owner, which was only stopped, goes on.
  await realDisk.rename(join(boxes, box), join(boxes, `${box}-taken`));
  for (const path of segmentsBelow(folder)) truncateSync(path, 0);
  spool.record(event(1));
  spool.record(event(2));
  expect(await spool.flush()).toBe(true);
  await spool.close();
  const next = openTestSpool({ folder, service });
  await expect.poll(() => service.events).toEqual(['e1', 'e2']);
  await next.spool.close();
});

it('Delivered segments are deleted, the oldest first, when the spool has too many bytes', async () => {
  const { spool, folder } = openTestSpool({ segmentBytes: 2000, maxBytes: 10_000 });
  for (let batch = 0; batch < 20; batch++) {
    for (const i of range(20)) spool.record(event(batch * 20 + i));
    expect(await spool.delivered(10_000)).toBe(true);
  }
  await spool.close();
  expect(segmentsBelow(folder).length).toBeGreaterThan(8);
  const next = openTestSpool({ folder, maxBytes: 10_000 });
  await expect.poll(() => segmentsBelow(folder).length).toBeLessThan(6);
  expect(segmentsBelow(folder).map(path => Number(/(\d{8})\.spool/.exec(path)?.[1]))).not.toContain(0);
  expect(next.service.events).toEqual([]);
});

it('Files of the spool can be read by their owner only', async () => {
  const folder = await leftBehind(3);
  for (const path of filesBelow(folder)) expect((await realDisk.stat(path)).mode & 0o077).toBe(0);
});
