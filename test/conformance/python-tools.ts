import { spawnSync } from 'node:child_process';
import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Version of the public test tool that the document is checked with. */
const SCHEMATHESIS = '4.32.5';
/** Version of the provider with which a bot in Python reads flags. */
const FLAG_PROVIDER = '0.3.0';
/** Time that an installation may take, milliseconds. */
const INSTALL_MS = 120_000;
/** The virtual environment; later runs use it again. */
const FOLDER = join(tmpdir(), `pm-tuning-schemathesis-${SCHEMATHESIS}`);
const onWindows = process.platform === 'win32';
const program = (name: string): string => join(FOLDER, onWindows ? 'Scripts' : 'bin', name);

/** The tool cannot be installed here; the message is the reason. */
export class NotInstallable extends Error {}

/** The Python of the virtual environment, which exists after a call of `installFlagProvider`. */
export const pythonOfTools = program('python');

/**
 * Returns the path of schemathesis. The first call installs it into a Python virtual environment.
 * @throws NotInstallable
 */
export function installSchemathesis(): string {
  const stamp = join(FOLDER, 'installed');
  if (existsSync(stamp)) return program('schemathesis');
  rmSync(FOLDER, { recursive: true, force: true });
  run(onWindows ? 'python' : 'python3', ['-m', 'venv', FOLDER], 'no Python virtual environment can be made');
  install(`schemathesis==${SCHEMATHESIS}`);
  writeFileSync(stamp, '');
  return program('schemathesis');
}

/** Installs the provider of flags beside schemathesis, for `test/ofrep/providers.test.ts`. @throws NotInstallable */
export function installFlagProvider(): void {
  const stamp = join(FOLDER, `provider-${FLAG_PROVIDER}`);
  if (existsSync(stamp)) return;
  install(`openfeature-provider-ofrep==${FLAG_PROVIDER}`);
  writeFileSync(stamp, '');
}

function install(requirement: string): void {
  const options = ['--quiet', '--disable-pip-version-check', '--no-input', '--retries', '1'];
  run(program('pip'), ['install', ...options, requirement], `pip cannot install ${requirement}`);
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
