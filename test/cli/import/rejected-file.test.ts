import { existsSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { importDesk } from '../support/import-desk.ts';
import { cli } from '../support/run-cli.ts';

/* The file of rejected lines is replaced or removed only when an earlier import has written it. */

const GOOD = `${JSON.stringify({
  pattern_key: 'pm.a.S1.b',
  episode_id: 'e1',
  decision: 'acted',
  scope: {},
  factors: {},
  timestamp: '2025-01-19T12:00:00Z',
})}\n`;
const BAD = 'no JSON\n';

const desk = importDesk();

function importOf(content: string, ...more: string[]) {
  const path = join(desk.folder, 'a.jsonl');
  writeFileSync(path, content);
  return cli(['import', path, '--url', desk.service.url, ...more]);
}
const own = () => join(desk.folder, 'a.jsonl.rejected.jsonl');

describe('a file of rejected lines', () => {
  it.each([
    ['notes', 'buy milk\n'],
    ['JSON of another kind', '{"file":"a","line":1}\n'],
    ['events', GOOD],
    ['a first line of another kind', `\n{"file":"a","line":1,"code":"c","detail":"d","event":null}\n`],
    ['bytes', '\0\0\0\0'],
  ])('[A7] A file of the user that holds %s is neither replaced nor removed', async (_, content) => {
    const path = join(desk.folder, 'mine.txt');
    writeFileSync(path, content);
    for (const events of [GOOD, BAD]) {
      const result = await importOf(events, '--rejected', path);
      expect([result.exit, result.err]).toEqual([
        2,
        expect.stringContaining(
          `${path} exists and holds no rejected lines of an import; choose another file`,
        ),
      ]);
    }
    expect(readFileSync(path, 'utf8')).toBe(content);
    expect(desk.service.received).toEqual([]);
  });

  it('[A7] The default name is checked as well, and a link to a file of the user', async () => {
    writeFileSync(join(desk.folder, 'mine.txt'), 'buy milk\n');
    symlinkSync(join(desk.folder, 'mine.txt'), own());
    expect((await importOf(BAD)).exit).toBe(2);
    expect(readFileSync(join(desk.folder, 'mine.txt'), 'utf8')).toBe('buy milk\n');
  });

  it('A file of an earlier import is replaced, and removed when nothing is rejected', async () => {
    await importOf(BAD.repeat(3));
    expect(readFileSync(own(), 'utf8').trim().split('\n')).toHaveLength(3);
    await importOf(BAD);
    expect(readFileSync(own(), 'utf8').trim().split('\n')).toHaveLength(1);
    await importOf(GOOD);
    expect(existsSync(own())).toBe(false);
  });

  it('An empty file is written to, and stays when nothing is rejected', async () => {
    const path = join(desk.folder, 'empty');
    writeFileSync(path, '');
    await importOf(GOOD, '--rejected', path);
    expect(readFileSync(path, 'utf8')).toBe('');
    await importOf(BAD, '--rejected', path);
    expect(readFileSync(path, 'utf8')).toContain('"line":1');
  });
});
