import { spawnSync } from 'node:child_process';
import { appendFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

/*
 * Builds the package that bots install: JavaScript for Node 20 in `dist`, and the declarations of what it exports. The
 * resolver of the service is bundled, so the package depends on nothing.
 */

const CLIENT = fileURLToPath(new URL('.', import.meta.url));
const ROOT = join(CLIENT, '..');
const DIST = join(CLIENT, 'dist');
/** Name in `dist` and source of each entry. */
const ENTRIES = { client: 'client/src/open.ts', node: 'client/node/open.ts', score: 'client/src/score.ts' };

async function bundle(): Promise<void> {
  await build({
    absWorkingDir: ROOT,
    entryPoints: Object.entries(ENTRIES).map(([out, file]) => ({ in: file, out })),
    outdir: DIST,
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    minify: true,
    logLevel: 'warning',
  });
}

/** Writes the declarations that the entries reach; those of the rest of the product are left out. */
function declare(): void {
  const all = join(DIST, 'all-types');
  const compiler = join(ROOT, 'node_modules/typescript/bin/tsc');
  const options = ['--project', join(CLIENT, 'tsconfig.json'), '--outDir', all];
  const result = spawnSync(process.execPath, [compiler, ...options], { encoding: 'utf8' });
  if (result.status !== 0) throw new Error(`the declarations were not built:\n${result.stdout}`);
  const waiting = Object.values(ENTRIES).map(file => file.replace(/\.ts$/, '.d.ts'));
  for (const file of waiting) {
    const text = readFileSync(join(all, file), 'utf8');
    for (const [, target = ''] of text.matchAll(/from '(\.[^']+)\.ts'/g)) {
      const declaration = join(dirname(file), `${target}.d.ts`);
      if (!waiting.includes(declaration)) waiting.push(declaration);
    }
    const to = join(DIST, 'types', relative('client', file));
    mkdirSync(dirname(to), { recursive: true });
    writeFileSync(to, text.replaceAll(/from '(\.[^']+)\.ts'/g, "from '$1.js'"));
  }
  // Bots import the types of answers and options from the entries.
  for (const file of Object.values(ENTRIES)) {
    const entry = join(DIST, 'types', relative('client', file).replace(/\.ts$/, '.d.ts'));
    const types = relative(dirname(entry), join(DIST, 'types/src/types.js'));
    appendFileSync(entry, `export type * from '${types.startsWith('.') ? types : `./${types}`}';\n`);
  }
  rmSync(all, { recursive: true });
}

if (existsSync(DIST)) rmSync(DIST, { recursive: true });
await bundle();
declare();
