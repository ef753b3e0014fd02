import { Readable } from 'node:stream';
import { expect, it } from 'vitest';
import { ImportNotes } from '../../../cli/import/import-notes.ts';
import { readExportRows } from '../../../cli/import/postgres-export.ts';
import { rfc3339 } from '../../../cli/import/postgres-time.ts';
import { collect } from '../support/collect.ts';

const HEADER =
  'id,scope,pattern_key,episode_id,decision,factors,outcome,created_at,updated_at,trade_id,resolved_at';

async function read(
  csv: string | Buffer,
  renames: Record<string, string> = {},
  chunk = 7,
  notes = new ImportNotes(),
): Promise<unknown[]> {
  const bytes = typeof csv === 'string' ? Buffer.from(csv) : csv;
  const pieces = Array.from({ length: Math.ceil(bytes.length / chunk) }, (_, i) =>
    bytes.subarray(i * chunk, (i + 1) * chunk),
  );
  const entries = await collect(
    readExportRows(Readable.from(pieces), renames, notes, Date.parse('2026-01-01T00:00:00Z')),
  );
  return entries.map(entry =>
    'text' in entry ? { line: entry.line, event: JSON.parse(entry.text) } : entry,
  );
}

it('A CSV export becomes events: JSON cells parsed, times in RFC 3339, empty cells and \\N absent', async () => {
  const row =
    '7,"{""chain"": ""solana"", ""rank"": 2}",pm.s1_entry,e1,skipped,"{""blocked_by"": [""ts"", ""halo""]}",\\N,2025-01-19 23:27:00.123456+00,2025-01-20 00:00:00+00,,2025-01-20 01:00:00+05:30';
  expect(await read(`${HEADER}\n${row}\n`)).toEqual([
    {
      line: 2,
      event: {
        pattern_key: 'pm.s1_entry',
        episode_id: 'e1',
        decision: 'skipped',
        scope: { chain: 'solana', rank: 2 },
        factors: { blocked_by: ['ts', 'halo'] },
        timestamp: '2025-01-19T23:27:00.123456Z',
        resolved_at: '2025-01-20T01:00:00+05:30',
      },
    },
  ]);
});

it('A CSV export may quote line breaks, commas and quotes, and each row has the line where it starts', async () => {
  const scope = '"{\r\n ""note"": ""a, b\\nsaid \\""x\\"""",\n ""n"": 1}"';
  const rows = `1,${scope},p,e1,acted,{},,2025-01-19 00:00:00,,,\r\n\r\n2,{},p,e2,acted,{},,2025-01-19 00:00:00,,,\r\n`;
  expect(await read(`\ufeff${HEADER}\r\n${rows}`)).toMatchObject([
    { line: 2, event: { episode_id: 'e1', scope: { note: 'a, b\nsaid "x"', n: 1 } } },
    { line: 6, event: { episode_id: 'e2', scope: {} } },
  ]);
});

it('The time of an exported row is its `timestamp`, or its `created_at` when `timestamp` is empty', async () => {
  const csv = `pattern_key,episode_id,decision,scope,created_at,Timestamp
p,e1,acted,{},2025-01-01 00:00:00,2025-01-02 00:00:00
p,e2,acted,{},2025-01-01 00:00:00,
`;
  expect(await read(csv)).toMatchObject([
    { event: { timestamp: '2025-01-02T00:00:00Z' } },
    { event: { timestamp: '2025-01-01T00:00:00Z' } },
  ]);
});

it('The option --column reads a field of a CSV export from another column', async () => {
  const row = '1,{},p,e1,acted,{},success,2025-01-01 00:00:00,2025-01-02 00:00:00,,';
  expect(await read(`${HEADER}\n${row}\n`, { resolved_at: 'updated_at' })).toMatchObject([
    { event: { resolved_at: '2025-01-02T00:00:00Z' } },
  ]);
  await expect(read(`${HEADER}\n${row}\n`, { resolved_at: 'nope' })).rejects.toThrow('no column "nope"');
  await expect(read(`${HEADER}\n${row}\n`, { when: 'id' })).rejects.toThrow('no field "when"');
});

it('A CSV row with invalid JSON or too few cells becomes a faulty entry, and reading continues', async () => {
  const rows =
    '1,{oops,p,e1,acted,{},,2025-01-01 00:00:00,,,\n2,short\n3,{},p,e3,acted,{},,2025-01-01 00:00:00,,,';
  expect(await read(`${HEADER}\n${rows}`)).toMatchObject([
    { line: 2, code: 'invalid_json', detail: expect.stringContaining('scope') },
    { line: 3, code: 'invalid_row' },
    { line: 4, event: { episode_id: 'e3' } },
  ]);
});

it('A quote that is not closed refuses the row where it starts, and the rows before it are read', async () => {
  const rows = '1,{},p,e1,acted,{},,2025-01-01 00:00:00,,,\n2,"{},p\n3,x\n';
  expect(await read(`${HEADER}\n${rows}`)).toMatchObject([
    { line: 2, event: { episode_id: 'e1' } },
    { line: 3, code: 'invalid_row', detail: expect.stringContaining('a quote is not closed') },
  ]);
  await expect(read('pattern_key,"scope\np,{}\n')).rejects.toThrow('a quote that is not closed');
});

it('A CSV export without a required column is rejected with the missing names', async () => {
  await expect(read('pattern_key,scope\np,{}\n')).rejects.toThrow(
    'missing: episode_id, decision, timestamp or created_at',
  );
  expect(await read('')).toEqual([]);
});

it.each([
  ['2025-01-19 23:27:00+00', '2025-01-19T23:27:00Z'],
  ['2025-01-19 23:27:00.123456+00', '2025-01-19T23:27:00.123456Z'],
  ['2025-01-19 23:27:00', '2025-01-19T23:27:00Z'],
  ['2025-01-19T23:27:00Z', '2025-01-19T23:27:00Z'],
  ['2025-01-19 23:27', '2025-01-19T23:27:00Z'],
  ['2025-01-19 23:27:00-03', '2025-01-19T23:27:00-03:00'],
  ['2025-01-19 23:27:00+0530', '2025-01-19T23:27:00+05:30'],
  ['2025-01-19 23:27:00+00:30', '2025-01-19T23:27:00+00:30'],
  ['infinity', 'infinity'],
  ['2025-01-19', '2025-01-19'],
])('The Postgres time %s becomes %s', (postgres, expected) => {
  expect(rfc3339(postgres)).toBe(expected);
});
