import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { type FakeService, fakeService, ingest } from './support/fake-service.ts';

const BIN = join(import.meta.dirname, '..', '..', 'cli', 'pm-tuning.mjs');

let service: FakeService | undefined;
afterEach(() => service?.close());

interface Ended {
  readonly exit: number | null;
  readonly out: string;
  readonly err: string;
}

/** Runs the installed command; `during` may signal it, or write to it. */
async function run(
  argv: readonly string[],
  during: (child: ReturnType<typeof spawn>) => unknown = child => child.stdin?.end(),
): Promise<Ended> {
  const child = spawn(process.execPath, [BIN, ...argv], { stdio: 'pipe' });
  let out = '';
  let err = '';
  child.stdout.on('data', text => {
    out += text;
  });
  child.stderr.on('data', text => {
    err += text;
  });
  during(child);
  const [exit] = await once(child, 'close');
  return { exit, out, err };
}

describe('the pm-tuning command', () => {
  it('runs the program and hands its exit code on', async () => {
    expect(await run(['--version'])).toMatchObject({
      exit: 0,
      out: expect.stringMatching(/^\d+\.\d+\.\d+\n$/),
    });
    expect(await run(['nonsense'])).toMatchObject({ exit: 2, out: '' });
  });

  it('reads standard input', async () => {
    service = await fakeService(ingest());
    const event =
      '{"pattern_key":"pm.s1_entry","episode_id":"e","decision":"acted","scope":{},"timestamp":"2025-01-01T00:00:00Z"}';
    const ran = await run(['import', '-', '--url', service.url], child => child.stdin?.end(`${event}\n`));
    expect(ran).toEqual({ exit: 0, out: 'stdin: 1 event: 1 accepted, 0 unchanged, 0 rejected\n', err: '' });
  });

  it('that is interrupted during an import ends with 130 and says that running it again is safe', async () => {
    let child: ReturnType<typeof spawn> | undefined;
    // It is interrupted while its first request is waiting, so that no timing decides the outcome.
    service = await fakeService(() => {
      child?.kill('SIGINT');
      return new Promise(() => {});
    });
    const line = '{"episode_id":"e"}\n';
    const ran = await run(['import', '-', '--url', service.url], started => {
      child = started;
      started.stdin?.write(line.repeat(600));
    });
    expect(ran).toMatchObject({ exit: 130, out: '' });
    expect(ran.err).toContain('running it again is safe');
  });

  it('ends quietly when its reader has seen enough', async () => {
    const ran = await run(['--help'], child => child.stdout?.destroy());
    expect(ran).toMatchObject({ exit: 0, err: '' });
  });
});
