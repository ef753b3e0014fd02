// Runs before the npm scripts, on whatever Node the machine has: plain ESM, no dependencies.
// Installs the locked packages when they are missing or older than the lock file.
import { spawnSync } from 'node:child_process';
import { existsSync, lstatSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const lock = join(root, 'package-lock.json');
const stamp = join(root, 'node_modules', '.package-lock.json');
const modules = join(root, 'node_modules');
// A linked folder belongs to another checkout; npm ci would empty it.
const linked = existsSync(modules) && lstatSync(modules).isSymbolicLink();
const upToDate = linked || (existsSync(stamp) && statSync(stamp).mtimeMs >= statSync(lock).mtimeMs);

if (!upToDate) {
  console.error('Installing packages (once, about a minute) …');
  const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm';
  const done = spawnSync(npm, ['ci', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: root,
    stdio: ['ignore', process.stderr, process.stderr],
    shell: process.platform === 'win32',
  });
  if (done.status !== 0) {
    console.error('npm ci failed: the packages could not be installed. Is the package registry reachable?');
    process.exit(done.status ?? 1);
  }
}
