import { spawn, spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it, onTestFinished } from 'vitest';
import project from '../../package.json' with { type: 'json' };

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

it('The built edge runs in a folder without packages', async () => {
  const built = spawnSync(process.execPath, [join(ROOT, 'edge/build.ts')], { encoding: 'utf8' });
  expect([built.status, built.stderr]).toEqual([0, '']);
  const folder = mkdtempSync(join(tmpdir(), 'pm-edge-built-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  cpSync(join(ROOT, 'edge/dist'), folder, { recursive: true });
  const program = join(folder, 'cli/pm-tuning.js');
  const version = spawnSync(process.execPath, [program, '--version'], { encoding: 'utf8' });
  expect(version.stdout.trim()).toBe(project.version);
  const options = [
    'edge',
    '--upstream',
    'http://127.0.0.1:9',
    '--dir',
    join(folder, 'data'),
    '--listen',
    '127.0.0.1:0',
  ];
  const child = spawn(process.execPath, [program, ...options], { stdio: ['ignore', 'pipe', 'inherit'] });
  onTestFinished(() => void child.kill('SIGKILL'));
  const url = await new Promise<string>(resolve =>
    child.stdout.on('data', chunk => {
      const [, found] = /listens on (http:\S+)/.exec(String(chunk)) ?? [];
      if (found !== undefined) resolve(found);
    }),
  );
  expect((await fetch(`${url}/healthz`)).status).toBe(200);
  expect(await (await fetch(`${url}/metrics`)).text()).toContain('pm_tuning_edge_ready 0');
  const ended = new Promise(resolve => child.on('close', resolve));
  child.kill('SIGTERM');
  expect(await ended).toBe(0);
});
