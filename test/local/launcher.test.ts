import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';

const ROOT = join(import.meta.dirname, '..', '..');
const LAUNCHER = join(ROOT, 'local', 'run.mjs');

/** A program that counts the interrupts of half a second after the first one, then prints their number. */
const COUNTER = `
let interrupts = 0;
process.on('SIGINT', () => {
  if (interrupts++ === 0) setTimeout(() => { console.log('interrupts: ' + interrupts); process.exit(0); }, 500);
});
setInterval(() => {}, 1000);
console.log('ready');
`;

/** Runs a command in a terminal of its own, presses Ctrl-C once it is ready, and prints what the command printed. */
const TERMINAL = `
import os, pty, sys
pid, fd = pty.fork()
if pid == 0:
    os.execvp(sys.argv[1], sys.argv[1:])
out = b''
while True:
    try:
        part = os.read(fd, 4096)
    except OSError:
        break
    if not part:
        break
    out += part
    if b'ready' in part:
        os.write(fd, b'\\x03')
print(out.decode())
`;

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'pm-tuning-launcher-'));
  writeFileSync(join(folder, 'counter.mjs'), COUNTER);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const hasPython = spawnSync('python3', ['-c', 'import pty']).status === 0;

it.runIf(hasPython)(
  'Ctrl-C in a terminal reaches the program once, so that it ends the service in an orderly way',
  () => {
    const program = relative(ROOT, join(folder, 'counter.mjs'));
    const ran = spawnSync('python3', ['-c', TERMINAL, process.execPath, LAUNCHER, program], {
      encoding: 'utf8',
      timeout: 30_000,
    });
    expect(ran.stdout).toContain('interrupts: 1');
  },
);

it('the launcher hands the exit code of the program on', () => {
  writeFileSync(join(folder, 'seven.mjs'), 'process.exit(7);');
  const ran = spawnSync(process.execPath, [LAUNCHER, relative(ROOT, join(folder, 'seven.mjs'))]);
  expect(ran.status).toBe(7);
});

it('[U6] SIGTERM ends a program that computes without a pause, and so handles no signal', async () => {
  // The listener comes first: a signal between the two would end the program at once.
  const program = "process.on('SIGTERM', () => {}); console.log('ready'); for (;;);";
  writeFileSync(join(folder, 'busy.mjs'), program);
  const child = spawn(process.execPath, [LAUNCHER, relative(ROOT, join(folder, 'busy.mjs'))]);
  await once(child.stdout, 'data');
  child.kill('SIGTERM');
  const [code] = await once(child, 'close');
  // 128 and the number of SIGKILL.
  expect(code).toBe(137);
});
