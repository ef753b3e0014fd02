import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/*
 * This program checks the package of the client with publint and @arethetypeswrong/cli, which npx installs. It exits
 * with 1 when one of them reports a finding. Without a registry it says so and exits with 0.
 */

const CLIENT = fileURLToPath(new URL('../../client', import.meta.url));
/** The package is an ES module, which CommonJS takes by a dynamic import. */
const TOOLS = [
  ['publint@0.3.25', CLIENT, '--strict'],
  ['@arethetypeswrong/cli@0.18.5', '--pack', CLIENT, '--profile', 'esm-only'],
] as const;
/** Texts of npx when no registry has the package. */
const NOT_FOUND = /ENOTFOUND|ECONNREFUSED|EAI_AGAIN|E404|ENOTCACHED/;

function run(program: string, args: readonly string[]): { readonly code: number; readonly output: string } {
  const { status, stdout, stderr } = spawnSync(program, args, { cwd: CLIENT, encoding: 'utf8' });
  return { code: status ?? 1, output: `${stdout}${stderr}` };
}

const built = run(process.execPath, ['build.ts']);
if (built.code !== 0) throw new Error(built.output);
for (const [tool, ...args] of TOOLS) {
  const { code, output } = run('npx', ['--yes', tool, ...args]);
  if (code !== 0 && NOT_FOUND.test(output)) console.log(`${tool}: not checked, npx cannot install it`);
  else {
    console.log(code === 0 ? `${tool}: no finding` : output);
    if (code !== 0) process.exitCode = 1;
  }
}
