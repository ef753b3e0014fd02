import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The folder with the `package.json` of the benches. */
const FOLDER = dirname(dirname(fileURLToPath(import.meta.url)));

/** Installs the packages of the benches unless the named ones are installed. Returns the reason if that failed. */
export function installBenchPackages(names: readonly string[]): string | undefined {
  if (names.every(name => existsSync(join(FOLDER, 'node_modules', name)))) return undefined;
  console.log(`Installing ${names.join(', ')} for the comparison (once, into bench/node_modules) …`);
  const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm';
  // `npm ci` would fail: it requires every platform of the lock file, and a registry may not offer all of them.
  const { status } = spawnSync(npm, ['install', '--no-save', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: FOLDER,
    stdio: 'inherit',
  });
  return status === 0
    ? undefined
    : `${names.join(', ')} could not be installed; run npm install in bench/ to see the cause`;
}

/** Loads a package of the benches. */
export function loadBenchPackage(name: string): unknown {
  return createRequire(join(FOLDER, 'package.json'))(name);
}

export function benchPackageVersion(name: string): string {
  const file = join(FOLDER, 'node_modules', name, 'package.json');
  return String(JSON.parse(readFileSync(file, 'utf8')).version);
}
