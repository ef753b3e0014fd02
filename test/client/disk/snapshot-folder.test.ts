import { spawn } from 'node:child_process';
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it, onTestFinished } from 'vitest';
import { SnapshotFolder } from '../../../client/node/disk/snapshot-folder.ts';
import type { StoredDocument } from '../../../client/src/ports.ts';
import { documentOf, isWhole } from './document.ts';

const SOURCE = 'http://service';
const KEY = 'pm.uptrend.S1.entry';

function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'pm-snapshots-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

function openFolder(folder: string, source = SOURCE) {
  const warnings: string[] = [];
  const storage = new SnapshotFolder({ folder, source, warn: message => warnings.push(message) });
  return { storage, warnings };
}

const pathsIn = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' }).map(name => join(folder, name));
const snapshotsIn = (folder: string): string[] => pathsIn(folder).filter(path => path.endsWith('.snapshot'));

async function savedFolder(...documents: StoredDocument[]): Promise<{ folder: string; path: string }> {
  const folder = temporaryFolder();
  const { storage } = openFolder(folder);
  for (const document of documents) await storage.save(document);
  return { folder, path: snapshotsIn(folder)[0] ?? '' };
}

it('Documents come back as they were saved', async () => {
  const documents = ['index', KEY, 'pm.uptrend.s1.entry', 'pm.Übung.S1.a/b'].map((key, i) =>
    documentOf(key, i),
  );
  const { folder } = await savedFolder(...documents);
  const loaded = openFolder(folder).storage.load();
  expect(new Map(loaded.map(document => [document.key, document]))).toEqual(
    new Map(documents.map(document => [document.key, document])),
  );
});

it('[K22] A file that is cut at any percent of its length is set aside and ignored', async () => {
  const document = documentOf(KEY, 1);
  const { path } = await savedFolder(document);
  const content = readFileSync(path);
  for (let percent = 0; percent < 100; percent++) {
    const { folder, path } = await savedFolder(document);
    writeFileSync(path, content.subarray(0, Math.floor((content.length * percent) / 100)));
    const { storage, warnings } = openFolder(folder);
    expect(storage.load()).toEqual([]);
    expect(snapshotsIn(folder)).toEqual([]);
    expect(pathsIn(folder).filter(name => name.endsWith('.aside'))).toHaveLength(1);
    expect(warnings).toEqual([]);
    await storage.save(document);
    expect(openFolder(folder).storage.load()).toEqual([document]);
  }
});

it('A file with a flipped bit is ignored, or its document is the one that was saved', async () => {
  const document = documentOf(KEY, 1, 300);
  const { path } = await savedFolder(document);
  const content = readFileSync(path);
  const { folder, path: damaged } = await savedFolder(document);
  for (let place = 0; place < content.length; place++) {
    const bytes = Buffer.from(content);
    bytes.writeUInt8(bytes.readUInt8(place) ^ (1 << (place % 8)), place);
    writeFileSync(damaged, bytes);
    for (const { key, text } of openFolder(folder).storage.load()) {
      expect(text).toBe(document.text);
      expect(key).toBe(KEY);
    }
  }
});

it.each([
  ['a folder', (path: string) => mkdirSync(path)],
  ['an empty file', (path: string) => writeFileSync(path, '')],
  ['foreign JSON', (path: string) => writeFileSync(path, '{"a":1}\n{}')],
  ['binary data', (path: string) => writeFileSync(path, Buffer.alloc(5000, 0xff))],
])('With %s in place of a file, nothing is loaded and a new document can be saved', async (_, put) => {
  const { folder, path } = await savedFolder(documentOf(KEY, 1));
  rmSync(path);
  put(path);
  const { storage, warnings } = openFolder(folder);
  expect(storage.load()).toEqual([]);
  await storage.save(documentOf(KEY, 2));
  expect(openFolder(folder).storage.load()).toMatchObject([{ tag: '"2"' }]);
  expect(warnings).toEqual([]);
});

it('[K22] A file of a newer format, and one under the name of another pattern, are set aside', async () => {
  const { folder, path } = await savedFolder(documentOf(KEY, 1));
  const content = readFileSync(path, 'utf8');
  writeFileSync(path, content.replace('"pm_tuning_snapshot":1', '"pm_tuning_snapshot":99'));
  writeFileSync(path.replace('entry', 'retest'), content);
  expect(openFolder(folder).storage.load()).toEqual([]);
  expect(snapshotsIn(folder)).toEqual([]);
});

it('The documents of another service are not loaded, and stay', async () => {
  const { folder } = await savedFolder(documentOf(KEY, 1));
  expect(openFolder(folder, 'http://other').storage.load()).toEqual([]);
  expect(openFolder(folder).storage.load()).toHaveLength(1);
});

it('[K26] A process takes what another one saved, once, and not what it saved itself', async () => {
  const folder = temporaryFolder();
  const [first, second] = [openFolder(folder).storage, openFolder(folder).storage];
  await first.save(documentOf(KEY, 1));
  expect(await first.newer()).toEqual([]);
  expect(await second.newer()).toMatchObject([{ key: KEY, tag: '"1"' }]);
  expect(await second.newer()).toEqual([]);
  await second.save(documentOf(KEY, 2));
  expect(await first.newer()).toMatchObject([{ tag: '"2"' }]);
});

it('The time of the last contact comes back, but not one that lies in the future', async () => {
  const document = { ...documentOf('index', 1), contactAt: 1000 };
  const { folder } = await savedFolder(document);
  await openFolder(folder).storage.touch('index', 5000);
  expect(openFolder(folder).storage.load()).toMatchObject([{ contactAt: 5000 }]);
  await openFolder(folder).storage.touch('index', Date.now() + 1e9);
  expect(openFolder(folder).storage.load()).toMatchObject([{ contactAt: 1000 }]);
});

it('[K21] Files can be read by their owner only', async () => {
  const { folder } = await savedFolder(documentOf(KEY, 1));
  for (const path of pathsIn(folder)) expect(statSync(path).mode & 0o077).toBe(0);
});

it('[K23] A folder that cannot be written is reported once, and nothing throws', async () => {
  const folder = temporaryFolder();
  writeFileSync(join(folder, 'file'), '');
  const { storage, warnings } = openFolder(join(folder, 'file', 'snapshots'));
  expect(storage.load()).toEqual([]);
  for (const i of [1, 2, 3]) {
    await storage.save(documentOf(KEY, i));
    await storage.touch('index', Date.now());
    expect(await storage.newer()).toEqual([]);
  }
  expect(warnings).toHaveLength(1);
});

it.skipIf(process.getuid?.() === 0)('From a read-only folder documents are loaded', async () => {
  const document = documentOf(KEY, 1);
  const { folder, path } = await savedFolder(document);
  chmodSync(join(path, '..'), 0o500);
  onTestFinished(() => chmodSync(join(path, '..'), 0o700));
  const { storage, warnings } = openFolder(folder);
  expect(storage.load()).toEqual([document]);
  await storage.save(documentOf(KEY, 2));
  expect(warnings).toHaveLength(1);
});

const PROCESS = fileURLToPath(new URL('saving-process.ts', import.meta.url));

function startSaving(folder: string, writes: number, bytes: number) {
  const child = spawn(process.execPath, [PROCESS, folder, String(writes), String(bytes)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  let output = '';
  child.stdout.on('data', chunk => {
    output += String(chunk);
  });
  const ended = new Promise<string>(resolve => child.on('close', () => resolve(output)));
  const ready = new Promise<void>(resolve => child.stdout.once('data', () => resolve()));
  return { child, ready, ended };
}

it('[K24] Of 8 processes with 200 writes each into one folder, no reader sees a torn file', async () => {
  const folder = temporaryFolder();
  const writers = Array.from({ length: 8 }, () => startSaving(folder, 200, 20_000));
  const all = Promise.all(writers.map(writer => writer.ended));
  let running = true;
  const finished = all.then(() => {
    running = false;
  });
  const { storage } = openFolder(folder);
  let read = 0;
  while (running) {
    for (const { text } of await storage.newer()) {
      read++;
      expect(isWhole(text)).toBe(true);
    }
    await new Promise(resolve => setTimeout(resolve, 1));
  }
  await finished;
  expect(await all).toEqual(Array(8).fill('ready\ndone\n'));
  expect(read).toBeGreaterThan(10);
  expect(pathsIn(folder).filter(path => /\.(aside|tmp)$/.test(path))).toEqual([]);
});

it('[K21] A process that is killed at 50 moments of its writes leaves whole documents', async () => {
  const folder = temporaryFolder();
  const load = () => openFolder(folder).storage.load();
  let isWritten = false;
  for (let moment = 0; moment < 50; moment++) {
    const writer = startSaving(folder, 1_000_000, 300_000);
    await writer.ready;
    // On a loaded machine the last process may be the first that finishes a write.
    if (moment === 49) await expect.poll(() => load().length, { timeout: 60_000 }).toBeGreaterThan(0);
    await new Promise(resolve => setTimeout(resolve, moment));
    writer.child.kill('SIGKILL');
    await writer.ended;
    const documents = load();
    expect(documents.filter(({ text }) => !isWhole(text))).toEqual([]);
    // A document that one process has written survives those that are killed later.
    if (isWritten) expect(documents.length).toBeGreaterThan(0);
    isWritten ||= documents.length > 0;
  }
  expect(pathsIn(folder).filter(path => path.endsWith('.aside'))).toEqual([]);
});
