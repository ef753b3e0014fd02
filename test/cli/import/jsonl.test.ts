import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { readLines } from '../../../cli/import/jsonl.ts';
import { collect } from '../support/collect.ts';

async function read(chunks: readonly Uint8Array[]): Promise<object[]> {
  const entries = await collect(readLines(streamOf(chunks)));
  return entries.map(entry => {
    if (!('text' in entry)) return entry;
    const { fields, ...rest } = entry;
    expect(fields).toEqual(JSON.parse(entry.text));
    return rest;
  });
}

async function* streamOf(chunks: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
  yield* chunks;
}

const bytes = (text: string): Buffer => Buffer.from(text, 'utf8');

it('JSONL has one event on each line, and may have blank lines, CRLF and no line break at its end', async () => {
  expect(await read([bytes('{"a":1}\r\n\n  \n{"b":2}')])).toEqual([
    { line: 1, text: '{"a":1}' },
    { line: 4, text: '{"b":2}' },
  ]);
});

it('JSONL may begin with a byte order mark and contain U+2028, which does not end a line', async () => {
  expect(await read([bytes('\ufeff{"a":"x\u2028y"}\n')])).toEqual([{ line: 1, text: '{"a":"x\u2028y"}' }]);
});

it('A line that is not a JSON object becomes a faulty entry with its number, and reading continues', async () => {
  const entries = await read([bytes('{"a":\n[1]\n"x"\nnull\n{"b":2}\n')]);
  expect(entries.map(entry => ('code' in entry ? entry.code : 'text' in entry && entry.text))).toEqual([
    'invalid_json',
    'invalid_json',
    'invalid_json',
    'invalid_json',
    '{"b":2}',
  ]);
  expect(entries[1]).toMatchObject({ line: 2, event: '[1]' });
});

it('A line that is not UTF-8 becomes a faulty entry', async () => {
  const [entry] = await read([Buffer.concat([bytes('{"a":"'), Buffer.of(0xff), bytes('"}\n')])]);
  expect(entry).toMatchObject({ line: 1, code: 'invalid_encoding' });
});

it('A line over 1 MiB becomes a faulty entry without its content, and the next line is read', async () => {
  const part = bytes('x'.repeat(300_000));
  const entries = await read([bytes('{"a":1}\n'), part, part, part, part, bytes('x\n{"b":2}\n')]);
  expect(entries[1]).toMatchObject({ line: 2, code: 'event_too_large' });
  expect(JSON.stringify(entries[1]).length).toBeLessThan(2000);
  expect(entries[2]).toEqual({ line: 3, text: '{"b":2}' });
});

it('JSONL gives the same entries however its bytes are split into chunks', async () => {
  const whole = bytes('{"a":"é漢🙂"}\n\nnope\r\n{"b":[1,2]}\n{"c":{}}');
  const expected = await read([whole]);
  await fc.assert(
    fc.asyncProperty(fc.array(fc.nat(whole.length), { maxLength: 8 }), async cuts => {
      const bounds = [0, ...cuts.toSorted((a, b) => a - b), whole.length];
      const chunks = bounds.slice(1).map((end, i) => whole.subarray(bounds[i], end));
      expect(await read(chunks)).toEqual(expected);
    }),
    { numRuns: 100 },
  );
});
