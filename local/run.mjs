// This launcher runs one file of the project with the pinned Node: node local/run.mjs FILE [ARGUMENT …].
// It first installs the locked packages when they are missing or older than the lock file.
// Without a file it only installs.
// The machine's own Node, which may be older, runs the launcher. So it is plain ESM without dependencies.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, lstatSync, statSync } from 'node:fs';
import { constants } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const modules = join(root, 'node_modules');
const onWindows = process.platform === 'win32';
/** Milliseconds after SIGTERM at which a program that still runs is killed. */
const MAX_STOP_MS = 4800;

function isInstalled() {
  if (!existsSync(modules)) return false;
  // `npm ci` would empty a linked folder, which belongs to another checkout.
  if (lstatSync(modules).isSymbolicLink()) return true;
  const stamp = join(modules, '.package-lock.json');
  return existsSync(stamp) && statSync(stamp).mtimeMs >= statSync(join(root, 'package-lock.json')).mtimeMs;
}

function install() {
  console.error('Installing packages (once, about a minute) …');
  const result = spawnSync(
    onWindows ? 'npm.cmd' : 'npm',
    ['ci', '--no-audit', '--no-fund', '--loglevel=error'],
    {
      cwd: root,
      // stdout belongs to the program that runs afterwards.
      stdio: ['ignore', 2, 2],
      shell: onWindows,
    },
  );
  if (result.status === 0) return;
  console.error(
    'npm ci failed: the packages could not be installed. Check that the package registry is reachable.',
  );
  process.exit(result.status ?? 1);
}

/**
 * Returns the path of the pinned Node, a package whose hash is in the lock file. On a platform without one, or where it
 * is not installed, a running Node that executes TypeScript is used.
 */
function findNode() {
  const platform = `${onWindows ? 'win' : process.platform}-${process.arch}`;
  const pinned = join(modules, `node-${platform}`, 'bin', onWindows ? 'node.exe' : 'node');
  if (existsSync(pinned)) return pinned;
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  if (major > 23 || (major === 23 && minor >= 6)) return process.execPath;
  console.error(
    `Node ${process.versions.node} cannot run this, and the packages hold no Node for ${platform}: ` +
      'install Node 24, or run npm ci where a package exists (Linux, Windows x64).',
  );
  return process.exit(1);
}

/** Runs a file below the project's folder; its exit code becomes that of this process. */
export function run(file, args) {
  if (!isInstalled()) install();
  const node = findNode();
  const path = `${join(modules, '.bin')}${delimiter}${process.env.PATH ?? ''}`;
  const child = spawn(node, [join(root, file), ...args], {
    stdio: 'inherit',
    env: { ...process.env, PATH: path },
  });
  // Without a listener a signal would end the launcher before the child. A terminal sends its signals (Ctrl-C, hang-up)
  // to both processes; passed on, the child would receive them twice, and a second Ctrl-C ends the service at once.
  const fromTerminal = process.stdin.isTTY ? ['SIGINT', 'SIGHUP'] : [];
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'])
    process.on(signal, () => {
      if (!fromTerminal.includes(signal)) child.kill(signal);
      // A program that computes without a pause handles no signal.
      if (signal === 'SIGTERM') setTimeout(() => child.kill('SIGKILL'), MAX_STOP_MS).unref();
    });
  child.on('error', error => {
    console.error(`${file} cannot start ${node}: ${error.message}. Run npm ci and try again.`);
    process.exit(1);
  });
  child.on('close', (code, signal) => {
    process.exitCode = code ?? 128 + (constants.signals[signal] ?? 0);
  });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [file, ...args] = process.argv.slice(2);
  if (file !== undefined) run(file, args);
  else if (!isInstalled()) install();
}
