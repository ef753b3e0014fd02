import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { build } from 'esbuild';
import { afterAll, beforeAll, expect, it } from 'vitest';

const SOURCE = `
interface Order { readonly name: string }

export function fail(order: Order): never {
  throw new Error(order.name);
}
`;

/** A script that logs an error to standard output, in its own process because the test runner translates stacks too. */
const LOG_THE_ERROR = `
  const { jsonLog } = await import(process.argv[1]);
  const { sourceStack } = await import(process.argv[2]);
  const { fail } = await import(process.argv[3]);
  const log = jsonLog('info', line => console.log(line), () => 0, sourceStack);
  try {
    fail({ name: 'no such order' });
  } catch (cause) {
    log.error('failed', new Error('around', { cause }));
  }`;

const run = promisify(execFile);
const shared = (name: string): string => new URL(`../shared/${name}.ts`, import.meta.url).href;
let folder: string;

/** Returns the first frame of an error that `fail` throws in a minified bundle. */
async function firstFrame(name: string, sourcemap: boolean, map?: string): Promise<string> {
  const outfile = join(folder, name, 'index.mjs');
  const entryPoints = [join(folder, 'fail.ts')];
  await build({ entryPoints, outfile, bundle: true, format: 'esm', minify: true, sourcemap });
  if (map !== undefined) await writeFile(`${outfile}.map`, map);
  const options = ['--input-type=module', '--eval', LOG_THE_ERROR];
  const { stdout } = await run(process.execPath, [
    ...options,
    shared('log'),
    shared('source-mapped-stack'),
    outfile,
  ]);
  const { error } = JSON.parse(stdout);
  expect(error).toMatchObject({ message: 'around', cause: { message: 'no such order' } });
  return error.cause.stack.split('\n')[1].trim();
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pm-tuning-stack-'));
  await writeFile(join(folder, 'fail.ts'), SOURCE);
});
afterAll(() => rm(folder, { recursive: true }));

it('An error in a bundle is logged with the line of its source', async () => {
  expect(await firstFrame('mapped', true)).toMatch(/^at \w+ \(fail\.ts:5:\d+\)$/);
});

it('The logged stack of a bundle without a source map names the bundle', async () => {
  expect(await firstFrame('plain', false)).toMatch(/^at \w+ \(file:.*\/plain\/index\.mjs:1:\d+\)$/);
});

it('An error is logged even if its source map cannot be read', async () => {
  const damaged = '{"version":3,"sources":';
  expect(await firstFrame('damaged', true, damaged)).toMatch(/\/damaged\/index\.mjs:1:\d+\)$/);
});
