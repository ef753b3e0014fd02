#!/usr/bin/env node
// The `pm-tuning` command on whatever Node the machine has: plain ESM, no dependencies.
// Installs the locked packages when they are missing, then runs cli/main.ts under the pinned Node.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { constants } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const modules = join(root, 'node_modules');
const pinned = join(modules, 'node', 'bin', process.platform === 'win32' ? 'node.exe' : 'node');

if (!existsSync(pinned)) {
  // Its messages belong on stderr: stdout is the answer's.
  const install = spawnSync(process.execPath, [join(root, 'local', 'install.mjs')], {
    stdio: ['ignore', 2, 2],
  });
  if (install.status !== 0) process.exit(install.status ?? 1);
}

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
const runsTypeScript = major > 23 || (major === 23 && minor >= 6);
const node = existsSync(pinned) || !runsTypeScript ? pinned : process.execPath;
const child = spawn(node, [join(root, 'cli', 'main.ts'), ...process.argv.slice(2)], { stdio: 'inherit' });

// A terminal sends Ctrl-C to both processes; a second one from here does the child no harm.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
child.on('error', error => {
  console.error(`pm-tuning cannot start ${node}: ${error.message}`);
  process.exit(1);
});
child.on('close', (code, signal) => {
  process.exitCode = code ?? 128 + (constants.signals[signal] ?? 0);
});
