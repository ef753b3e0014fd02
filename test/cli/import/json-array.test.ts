import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { peekArray, readArray } from '../../../cli/import/json-array.ts';
import { collect } from '../support/collect.ts';

async function* streamOf(chunks: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
  yield* chunks;
}

/** Reads an array. @returns the text of each event, or code and detail of what is no event, with their lines */
async function read(...chunks: readonly (string | Uint8Array)[]): Promise<[number, string][]> {
  const bytes = chunks.map(chunk => Buffer.from(chunk));
  const entries = await collect(readArray(streamOf(bytes)));
  return entries.map(entry => [entry.line, 'text' in entry ? entry.text : `${entry.code}: ${entry.detail}`]);
}

it('A JSON array has one event an element, whatever brackets, quotes and commas its strings hold', async () => {
  const tricky = String.raw`{"a":"x],[\"}{\\","b":[1,{"c":[]}]}`;
  expect(await read(` \n[\n  {"n":12345678901234567890},\n  ${tricky}\n,{}]\n`)).toEqual([
    [3, '{"n":12345678901234567890}'],
    [4, tricky],
    [5, '{}'],
  ]);
  expect(await read('[]')).toEqual([]);
  expect(await read('[ {"a":1}, ]')).toEqual([[1, '{"a":1}']]);
});

it('A JSON array gives the same entries however its bytes are split into chunks', async () => {
  const whole = Buffer.from('[{"a":"é漢🙂]"},\n nope, [1,{}],\n{"b":"\\\\"}, {"c":{}}]\n');
  const expected = await read(whole);
  expect(expected.map(([line]) => line)).toEqual([1, 2, 2, 3, 3]);
  await fc.assert(
    fc.asyncProperty(fc.array(fc.nat(whole.length), { maxLength: 8 }), async cuts => {
      const bounds = [0, ...cuts.toSorted((a, b) => a - b), whole.length];
      expect(await read(...bounds.slice(1).map((end, i) => whole.subarray(bounds[i], end)))).toEqual(
        expected,
      );
    }),
    { numRuns: 100 },
  );
});

it('An element that is no JSON object is refused by itself', async () => {
  const bad = Buffer.concat([
    Buffer.from('[{"a":1},7,{"a":},{"v":"'),
    Buffer.of(0xf6),
    Buffer.from('"},{"b":2}]'),
  ]);
  expect((await read(bad)).map(([, text]) => text)).toEqual([
    '{"a":1}',
    'invalid_json: the element is not a JSON object',
    expect.stringContaining('invalid_json: the element is not valid JSON'),
    'invalid_encoding: the element is not UTF-8; save the file as UTF-8',
    '{"b":2}',
  ]);
});

it.each(['[', '[{"a":1}', '[{"a":1},', '[{"a":1},{"b":', '[{"a":1},{"b":"x'])(
  'The array %s, cut off, gives its whole elements and one refusal that says so',
  async text => {
    const entries = await read(text);
    const cut = entries.filter(([, entry]) => entry.includes('the file ends before the array does'));
    expect(cut).toHaveLength(1);
    expect(entries.length).toBe(text.includes('{"a":1}') ? 2 : 1);
  },
);

it('Text after the end of the array is refused, an event there too', async () => {
  expect((await read('[{}]\n{"a":1}')).map(([line, text]) => `${line} ${text}`)).toEqual([
    '1 {}',
    '2 invalid_json: after the end of the array, the text is not read',
  ]);
  expect(await read('[{}] \n ')).toHaveLength(1);
  expect((await read('[{}]]'))[1]?.[1]).toContain('invalid_json');
});

it('An element over 1 MiB is refused without its content, and the next one is read', async () => {
  const part = 'x'.repeat(300_000);
  const entries = await read('[{"a":"', part, part, part, part, '"},{"b":2}]');
  expect(entries.map(([, text]) => text.slice(0, 30))).toEqual(['event_too_large: the element e', '{"b":2}']);
});

it('The first character that is no white space tells an array from one event a line', async () => {
  const isArray = async (...chunks: string[]): Promise<boolean> =>
    (await peekArray(streamOf(chunks.map(chunk => Buffer.from(chunk))))).isArray;
  expect(await isArray(' \r\n', '\t', '[')).toBe(true);
  expect(await isArray('{"a":[]}')).toBe(false);
  expect(await isArray()).toBe(false);
});
