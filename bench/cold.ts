import { execFile } from 'node:child_process';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { build } from 'esbuild';
import { BUNDLING } from '../infra/bundling.ts';
import { FUNCTION_NAMES, type FunctionName } from '../infra/functions.ts';

/*
 * What a cold start pays before the first request: the size of each bundle, and the time to import it in a fresh
 * process, handler and clients built. Bundled as the stack bundles. `npm run bench:cold -- 30` for 30 imports each.
 */

const LIMITS: { readonly [name in FunctionName]?: { readonly kilobytes: number; readonly ms: number } } = {
  ingest: { kilobytes: 500, ms: 80 },
  lookup: { kilobytes: 500, ms: 80 },
};

const run = promisify(execFile);
const root = fileURLToPath(new URL('..', import.meta.url));
const imports = Number(process.argv[2] ?? 15);

const ENVIRONMENT = {
  AWS_LAMBDA_FUNCTION_NAME: 'bench',
  AWS_REGION: 'eu-central-1',
  AWS_ACCESS_KEY_ID: 'none',
  AWS_SECRET_ACCESS_KEY: 'none',
  EVENTS_TABLE: 'events',
  LESSONS_TABLE: 'lessons',
  OVERRIDES_TABLE: 'overrides',
  CONTROL_TABLE: 'control',
};

/** Prints the milliseconds that importing the bundle takes. */
const TIMED_IMPORT =
  "const t = performance.now(); const { handler } = await import(process.argv[1]); if (typeof handler !== 'function') process.exit(1); console.log(performance.now() - t)";

interface Measured {
  readonly name: FunctionName;
  readonly kilobytes: number;
  /** Ascending. */
  readonly times: readonly number[];
}

async function measure(name: FunctionName, folder: string): Promise<Measured> {
  const outfile = join(folder, `${name}.mjs`);
  await build({
    entryPoints: [join(root, 'functions', `${name}.ts`)],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    minify: BUNDLING.minify === true,
    sourcemap: BUNDLING.sourceMap === true,
    sourcesContent: false,
    ...(BUNDLING.target && { target: BUNDLING.target }),
    ...(BUNDLING.mainFields && { mainFields: BUNDLING.mainFields }),
    ...(BUNDLING.externalModules && { external: BUNDLING.externalModules }),
    ...(BUNDLING.banner && { banner: { js: BUNDLING.banner } }),
    logLevel: 'error',
  });
  const times: number[] = [];
  for (let i = 0; i < imports; i++) {
    const options = ['--input-type=module', '--enable-source-maps', '--eval', TIMED_IMPORT, outfile];
    const { stdout } = await run(process.execPath, options, { env: ENVIRONMENT });
    times.push(Number(stdout));
  }
  const { size } = await stat(outfile);
  return { name, kilobytes: size / 1000, times: times.sort((a, b) => a - b) };
}

function report({ name, kilobytes, times }: Measured): boolean {
  const at = (share: number): number => times[Math.floor((times.length - 1) * share)] ?? Number.NaN;
  const limit = LIMITS[name];
  const holds = !limit || (kilobytes <= limit.kilobytes && at(0.5) <= limit.ms);
  const verdict = limit ? `${holds ? 'ok' : 'OVER'} (at most ${limit.kilobytes} kB, ${limit.ms} ms)` : '';
  const figures = [kilobytes.toFixed(0), at(0.5).toFixed(1), at(0).toFixed(1), at(0.9).toFixed(1)];
  console.log(`${name.padEnd(14)}${figures.map(text => text.padStart(10)).join('')}  ${verdict}`.trimEnd());
  return holds;
}

const folder = await mkdtemp(join(tmpdir(), 'pm-tuning-cold-'));
try {
  console.log(`${imports} imports each, Node ${process.version}`);
  const titles = ['kB', 'median ms', 'least ms', 'p90 ms'].map(title => title.padStart(10)).join('');
  console.log(`${'function'.padEnd(14)}${titles}`);
  let holds = true;
  for (const name of FUNCTION_NAMES) holds = report(await measure(name, folder)) && holds;
  if (!holds) process.exitCode = 1;
} finally {
  await rm(folder, { recursive: true });
}
