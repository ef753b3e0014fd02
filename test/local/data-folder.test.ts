import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openEmbeddedEngine } from '../../local/engine/embedded-dynamodb.ts';
import { probeWrite } from '../../local/engine/write-probe.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'pm-tuning-folder-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const openAndClose = async (path: string): Promise<void> => (await openEmbeddedEngine(path)).close();
const modeOf = (...path: string[]): string => (statSync(join(...path)).mode & 0o777).toString(8);

describe.runIf(process.platform !== 'win32')('the rights of the data folder', () => {
  it('[A5] A new folder belongs to its user alone', async () => {
    const data = join(folder, 'a', 'b');
    await openAndClose(data);
    expect([modeOf(data), modeOf(folder, 'a')]).toEqual(['700', '700']);
  });

  it('[A5] A folder of an earlier version is closed to other users, and so are its files', async () => {
    const data = join(folder, 'data');
    await openAndClose(data);
    chmodSync(data, 0o755);
    for (const name of readdirSync(data)) chmodSync(join(data, name), 0o644);
    // The umask is that of a process, so the service is started as one.
    const child = spawn(process.execPath, [
      'local/serve.ts',
      '--data',
      data,
      '--every',
      'off',
      '--port',
      '0',
    ]);
    let out = '';
    child.stdout.on('data', part => {
      out += part;
    });
    while (!out.includes('Ctrl-C')) await once(child.stdout, 'data');
    const modes = readdirSync(data).map(name => [name, modeOf(data, name)]);
    child.kill('SIGTERM');
    await once(child, 'close');
    expect(modes.length).toBeGreaterThan(3);
    expect([modeOf(data), ...modes.filter(([, mode]) => mode !== '600')]).toEqual(['700']);
  });

  it('[A5] A folder that holds something else keeps its rights', async () => {
    writeFileSync(join(folder, 'letter.txt'), 'x', { mode: 0o644 });
    chmodSync(folder, 0o755);
    await openAndClose(folder);
    expect([modeOf(folder), modeOf(folder, 'letter.txt')]).toEqual(['755', '644']);
  });
});

describe('the test of a folder', () => {
  it('[A5] A link with the name of the test file is not followed, and its target stays', async () => {
    const target = join(folder, 'target');
    writeFileSync(target, 'precious');
    const data = join(folder, 'data');
    await openAndClose(data);
    symlinkSync(target, join(data, '.writable'));
    await openAndClose(data);
    await probeWrite(data, 10);
    expect(readFileSync(target, 'utf8')).toBe('precious');
  });

  it('[A5] A test leaves no file, and a start removes one that an end of the process left', async () => {
    const data = join(folder, 'data');
    await openAndClose(data);
    const left = '.writable-00000000-0000-4000-8000-000000000000';
    writeFileSync(join(data, left), 'x');
    writeFileSync(join(data, '.writable-not-ours'), 'x');
    await openAndClose(data);
    expect(readdirSync(data).filter(name => name.startsWith('.'))).toEqual(['.writable-not-ours']);
  });
});
