import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach } from 'vitest';
import { type FakeService, fakeService, ingest } from './fake-service.ts';
import { type CliResult, cli } from './run-cli.ts';

/** A folder for files, and a service that takes them; each test has its own. */
interface ImportDesk {
  readonly folder: string;
  readonly service: FakeService;
  /** Writes a file and imports it. The output names it without its folder. */
  importOf(name: string, content: Buffer | string, more?: readonly string[]): Promise<CliResult>;
  /** The rows that an import wrote beside the file because they were refused. */
  rejected(name: string): Record<string, unknown>[];
  /** The events that the service received. */
  sent(): Record<string, unknown>[];
}

/** Opens a folder and a service before each test of the file, and removes them after it. */
export function importDesk(): ImportDesk {
  let folder: string;
  let service: FakeService;
  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'pm-tuning-import-'));
    service = await fakeService(ingest());
  });
  afterEach(async () => {
    await service.close();
    rmSync(folder, { recursive: true });
  });
  return {
    get folder() {
      return folder;
    },
    get service() {
      return service;
    },
    async importOf(name, content, more = []) {
      const path = join(folder, name);
      writeFileSync(path, content);
      const result = await cli(['import', path, '--url', service.url, ...more]);
      return { ...result, out: result.out.replaceAll(`${folder}/`, '') };
    },
    rejected: name =>
      readFileSync(join(folder, `${name}.rejected.jsonl`), 'utf8')
        .trim()
        .split('\n')
        .map(line => JSON.parse(line)),
    sent: () => service.received.flatMap(({ text }) => JSON.parse(text).events),
  };
}
