import { copyFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { listen } from '../../../local/http-server.ts';
import { type Api, openApi } from '../../support/api.ts';
import { type CliResult, cli } from '../support/run-cli.ts';

/* These tests run the commands of docs/migrate.md in their order, against a local service. */

const PAGE = readFileSync(fileURLToPath(new URL('../../../docs/migrate.md', import.meta.url)), 'utf8');
const FILE = 'test/data/old-table.csv';

let folder: string;
let api: Api;
let url: string;
let closeServer: () => Promise<void>;
beforeAll(async () => {
  api = await openApi({ environment: { POLICY: 'replay' } });
  const server = await listen(api.service.app, 0);
  url = `http://127.0.0.1:${server.port}`;
  closeServer = () => server.close();
  folder = mkdtempSync(join(tmpdir(), 'pm-tuning-migrate-'));
  copyFileSync(fileURLToPath(new URL(`../../../${FILE}`, import.meta.url)), join(folder, 'old-table.csv'));
});
afterAll(async () => {
  await closeServer();
  await api.close();
  rmSync(folder, { recursive: true });
});

const commands = [...PAGE.matchAll(/^npm run cli -- (.+)$/gm)].map(([, command = '']) => command);
const blocks = PAGE.split(/^```/m).filter((_, i) => i % 2 === 1);
/** Blocks without a language: what commands print. */
const outputs = blocks.filter(block => block.startsWith('\n')).map(block => block.slice(1));

/** Runs a command of the page on a copy of its file, because an import writes beside its input. */
async function run(command: string): Promise<CliResult> {
  const argv = command.split(' ').map(word => (word === FILE ? join(folder, 'old-table.csv') : word));
  const result = await cli([...argv, '--url', url]);
  return { ...result, out: result.out.replaceAll(folder, 'test/data') };
}

/** Expects an output as the page shows it; `…` stands for any text. */
function expectShown(out: string, shown: string): void {
  const parts = shown.trimEnd().split('…');
  let from = 0;
  for (const part of parts) {
    const at = out.indexOf(part.trimEnd(), from);
    expect([part, at >= 0]).toEqual([part, true]);
    from = at + part.trimEnd().length;
  }
}

it('The page for moving from the old tables shows what its commands print', async () => {
  expect(commands).toHaveLength(4);
  expect(outputs).toHaveLength(3);
  const [first = '', better = '', status = '', trial = ''] = commands;
  const imported = await run(first);
  expectShown(imported.out, outputs[0] ?? '');
  expect((await run(first)).out).toContain('6 events: 0 accepted, 5 unchanged, 1 rejected');
  expect((await run(better)).out).toContain('6 events: 3 accepted, 2 unchanged, 1 rejected');
  expectShown((await run(status)).out, outputs[1] ?? '');
  expectShown((await run(trial)).out, outputs[2] ?? '');
});
