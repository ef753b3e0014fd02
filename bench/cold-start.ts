import { execFile } from 'node:child_process';
import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { availableParallelism, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs, promisify } from 'node:util';
import { build } from 'esbuild';
import { BUNDLING } from '../infra/bundling.ts';
import { FUNCTION_NAMES, type FunctionName, nodeOptions } from '../infra/function-settings.ts';
import project from '../package.json' with { type: 'json' };
import { machine, quantile, table, targetTable } from './support/report.ts';

/*
 * This bench measures the cold start of each function: the size of its bundle, and the time to import it in a new
 * process until handler and clients exist. It bundles and starts the functions with the settings of the stack.
 * `npm run bench:cold-start -- 30` makes 30 imports of each; `--write` writes the result to bench/results.
 * It measures both elapsed time and CPU time of the importing thread, because other processes lengthen only the first.
 */

const LIMITS: { readonly [name in FunctionName]?: { readonly kilobytes: number; readonly ms: number } } = {
  ingest: { kilobytes: 500, ms: 80 },
  lookup: { kilobytes: 500, ms: 80 },
};

const BUSY_MACHINE =
  'The load average exceeded the number of cores: other processes lengthen the elapsed times, but hardly the CPU times.';

const run = promisify(execFile);
const root = fileURLToPath(new URL('..', import.meta.url));
const RESULT = fileURLToPath(new URL('results/cold.md', import.meta.url));

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

/** Prints the milliseconds that importing the bundle takes: elapsed time and CPU time. */
const TIMED_IMPORT =
  'const cpu = process.threadCpuUsage(), t = performance.now();' +
  'const { handler } = await import(process.argv[1]);' +
  'const ms = performance.now() - t, { user, system } = process.threadCpuUsage(cpu);' +
  "if (typeof handler !== 'function') process.exit(1);" +
  'console.log(JSON.stringify([ms, (user + system) / 1000]))';

/** A bundled function and its measurements. */
interface MeasuredBundle {
  readonly name: FunctionName;
  readonly file: string;
  readonly kilobytes: number;
  /** Elapsed milliseconds of each import. */
  readonly wall: number[];
  /** CPU milliseconds of each import. */
  readonly cpu: number[];
}

async function bundle(name: FunctionName, folder: string): Promise<MeasuredBundle> {
  const file = join(folder, `${name}.mjs`);
  await build({
    entryPoints: [join(root, 'functions', `${name}.ts`)],
    outfile: file,
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
  const { size } = await stat(file);
  return { name, file, kilobytes: size / 1000, wall: [], cpu: [] };
}

/** Imports the bundle once, in a process of its own, and adds the measured times. */
async function importOnce({ name, file, wall, cpu }: MeasuredBundle): Promise<void> {
  const options = ['--input-type=module', '--eval', TIMED_IMPORT, file];
  const { stdout } = await run(process.execPath, options, { env: { ...ENVIRONMENT, ...nodeOptions(name) } });
  const [wallMs, cpuMs]: number[] = JSON.parse(stdout);
  wall.push(wallMs ?? Number.NaN);
  cpu.push(cpuMs ?? Number.NaN);
}

const { values, positionals } = parseArgs({
  options: { write: { type: 'boolean', default: false } },
  allowPositionals: true,
});
const imports = Number(positionals[0] ?? 15);
const folder = await mkdtemp(join(tmpdir(), 'pm-tuning-cold-'));
try {
  const load = (): number => loadavg()[0] ?? 0;
  const before = load();
  const measured = await Promise.all(FUNCTION_NAMES.map(name => bundle(name, folder)));
  // The functions take turns, so that a busy minute of the machine affects all of them.
  for (let i = 0; i < imports; i++) for (const bundled of measured) await importOnce(bundled);
  const rows = measured.map(({ name, kilobytes, wall, cpu }) => [
    ...[name, kilobytes, quantile(wall, 0.5), quantile(wall, 0), quantile(wall, 0.9), quantile(cpu, 0.5)],
    quantile(cpu, 0),
  ]);
  const targets = measured.flatMap(({ name, kilobytes, wall }) => {
    const limit = LIMITS[name];
    if (!limit) return [];
    return [
      { name: `${name}: bundle`, value: kilobytes, limit: limit.kilobytes, unit: 'kB' },
      { name: `${name}: import, median`, value: quantile(wall, 0.5), limit: limit.ms, unit: 'ms' },
    ].map(target => ({ ...target, bound: 'at most' as const }));
  });
  const { hono, zod, '@aws-sdk/client-dynamodb': sdk } = project.dependencies;
  const text = [
    machine({ '@aws-sdk/client-dynamodb': sdk, hono, zod, esbuild: project.devDependencies.esbuild }),
    `${imports} imports each; load average before ${before.toFixed(1)}, after ${load().toFixed(1)}`,
    ...(Math.max(before, load()) > availableParallelism() ? [BUSY_MACHINE] : []),
    '',
    table(['function', 'kB', 'median ms', 'min ms', 'p90 ms', 'CPU median ms', 'CPU min ms'], rows),
    '',
    targetTable(targets),
  ].join('\n');
  console.log(text);
  const day = new Date().toISOString().slice(0, 10);
  if (values.write)
    await writeFile(
      RESULT,
      `# Cold starts\n\nMade by \`npm run bench:cold-start -- ${imports} --write\` on ${day}.\n\n\`\`\`text\n${text}\n\`\`\`\n`,
    );
  if (targets.some(({ value, limit }) => value > limit)) process.exitCode = 1;
} finally {
  await rm(folder, { recursive: true });
}
