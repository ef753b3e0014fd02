import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { importDesk } from '../support/import-desk.ts';
import { cli } from '../support/run-cli.ts';

/* These tests import rows in the forms that old tables and other tools write. */

const desk = importDesk();
const { importOf, rejected, sent } = desk;

const HEADER = 'pattern_key,episode_id,decision,scope,factors,timestamp';
const row = (id: string, key = 'pm.a.S1.b'): string => `${key},${id},acted,{},{},2025-01-19 12:00:00+00`;
const event = (id: string, more: object = {}): object => ({
  pattern_key: 'pm.a.S1.b',
  episode_id: id,
  decision: 'acted',
  scope: {},
  timestamp: '2025-01-19T12:00:00Z',
  ...more,
});

describe('separators', () => {
  it.each([
    ['commas', ','],
    ['semicolons', ';'],
    ['tabs', '\t'],
  ])('A CSV with %s is read, and the summary says so', async (name, separator) => {
    const csv = `${HEADER},note;x\n${row('a')},1\n`.replaceAll(',', separator).replace('note;x', '"note,;x"');
    const result = await importOf('a.csv', csv);
    expect(result).toMatchObject({ exit: 0, out: expect.stringContaining(`read as a CSV with ${name}\n`) });
    expect(result.out).toContain('column left out: note,;x');
    expect(sent()).toMatchObject([{ episode_id: 'a' }]);
  });

  it('Separators inside a quoted name of the first line do not count', async () => {
    const csv = `${HEADER},"a;b;c;d;e;f;g;h"\n${row('a')},1\n`;
    expect((await importOf('a.csv', csv)).out).toContain('read as a CSV with commas');
  });
});

describe('cells', () => {
  it.each(['null', 'NULL', String.raw`\N`, '', '""'])(
    'The cell %j is absent, and text that holds it is not',
    async nothing => {
      const csv = `${HEADER},outcome,trade_id\n${row('null-1')},${nothing},nullable\n`;
      expect((await importOf('a.csv', csv)).exit).toBe(0);
      expect(sent()).toEqual([expect.objectContaining({ episode_id: 'null-1', trade_id: 'nullable' })]);
      expect(sent()[0]).not.toHaveProperty('outcome');
    },
  );

  it('A row takes its window, return and assumed time from the columns of these names', async () => {
    const csv = `${HEADER},window,return,outcome,resolved_at,resolved_at_assumed
${row('a')},w1,-1.50,success,2025-01-19 13:00:00,t
${row('a')},w2,0.25,failure,2025-01-19 13:00:00,false
`;
    expect((await importOf('a.csv', csv)).exit).toBe(0);
    expect(sent()).toMatchObject([
      { window: 'w1', return: -1.5, resolved_at_assumed: true },
      { window: 'w2', return: 0.25, resolved_at_assumed: false },
    ]);
  });

  it('Text in `return` is refused by the service, and no number is guessed', async () => {
    const csv = `${HEADER},outcome,return\n${row('a')},success,"1,5"\n`;
    expect((await importOf('a.csv', csv)).out).toContain('1 invalid_event');
  });
});

describe('resolved times', () => {
  const csv = (cells: string): string => `${HEADER},outcome,resolved_at,updated_at\n${row('a')},${cells}\n`;

  it.each([
    [
      'its own time, if it has one',
      'success,2025-01-19 13:00:00,2025-01-20 00:00:00',
      ['2025-01-19T13:00:00Z', undefined],
      0,
      0,
    ],
    ['updated_at as assumed time', 'success,,2025-01-20 00:00:00', ['2025-01-20T00:00:00Z', true], 1, 0],
    ['no time from before the event', 'success,,2025-01-18 00:00:00', [undefined, undefined], 0, 1],
    ['no time of the future', 'success,,2999-01-01 00:00:00', [undefined, undefined], 0, 1],
    ['no time without an outcome', ',,2025-01-20 00:00:00', [undefined, undefined], 0, 0],
  ])('A row has %s', async (_, cells, [time, assumed], fromRow, fromEvent) => {
    const { out } = await importOf('a.csv', csv(cells as string), ['--json']);
    expect([sent()[0]?.resolved_at, sent()[0]?.resolved_at_assumed]).toEqual([time, assumed]);
    expect(JSON.parse(out).files[0].patterns[0].assumed_times).toEqual({
      sent: fromRow,
      event_time: fromEvent,
    });
  });

  it('With --column resolved_at=updated_at the time is not assumed', async () => {
    await importOf('a.csv', csv('success,,2025-01-20 00:00:00'), ['--column', 'resolved_at=updated_at']);
    expect(sent()[0]).toMatchObject({ resolved_at: '2025-01-20T00:00:00Z' });
    expect(sent()[0]).not.toHaveProperty('resolved_at_assumed');
  });

  it('The summary says how many times are assumed, and which rows lie before the window', async () => {
    const { out } = await importOf('a.csv', csv('success,,2025-01-20 00:00:00'));
    expect(out).toContain('  pm.a.S1.b: 1 row, 2025-01-19 to 2025-01-19\n');
    expect(out).toContain('    1 success, 0 failure, 0 neutral, 0 without\n');
    expect(out).toContain('    1 before the window of a run\n    1 with an assumed resolved time\n');
    expect(out).toContain('for earlier rows: settings PATTERN --lookback-days N');
  });
});

describe('pattern keys', () => {
  it.each([
    ['pm.s1_entry', 'pm.s1_entry'],
    ['module=pm|pattern_key=uptrend.S1.entry', 'module=pm|pattern_key=uptrend.S1.entry'],
    ['PM.S01_Entry', 'pm.uptrend.S1.entry'],
    ['pm.s02_entry', 'pm.uptrend.S2.entry'],
    ['PM.Uptrend.S01.Buy_Flag', 'pm.uptrend.S1.buy_flag'],
    [' Module = PM | Pattern_Key = Uptrend . s1 . entry ', 'pm.uptrend.S1.entry'],
    ['PM.s01.S1.entry', 'pm.s01.S1.entry'],
  ])('The old key %j is sent as %s', async (text, key) => {
    await importOf('a.jsonl', JSON.stringify(event('a', { pattern_key: text })));
    await importOf('b.csv', `${HEADER}\n${row('b', `"${text}"`)}\n`);
    expect(sent().map(({ pattern_key }) => pattern_key)).toEqual([key, key]);
  });

  it.each([
    'pm.uptrend.entry',
    'uptrend.S1.entry',
    'pm.uptrend.S1.buy flag',
    'pm.uptrend.one.entry',
    'pm-uptrend-S1-entry',
    'pm.s4_entry',
  ])('The key %s is refused with the forms that are read', async key => {
    const result = await importOf('a.csv', `${HEADER}\n${row('a', key)}\n`);
    expect(result).toMatchObject({ exit: 1, out: expect.stringContaining('1 invalid_pattern_key') });
    expect(rejected('a.csv')[0]?.detail).toContain('module.family.state.motif');
  });
});

describe('several rows of one episode', () => {
  const rows = [row('a'), row('a').replace('acted', 'skipped'), row('b'), row('b'), row('c')];
  const csv = `${HEADER},id\n${rows.map((each, i) => `${each},${i}`).join('\n')}\n`;

  it.each([
    ['a.csv', (text: string) => text],
    ['a.csv.gz', (text: string) => gzipSync(text)],
  ])('[V12] Rows of %s that differ are all refused, and identical ones are one event', async (name, pack) => {
    const result = await importOf(name, pack(csv));
    expect(result.out).toContain('5 events: 2 accepted, 1 unchanged, 2 rejected');
    expect(rejected(name).map(({ line, code }) => [line, code])).toEqual([
      [2, 'event_conflict'],
      [3, 'event_conflict'],
    ]);
    expect(rejected(name)[0]?.detail).toContain('--column window=COLUMN');
    expect(sent().map(({ episode_id }) => episode_id)).toEqual(['b', 'b', 'c']);
  });

  it('With a window all rows are sent', async () => {
    expect((await importOf('a.csv', csv, ['--column', 'window=id'])).out).toContain('5 events: 5 accepted');
    expect(sent().map(({ window }) => window)).toEqual(['0', '1', '2', '3', '4']);
  });

  it('A row that only adds the outcome to an earlier one is no conflict; another outcome is', async () => {
    const lines = [event('a'), event('a', { outcome: 'missed' }), event('a', { outcome: 'success' })];
    const text = (events: readonly object[]): string => events.map(each => JSON.stringify(each)).join('\n');
    expect((await importOf('a.jsonl', text(lines))).exit).toBe(0);
    const more = [...lines, event('a', { outcome: 'failure' })];
    expect((await importOf('b.jsonl', text(more))).out).toContain('rejected: 4 event_conflict');
  });

  it('From a pipe the first row is stored, and the reason of the others names the option too', async () => {
    const stdin = `${JSON.stringify(event('a'))}\n${JSON.stringify(event('a', { decision: 'skipped' }))}\n`;
    const path = join(desk.folder, 'r.jsonl');
    await cli(['import', '-', '--rejected', path, '--url', desk.service.url], { stdin });
    expect(JSON.parse(readFileSync(path, 'utf8')).detail).toContain('--column window=COLUMN');
  });
});

describe('files of rejected lines', () => {
  it('A file of rejected events is imported once its cause is gone, with every digit', async () => {
    const line = JSON.stringify(event('a', { factors: { id: 'ID' } })).replace(
      '"ID"',
      '12345678901234567890.5',
    );
    const reason = { file: 'old.jsonl', line: 7, code: 'store_throttled', detail: 'say ","event": {}' };
    const wrapped = `${JSON.stringify(reason).slice(0, -1)},"event":${line}}`;
    const result = await importOf('old.rejected.jsonl', `${wrapped}\n`);
    expect(result.out).toContain('1 event: 1 accepted');
    expect(desk.service.received[0]?.text).toBe(`{"events":[${line}]}`);
  });

  it('Rows of a CSV are imported from their rejected lines after a correction, and stay rejected before', async () => {
    const bad = `${HEADER}\n${row('a').replace('{},{}', '"{""v"":1","{}"')}\n${row('b')},extra\n`;
    await importOf('a.csv', bad);
    const text = readFileSync(join(desk.folder, 'a.csv.rejected.jsonl'), 'utf8');
    const again = await importOf('again.jsonl', text);
    expect(again.out).toContain('rejected: 1 invalid_json, 1 invalid_row');
    const corrected = await importOf('good.jsonl', text.replace('"{\\"v\\":1"', '"{\\"v\\":1}"'));
    expect(corrected.out).toContain('1 accepted, 0 unchanged, 1 rejected');
    expect(sent()).toMatchObject([{ episode_id: 'a', scope: { v: 1 }, timestamp: '2025-01-19T12:00:00Z' }]);
  });

  it('Escapes of bytes that are not UTF-8 never become an event', async () => {
    await importOf('a.csv', Buffer.from(`${HEADER}\n${row('é')}\n`, 'latin1'));
    const text = readFileSync(join(desk.folder, 'a.csv.rejected.jsonl'), 'utf8');
    expect((await importOf('again.jsonl', text)).out).toContain('rejected: 1 invalid_encoding');
    expect(sent()).toEqual([]);
  });
});

describe('files', () => {
  it.each([
    ['a.json', (text: string) => text],
    ['a.json.gz', (text: string) => gzipSync(text)],
    ['a.jsonl', (text: string) => Buffer.from(`\ufeff${text}`, 'utf16le')],
    ['a.jsonl.gz', (text: string) => gzipSync(Buffer.from(`\ufeff${text}`, 'utf16le').swap16())],
  ])('A JSON array in %s is read, and the summary says so', async (name, pack) => {
    const result = await importOf(name, pack(JSON.stringify([event('é🙂'), event('b')], null, 2)));
    expect(result.out).toContain('2 events: 2 accepted');
    expect(result.out).toContain('read as a JSON array');
    expect(sent()[0]?.episode_id).toBe('é🙂');
  });

  it('Standard input may hold an array too', async () => {
    const stdin = JSON.stringify([event('a')]);
    expect((await cli(['import', '-', '--url', desk.service.url], { stdin })).out).toContain(
      '1 event: 1 accepted',
    );
  });

  it.each([
    ['a first line alone', 'a.csv', `${HEADER}\n`],
    ['a first line without its end', 'a.csv', HEADER],
    ['an empty array', 'a.json', '[ ]\n'],
    ['a mark alone', 'a.tsv', '\ufeff'],
    ['nothing, compressed', 'a.json.gz', gzipSync('')],
  ])('A file with %s has no events', async (_, name, content) => {
    expect(await importOf(name, content)).toMatchObject({
      exit: 0,
      out: expect.stringContaining('no events'),
    });
  });

  it.each([
    ['a.jsonl', `${JSON.stringify(event('a'))}\n{"pattern_key":"pm`, 'invalid_json'],
    ['a.csv', `${HEADER}\n${row('a')}\npm.a.S1.b,b,act`, 'invalid_row'],
    ['b.csv', `${HEADER}\n${row('a')}\npm.a.S1.b,b,acted,"{""v"":`, 'invalid_row'],
    ['a.json', `[${JSON.stringify(event('a'))},{"pattern_key":"pm`, 'invalid_json'],
  ])('Of %s, cut off, the whole rows are sent and the last one is refused', async (name, content, code) => {
    const result = await importOf(name, content);
    expect(result).toMatchObject({
      exit: 1,
      out: expect.stringContaining('1 accepted, 0 unchanged, 1 rejected'),
    });
    expect(result.out).toContain(`rejected: 1 ${code}`);
  });

  it('Compressed data that are cut off end the import before anything is sent', async () => {
    const whole = gzipSync(Array.from({ length: 3000 }, (_, i) => JSON.stringify(event(`${i}`))).join('\n'));
    const result = await importOf('a.jsonl.gz', whole.subarray(0, whole.length / 2));
    expect(result).toMatchObject({ exit: 2, err: expect.stringContaining('damaged gzip') });
    expect(sent()).toEqual([]);
  });

  it('A file under two names is imported once, and two files with one name keep their own rejected lines', async () => {
    mkdirSync(join(desk.folder, 'x'));
    const paths = [join(desk.folder, 'a.jsonl'), join(desk.folder, 'x', 'a.jsonl')];
    for (const path of paths) writeFileSync(path, `${JSON.stringify(event(path))}\nno\n`);
    const other = join(desk.folder, 'x', '..', 'a.jsonl').replace('/a.jsonl', '/./a.jsonl');
    const result = await cli(['import', ...paths, other, '--url', desk.service.url]);
    expect(result.out).toContain('total: 4 events: 2 accepted, 0 unchanged, 2 rejected');
    for (const path of paths)
      expect(readFileSync(`${path}.rejected.jsonl`, 'utf8').trim().split('\n')).toHaveLength(1);
  });
});

it('Help, summary, errors and progress of an import fit 60 columns, except for names of files', async () => {
  const help = await cli(['import', '--help'], { columns: 60 });
  const wide = help.out.split('\n').filter(line => line.length > 60);
  expect(wide).toEqual([]);
  const lines = Array.from({ length: 1200 }, (_, i) =>
    JSON.stringify(event(`${i}`, { pattern_key: 'PM.A.S01.b' })),
  );
  const path = join(desk.folder, 'a.json');
  writeFileSync(path, `[${lines.join(',\n')}]`);
  const result = await cli(['import', path, '--url', desk.service.url], { columns: 60 });
  for (const line of result.out.split('\n').slice(1)) expect(line.length).toBeLessThanOrEqual(60);
  for (const bar of result.err.split('\r\u001b[K')) expect(bar.length).toBeLessThan(60);
});
