import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { type FakeService, fakeService, ingest } from './support/fake-service.ts';

const BIN = join(import.meta.dirname, '..', '..', 'cli', 'pm-tuning.mjs');

let service: FakeService | undefined;
afterEach(() => service?.close());

interface ProcessResult {
  readonly exit: number | null;
  readonly out: string;
  readonly err: string;
}

/** Runs the installed command; `during` can send it a signal or write to its input. */
async function run(
  argv: readonly string[],
  during: (child: ReturnType<typeof spawn>) => unknown = child => child.stdin?.end(),
): Promise<ProcessResult> {
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

it('The pm-tuning command runs the program and ends with its exit code', async () => {
  expect(await run(['--version'])).toMatchObject({
    exit: 0,
    out: expect.stringMatching(/^\d+\.\d+\.\d+\n$/),
  });
  expect(await run(['nonsense'])).toMatchObject({ exit: 2, out: '' });
});

it('The pm-tuning command reads standard input', async () => {
  service = await fakeService(ingest());
  const event =
    '{"pattern_key":"pm.s1_entry","episode_id":"e","decision":"acted","scope":{},"timestamp":"2025-01-01T00:00:00Z"}';
  const result = await run(['import', '-', '--url', service.url], child => child.stdin?.end(`${event}\n`));
  expect(result).toMatchObject({ exit: 0, err: '' });
  expect(result.out).toContain('stdin: 1 event: 1 accepted, 0 unchanged, 0 rejected\n');
});

it('An interrupted import ends with exit code 130 and prints that it can be repeated', async () => {
  let child: ReturnType<typeof spawn> | undefined;
  // The signal comes while the first request waits for its response, so that no timing decides the outcome.
  service = await fakeService(() => {
    child?.kill('SIGINT');
    return new Promise(() => {});
  });
  const line = '{"episode_id":"e"}\n';
  const result = await run(['import', '-', '--url', service.url], started => {
    child = started;
    started.stdin?.write(line.repeat(600));
  });
  expect(result).toMatchObject({ exit: 130, out: '' });
  expect(result.err).toContain('run the import again; it is safe');
});

it('The pm-tuning command ends without an error when the reader closes the pipe', async () => {
  const result = await run(['--help'], child => child.stdout?.destroy());
  expect(result).toMatchObject({ exit: 0, err: '' });
});
