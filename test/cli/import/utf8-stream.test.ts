import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { utf8Stream } from '../../../cli/import/utf8-stream.ts';
import { collect } from '../support/collect.ts';

async function read(bytes: Uint8Array, cuts: readonly number[] = []): Promise<[string, Buffer]> {
  const bounds = [0, ...cuts.toSorted((a, b) => a - b), bytes.length];
  async function* chunks(): AsyncGenerator<Uint8Array> {
    for (const [i, end] of bounds.slice(1).entries()) yield bytes.subarray(bounds[i], end);
  }
  let found = '';
  const parts = await collect(
    utf8Stream(chunks(), encoding => {
      found = encoding;
    }),
  );
  return [found, Buffer.concat(parts)];
}

const TEXT = 'pattern_key;é 漢 🙂 \ufffd\n';
const utf16 = (text: string): Buffer => Buffer.from(text, 'utf16le');

it.each([
  ['UTF-8', Buffer.from(TEXT)],
  ['UTF-8', Buffer.from(`\ufeff${TEXT}`)],
  ['UTF-16LE', utf16(`\ufeff${TEXT}`)],
  ['UTF-16BE', utf16(`\ufeff${TEXT}`).swap16()],
])(
  'Text in %s becomes UTF-8 without byte order mark, however its bytes are split',
  async (encoding, bytes) => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(bytes.length), { maxLength: 8 }), async cuts => {
        expect(await read(bytes, cuts)).toEqual([encoding, Buffer.from(TEXT)]);
      }),
      { numRuns: 100 },
    );
  },
);

it('Half a character of UTF-16 becomes a byte that UTF-8 never has, in the middle and at the end', async () => {
  expect((await read(utf16('\ufeffa\ud83db')))[1]).toEqual(Buffer.of(0x61, 0xff, 0x62));
  expect((await read(utf16('\ufeffa\ud83d')))[1]).toEqual(Buffer.of(0x61, 0xff));
  expect((await read(Buffer.concat([utf16('\ufeffa'), Buffer.of(0x62)])))[1]).toEqual(Buffer.of(0x61, 0xff));
});

it('UTF-16 without a mark and UTF-32 are refused, and the message says what to save', async () => {
  const withoutMark = utf16('pattern_key');
  for (const bytes of [
    withoutMark,
    Buffer.from(withoutMark).swap16(),
    Buffer.of(0xff, 0xfe, 0, 0, 0x61, 0, 0, 0),
  ])
    await expect(read(bytes)).rejects.toThrow('save it as UTF-8');
});

it('Empty files, and files of a mark alone, hold no text', async () => {
  for (const bytes of [Buffer.alloc(0), Buffer.from('\ufeff'), utf16('\ufeff')])
    expect((await read(bytes))[1]).toHaveLength(0);
});
