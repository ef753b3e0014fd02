import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, it, onTestFinished } from 'vitest';
import { openTestSpool, temporaryFolder } from './spool-folder.ts';

const PROCESS = fileURLToPath(new URL('writing-process.ts', import.meta.url));

/** Starts a process that records events, and returns it with the last number that it promised. */
function startWriter(folder: string, prefix: string, count: number, how = '') {
  const child = spawn(process.execPath, [PROCESS, folder, prefix, String(count), how], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  let promised = -1;
  child.stdout.on('data', chunk => {
    promised = Number(String(chunk).trimEnd().split('\n').at(-1));
  });
  const ended = new Promise(resolve => child.on('close', resolve));
  return { child, ended, promised: () => promised };
}

const range = (count: number): number[] => Array.from({ length: count }, (_, i) => i);

it('[K32] A process that is killed at any moment loses nothing that flush had promised', async () => {
  const folder = temporaryFolder();
  const promised = new Map<string, number>();
  for (const round of range(20)) {
    const writer = startWriter(folder, `${round}-`, 100_000);
    await expect.poll(() => writer.promised(), { interval: 1, timeout: 30_000 }).toBeGreaterThan(0);
    await new Promise(resolve => setTimeout(resolve, round * 3));
    writer.child.kill('SIGKILL');
    await writer.ended;
    promised.set(`${round}-`, writer.promised());
  }
  const { spool, service } = openTestSpool({ folder });
  const expected = [...promised].flatMap(([prefix, last]) => range(last + 1).map(i => `${prefix}${i}`));
  await expect
    .poll(
      () => {
        const arrived = new Set(service.events);
        return expected.filter(id => !arrived.has(id));
      },
      { timeout: 30_000 },
    )
    .toEqual([]);
  await spool.delivered(10_000);
  // Each item was sent once: no two processes deliver the same box.
  expect(service.arrivals).toHaveLength(service.events.length);
});

it('[K32] A process that ends by itself right after record loses nothing', async () => {
  const folder = temporaryFolder();
  await startWriter(folder, '', 1000, 'exit').ended;
  const { service } = openTestSpool({ folder });
  await expect.poll(() => service.events.length, { timeout: 30_000 }).toBe(1000);
});

it('The box of a process that is alive is left alone', async () => {
  const folder = temporaryFolder();
  const writer = startWriter(folder, '', 100, 'stay');
  await expect.poll(() => writer.promised(), { timeout: 30_000 }).toBe(99);
  const { spool, service } = openTestSpool({ folder });
  await new Promise(resolve => setTimeout(resolve, 500));
  expect(service.events).toEqual([]);
  await spool.close();
  writer.child.kill('SIGKILL');
  await writer.ended;
  const next = openTestSpool({ folder });
  await expect.poll(() => next.service.events.length).toBe(100);
});

it('Of several processes that find the box of a dead one, one delivers it', async () => {
  const folder = temporaryFolder();
  const writer = startWriter(folder, '', 500, 'stay');
  await expect.poll(() => writer.promised(), { timeout: 30_000 }).toBe(499);
  writer.child.kill('SIGKILL');
  await writer.ended;
  const opened = range(4).map(() => openTestSpool({ folder }));
  const arrivals = (): number => opened.reduce((sum, { service }) => sum + service.arrivals.length, 0);
  await expect.poll(arrivals, { timeout: 30_000 }).toBe(500);
  await new Promise(resolve => setTimeout(resolve, 300));
  expect(arrivals()).toBe(500);
});
