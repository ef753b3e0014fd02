import { execFile, execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { listen } from '../../local/http-server.ts';
import { openApi } from '../support/api.ts';
import { S1 } from '../support/episodes.ts';
import { measurement } from '../support/measurements.ts';
import { override } from '../support/overrides.ts';
import { putInForce } from '../support/put-in-force.ts';

const CLIENT = fileURLToPath(new URL('../../client', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'pm-tuning-client-'));
afterAll(() => rmSync(folder, { recursive: true }));

describe('the bundle of pm-tuning-client', () => {
  it('[K31] It is at most 10 kB gzipped, and imports nothing', async () => {
    const { outputFiles, metafile } = await build({
      entryPoints: [join(CLIENT, 'src/open.ts')],
      bundle: true,
      minify: true,
      format: 'esm',
      platform: 'neutral',
      target: 'node20',
      write: false,
      metafile: true,
    });
    const bytes = gzipSync(outputFiles[0]?.contents ?? '', { level: 9 }).byteLength;
    measurement('client', `pm-tuning-client: ${bytes} bytes gzipped`);
    expect(bytes).toBeLessThanOrEqual(10_000);
    const imports = Object.values(metafile.outputs).flatMap(output => output.imports);
    expect(imports).toEqual([]);
    const inputs = Object.keys(metafile.inputs);
    expect(inputs.filter(file => /node_modules|schema/.test(file))).toEqual([]);
  });
});

describe('the package', () => {
  let api: Awaited<ReturnType<typeof openApi>>;
  let server: Awaited<ReturnType<typeof listen>>;
  beforeAll(async () => {
    api = await openApi();
    await putInForce(api.service.runtime, S1, [override('tuning_ts_min', {}, 0.9)]);
    server = await listen(api.service.app, 0);
    const run = (program: string, args: readonly string[], cwd: string) =>
      execFileSync(program, args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
    run(process.execPath, [join(CLIENT, 'build.ts')], CLIENT);
    const [{ filename }] = JSON.parse(run('npm', ['pack', '--json', '--pack-destination', folder], CLIENT));
    writeFileSync(join(folder, 'package.json'), '{"type":"module","private":true}');
    run('npm', ['install', '--offline', '--no-audit', '--no-fund', `./${filename}`], folder);
  });
  afterAll(async () => {
    await server.close();
    await api.close();
  });

  const installed = join(folder, 'node_modules/pm-tuning-client');
  const runFile = async (name: string, source: string): Promise<string> => {
    writeFileSync(join(folder, name), source);
    return (await promisify(execFile)(process.execPath, [name], { cwd: folder })).stdout;
  };

  it('[K31] It installs into an empty folder without any other package', () => {
    expect(readdirSync(join(folder, 'node_modules')).filter(name => !name.startsWith('.'))).toEqual([
      'pm-tuning-client',
    ]);
    expect(readdirSync(installed).sort()).toEqual(['README.md', 'dist', 'package.json']);
  });

  it('[K31] Its declarations import only each other', () => {
    const types = readdirSync(join(installed, 'dist/types'), { recursive: true, encoding: 'utf8' })
      .filter(name => name.endsWith('.d.ts'))
      .map(name => readFileSync(join(installed, 'dist/types', name), 'utf8'));
    const targets = types.flatMap(text => [...text.matchAll(/from '([^']+)'/g)].map(([, to = '']) => to));
    expect(types.length).toBeGreaterThan(3);
    expect(targets.filter(target => !/^\.{1,2}\/.*\.js$/.test(target))).toEqual([]);
  });

  it('[K31] All of its entries load in this version of Node', async () => {
    const source = `
      import { open } from 'pm-tuning-client';
      import { open as openOnDisk } from 'pm-tuning-client/node';
      import { scorer } from 'pm-tuning-client/score';
      console.log(typeof open, typeof openOnDisk, typeof scorer);`;
    expect(await runFile('entries.js', source)).toBe('function function function\n');
  });

  const readme = readFileSync(join(CLIENT, 'README.md'), 'utf8');
  const snippets = [...readme.matchAll(/```js\n([\s\S]*?)```/g)].map(([, source = '']) => source);

  it.each(snippets.map((source, i) => [i + 1, source] as const))(
    '[K31] Snippet %d of its README runs as it is written',
    async (i, source) => {
      const output = await runFile(
        `snippet-${i}.js`,
        source.replaceAll('http://127.0.0.1:8787', `http://127.0.0.1:${server.port}`),
      );
      expect(output).toBe(EXPECTED[i - 1]);
    },
  );

  it('The README has a snippet for each expected output', () => {
    expect(snippets.length).toBe(EXPECTED.length);
  });
});

const EXPECTED = [
  'MATCH 0.54 { generation: 1, multipliers: { ts_min: 0.9 }, deltas: {} }\n',
  '',
  'true\n',
  'true true false undefined 1\n',
];
