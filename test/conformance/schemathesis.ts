import { spawnSync } from 'node:child_process';
import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Version of the public test tool that the document is checked with. */
const VERSION = '4.32.5';
/** Time that the installation may take, milliseconds. */
const INSTALL_MS = 120_000;
const FOLDER = join(tmpdir(), `pm-tuning-schemathesis-${VERSION}`);
const onWindows = process.platform === 'win32';
const program = (name: string): string => join(FOLDER, onWindows ? 'Scripts' : 'bin', name);

/** The tool cannot be installed here; the message is the reason. */
export class NotInstallable extends Error {}

/**
 * Returns the path of the tool. The first call installs it into a Python virtual environment, which later ones use.
 * @throws NotInstallable
 */
export function installSchemathesis(): string {
  const stamp = join(FOLDER, 'installed');
  if (existsSync(stamp)) return program('schemathesis');
  rmSync(FOLDER, { recursive: true, force: true });
  run(onWindows ? 'python' : 'python3', ['-m', 'venv', FOLDER], 'no Python virtual environment can be made');
  const options = ['--quiet', '--disable-pip-version-check', '--no-input', '--retries', '1'];
  run(program('pip'), ['install', ...options, `schemathesis==${VERSION}`], 'pip cannot install schemathesis');
  writeFileSync(stamp, '');
  return program('schemathesis');
}

/** @throws NotInstallable with what failed and the last line that the command printed */
function run(command: string, args: readonly string[], failure: string): void {
  const { status, error, stdout, stderr } = spawnSync(command, args, {
    timeout: INSTALL_MS,
    encoding: 'utf8',
  });
  if (status === 0) return;
  const reason = error?.message ?? `${stderr}\n${stdout}`.trim().split('\n').at(-1) ?? '';
  throw new NotInstallable(`${failure} (${reason})`);
}
