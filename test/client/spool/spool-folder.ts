import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { Spool, SpoolOptions } from '../../../client/node/spool/spool.ts';
import { openSpool } from '../../../client/node/spool/spool.ts';
import { FakeService } from './fake-service.ts';

/** Returns a new folder that is deleted after the test. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'pm-spool-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

interface Opened {
  readonly spool: Spool;
  readonly service: FakeService;
  readonly folder: string;
  readonly warnings: string[];
}

/** Opens a spool that delivers to a fake service and does not wait after failures. */
export function openTestSpool(options: Partial<SpoolOptions> & { service?: FakeService } = {}): Opened {
  const service = options.service ?? new FakeService();
  const folder = options.folder ?? temporaryFolder();
  const warnings: string[] = [];
  const spool = openSpool({
    random: () => 0,
    warn: message => warnings.push(message),
    ...options,
    folder,
    service,
  });
  onTestFinished(() => spool.close());
  return { spool, service, folder, warnings };
}

export const event = (id: number | string): object => ({
  pattern_key: 'pm.uptrend.S1.entry',
  episode_id: `e${id}`,
});
export const outcome = (id: number | string): object => ({ ...event(id), outcome: 'success' });

/** Returns the paths of the files below a folder. */
export function filesBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8', withFileTypes: true })
    .filter(entry => entry.isFile())
    .map(entry => join(entry.parentPath, entry.name));
}

/** Returns the paths of the segments below a folder. */
export const segmentsBelow = (folder: string): string[] =>
  filesBelow(folder).filter(path => path.endsWith('.spool'));

/** A service that is never there. */
export function unreachable(): FakeService {
  const service = new FakeService();
  service.fault = () => {
    throw new Error('ECONNREFUSED');
  };
  return service;
}
