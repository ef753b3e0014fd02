import { readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { importDesk } from '../support/import-desk.ts';

/* These tests import files as users have them: misspelt, badly encoded, or of an old form. */

const desk = importDesk();
const { importOf, rejected, sent } = desk;

const caseFile = (name: string): Buffer => readFileSync(new URL(`../../data/cases/${name}`, import.meta.url));
const HEADER = 'pattern_key,episode_id,decision,scope,factors,timestamp';
const row = (id: string, scope = '{}'): string =>
  `pm.a.S1.b,${id},acted,"${scope}",{},2025-01-19 12:00:00+00`;

describe('bytes that are not UTF-8', () => {
  it.each([
    ['not-utf8.csv', (bytes: Buffer) => bytes],
    ['not-utf8.csv.gz', (bytes: Buffer) => gzipSync(bytes)],
  ])('[V7] Every row of %s is refused by itself, and no byte is replaced', async (name, pack) => {
    const result = await importOf(name, pack(caseFile('not-utf8.csv')));
    expect(result).toMatchObject({ exit: 1, out: expect.stringContaining('rejected: 4 invalid_encoding') });
    expect(rejected(name).map(({ line, code }) => [line, code])).toEqual(
      [2, 3, 4, 5].map(line => [line, 'invalid_encoding']),
    );
    expect(JSON.stringify(rejected(name))).not.toContain('\ufffd');
    expect(rejected(name)[0]).toMatchObject({
      detail: 'scope is not UTF-8; save the file as UTF-8',
      event: { scope: String.raw`{"venue":"B\xf6rse"}` },
    });
    expect(sent()).toEqual([]);
  });

  it('[V7] One such row among good ones is refused alone, in CSV and in JSONL', async () => {
    const csv = Buffer.from([HEADER, row('a'), row('b', '{""v"":""é""}'), row('c')].join('\n'), 'latin1');
    expect((await importOf('one.csv', csv)).out).toContain('3 events: 2 accepted, 0 unchanged, 1 rejected');
    const line = (venue: string): string =>
      `{"pattern_key":"pm.a.S1.b","episode_id":"j${venue}","decision":"acted","scope":{},"timestamp":"2025-01-19T12:00:00Z"}`;
    const jsonl = Buffer.from([line('1'), line('é'), line('2')].join('\n'), 'latin1');
    expect((await importOf('one.jsonl', jsonl)).out).toContain(
      '3 events: 2 accepted, 0 unchanged, 1 rejected',
    );
    expect(rejected('one.jsonl')[0]).toMatchObject({ line: 2, code: 'invalid_encoding' });
    expect(JSON.stringify(rejected('one.jsonl'))).toContain(String.raw`j\\xe9`);
  });

  it('Letters beyond ASCII, a replacement character and a byte order mark of UTF-8 are read as they are', async () => {
    const csv = `\ufeff${HEADER}\n${row('é', '{""venue"":""Börse 🚀 \ufffd""}')}\n`;
    expect((await importOf('good.csv', csv)).exit).toBe(0);
    expect(sent()).toMatchObject([{ episode_id: 'é', scope: { venue: 'Börse 🚀 \ufffd' } }]);
  });

  it('[V7] A first line that is not UTF-8 ends the import before any request', async () => {
    const csv = Buffer.from(`${HEADER},prix_é\n${row('a')},1\n`, 'latin1');
    expect(await importOf('head.csv', csv)).toMatchObject({
      exit: 2,
      err: expect.stringContaining("the CSV's first line is not UTF-8"),
    });
    expect(desk.service.received).toEqual([]);
  });
});

it.each([
  ['CRLF in the first line and LF in the rows', caseFile('header-crlf-rows-lf.csv').toString(), 6],
  ['LF in the first line and CRLF in the rows', `${HEADER}\n${row('a')}\r\n${row('b')}\r\n`, 2],
  ['CRLF, LF and CR', `${HEADER}\r\n${row('a')}\n${row('b')}\r${row('c')}`, 3],
  ['CRLF and blank lines', `${HEADER}\r\n\r\n${row('a')}\r\n\n${row('b')}\r\n`, 2],
])('A CSV with %s has one event on each line', async (_, csv, events) => {
  expect(await importOf('lines.csv', csv)).toMatchObject({
    exit: 0,
    out: expect.stringContaining(`${events} events: ${events} accepted`),
  });
});

describe('states with leading zeros', () => {
  it('An import brings S01 and S1 to one pattern, and says so', async () => {
    const result = await importOf('state-s01.jsonl', caseFile('state-s01.jsonl'));
    expect(result.exit).toBe(0);
    expect(result.out).toContain(
      '  pattern keys rewritten in 40 events:\n    pm.split.S01.entry → pm.split.S1.entry\n',
    );
    expect(sent()).toHaveLength(80);
    expect(new Set(sent().map(event => event.pattern_key))).toEqual(new Set(['pm.split.S1.entry']));
  });

  it('An import rewrites the state in a CSV and in the long form of a key, and leaves the rest of the line as it is', async () => {
    const csv = `${HEADER}\n${row('a').replace('pm.a.S1.b', 'module=pm|pattern_key=a.s02.b')}\n`;
    expect((await importOf('old.csv', csv)).out).toContain('module=pm|pattern_key=a.s02.b → pm.a.S2.b');
    const line =
      '{"factors":{"id":1e3},"pattern_key" : "pm.a.S003.b","episode_id":"b","decision":"acted","scope":{},"timestamp":"2025-01-19T12:00:00Z"}';
    await importOf('old.jsonl', line);
    expect(desk.service.received.at(-1)?.text).toContain(
      '{"factors":{"id":1e3},"pattern_key":"pm.a.S3.b","episode_id"',
    );
  });

  it('A line whose key is not the first member of this name is left to the service, which rejects it', async () => {
    const applied = '"factors":{"own":"x","applied":{"pattern_key":"pm.a.S01.b"}}';
    const rest = '"episode_id":"b","decision":"acted","scope":{},"timestamp":"2025-01-19T12:00:00Z"';
    await importOf('two.jsonl', `{${applied},"pattern_key":"pm.a.S01.b",${rest}}`);
    expect(rejected('two.jsonl')[0]).toMatchObject({ code: 'invalid_pattern_key' });
    await importOf('two.jsonl', `{"pattern_key":"pm.a.S01.b",${rest},${applied.replace('applied', 'mine')}}`);
    expect(desk.service.received.at(-1)?.text).toContain('[{"pattern_key":"pm.a.S1.b","episode_id"');
  });
});

describe('misspelt members and columns', () => {
  it('A misspelt member of a JSONL line is refused by its name, with the near one', async () => {
    const result = await importOf('misspelt-member.jsonl', caseFile('misspelt-member.jsonl'));
    expect(result).toMatchObject({ exit: 1, out: expect.stringContaining('1 invalid_event') });
    expect(rejected('misspelt-member.jsonl')[0]).toMatchObject({
      code: 'invalid_event',
      detail: '`factor` is unknown; did you mean `factors`? `outcomes` is unknown; did you mean `outcome`?',
    });
  });

  it('Extra columns of a CSV are listed and left out, and a near field is named', async () => {
    const csv = `${HEADER},outcom,id,\n${row('a')},success,7,\n`;
    const result = await importOf('extra.csv', csv);
    expect(result).toMatchObject({
      exit: 0,
      out: expect.stringContaining('columns left out: outcom, id, (without a name)'),
    });
    expect(result.out).toContain('to read outcome from outcom, import again with --column outcome=outcom');
    expect(sent()[0]).not.toHaveProperty('id');
    const json = await importOf('extra.csv', csv, ['--json']);
    expect(JSON.parse(json.out).files[0]).toMatchObject({
      left_out_columns: ['outcom', 'id', '(without a name)'],
    });
  });
});

it('Numbers of a JSON cell keep every digit on their way to the service', async () => {
  await importOf('digits.csv', `${HEADER}\n${row('a', '{""account"":9007199254740993}')}\n`);
  expect(desk.service.received[0]?.text).toContain('"scope":{"account":9007199254740993}');
});
