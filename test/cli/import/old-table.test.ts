import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type FakeService, fakeService, ingest } from '../support/fake-service.ts';
import { oldExport } from '../support/old-export.ts';
import { type CliResult, cli } from '../support/run-cli.ts';

/* These tests import a made-up export of the old table, which holds everything odd that old tables hold. */

const EPISODES = Number(process.env.OLD_EXPORT_EPISODES ?? 300);
const NOW = Date.now();

let folder: string;
let service: FakeService;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'pm-tuning-old-'));
  service = await fakeService(ingest(NOW));
});
afterEach(async () => {
  await service.close();
  rmSync(folder, { recursive: true });
});

function importOf(name: string, content: Buffer, ...options: string[]): Promise<CliResult> {
  const path = join(folder, name);
  writeFileSync(path, content);
  return cli(['import', path, '--url', service.url, ...options]);
}

const sumOf = (counts: object): number => Object.values(counts).reduce((sum, n) => sum + n, 0);

it.each([
  [',', 'old.csv', 'comma'],
  [';', 'old.csv.gz', 'semicolon'],
  ['\t', 'old.tsv', 'tab'],
])(
  '[V11] Every row of an old export with the separator %j is accounted for, and again changes nothing',
  async (separator, name, separatorName) => {
    const { bytes, rows, accepted, unchanged, rejected, patterns, rewritten } = oldExport(
      EPISODES,
      NOW,
      separator,
    );
    const content = name.endsWith('.gz') ? gzipSync(bytes) : bytes;
    const result = await importOf(name, content, '--column', 'window=id', '--json');
    const [file] = JSON.parse(result.out).files;
    expect(file).toMatchObject({
      separator: separatorName,
      accepted,
      unchanged,
      rejected: sumOf(rejected),
      rejected_codes: rejected,
      rewritten_events: rewritten,
    });
    expect(accepted + unchanged + sumOf(rejected)).toBe(rows);
    expect(Object.keys(rejected)).toHaveLength(4);
    const summary = new Map(
      file.patterns.map(({ pattern_key, from, to, ...counts }: Record<string, unknown>) => [
        pattern_key,
        counts,
      ]),
    );
    expect(summary).toEqual(patterns);
    expect(sumOf([...patterns.values()].map(each => each.rows))).toBe(accepted + unchanged);
    for (const each of patterns.values()) expect(sumOf(each.outcomes)).toBe(each.rows);
    const lines = readFileSync(`${join(folder, name)}.rejected.jsonl`, 'utf8')
      .trim()
      .split('\n');
    expect(lines).toHaveLength(sumOf(rejected));

    const again = JSON.parse((await importOf(name, content, '--column', 'window=id', '--json')).out);
    expect(again).toMatchObject({ accepted: 0, unchanged: accepted + unchanged, rejected: sumOf(rejected) });
  },
);

it('An old export in UTF-16 gives the rows that it gives in UTF-8', async () => {
  const { bytes, accepted, rejected } = oldExport(EPISODES, NOW);
  const text = bytes.toString('utf8').slice(1);
  const utf16 = Buffer.from(`\ufeff${text}`, 'utf16le').swap16();
  const result = JSON.parse((await importOf('old.csv', utf16, '--column', 'window=id', '--json')).out);
  expect(result.files[0]).toMatchObject({ encoding: 'UTF-16BE' });
  // Rows whose bytes are not UTF-8 hold a replacement character here, which is valid.
  expect(result.accepted).toBe(accepted + (rejected.invalid_encoding ?? 0));
});

it('Without windows, no row of an episode with different rows is sent, and the message names the option', async () => {
  const { bytes, rows } = oldExport(EPISODES, NOW);
  const result = JSON.parse((await importOf('old.csv', bytes, '--json')).out);
  expect(result.files[0].rejected_codes.event_conflict).toBeGreaterThan(rows / 2);
  const lines = readFileSync(join(folder, 'old.csv.rejected.jsonl'), 'utf8');
  expect(lines).toContain('import again with --column window=COLUMN');
  const refused = lines
    .trim()
    .split('\n')
    .map(line => JSON.parse(line));
  const conflicts = refused
    .filter(({ code }) => code === 'event_conflict')
    .map(({ event }) => event.episode_id);
  expect(new Set(conflicts).size).toBeGreaterThan(EPISODES / 2);
  const sent = service.received.flatMap(({ text }) => JSON.parse(text).events);
  const readable = sent.filter(({ pattern_key }) => pattern_key !== 'pm.uptrend.entry');
  expect(readable.filter(({ episode_id }) => conflicts.includes(episode_id))).toEqual([]);
});
