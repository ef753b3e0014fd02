import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { importDesk } from '../support/import-desk.ts';
import { cli } from '../support/run-cli.ts';

/* Files whose numbers are text, or larger than a number of JavaScript can hold. */

const desk = importDesk();

const run = (path: string, ...options: string[]) =>
  cli(['import', path, ...options, '--url', desk.service.url]);

/** Copies a case into the folder of the test, because an import writes beside its input. */
function caseFile(name: string): string {
  const path = join(desk.folder, name);
  copyFileSync(fileURLToPath(new URL(`../../data/cases/${name}`, import.meta.url)), path);
  return path;
}

it('An import converts text in known factors to numbers, and says so in its summary', async () => {
  const path = caseFile('factors-as-text.jsonl');
  const { exit, out } = await run(path);
  expect(exit).toBe(0);
  expect(out).toContain(
    `${path}: 60 events: 60 accepted, 0 unchanged, 0 rejected\n` +
      '  read from text: 120 numbers and flags of 60 events (ts_min, ts_score)\n',
  );
  const sent = JSON.parse(desk.service.received[0]?.text ?? '') as { events: { factors: object }[] };
  expect(sent.events[0]?.factors).toEqual({ ts_score: 0.4, ts_min: 0.6, halo_distance: 0.5, halo_max: 1 });
  const json = await run(path, '--json');
  expect(JSON.parse(json.out)).toMatchObject({ unchanged: 60, files: [{ read_from_text: 120 }] });
});

it('An import of the old table converts text in its factors, where the old database held text', async () => {
  const path = join(desk.folder, 'old.csv');
  const row =
    'e1,pm.s1_entry,acted,"{""chain"": ""solana""}","{""ts_score"": ""0.4"", ""ts_ok"": ""true""}",2025-01-01 00:00:00+00';
  writeFileSync(path, `episode_id,pattern_key,decision,scope,factors,created_at\n${row}\n`);
  expect((await run(path)).out).toContain('read from text: 2 numbers and flags of 1 event (ts_ok, ts_score)');
});

it('An import leaves text in `applied` to the service, which refuses it by name', async () => {
  const { exit, out } = await run(caseFile('applied-as-text.jsonl'));
  expect(exit).toBe(1);
  expect(out).toContain('160 events: 80 accepted, 0 unchanged, 80 rejected');
  expect(out).toContain('rejected: 80 invalid_event');
});

it('The file of rejected events keeps every digit of a number that is too large', async () => {
  const path = caseFile('big-ids.jsonl');
  const { exit, out } = await run(path);
  expect(exit).toBe(1);
  expect(out).toContain('rejected: 66 invalid_scope');
  const rejected = readFileSync(`${path}.rejected.jsonl`, 'utf8');
  expect(rejected.match(/"account":9007199254740993/g)).toHaveLength(33);
  expect(rejected.match(/"account":9007199254740992/g)).toHaveLength(33);
  expect(rejected).toContain('send it as text');
});
