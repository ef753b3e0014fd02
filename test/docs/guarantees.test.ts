import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import project from '../../package.json' with { type: 'json' };
import lock from '../../package-lock.json' with { type: 'json' };
import { measurement } from '../support/measurements.ts';

const read = (name: string): string => readFileSync(new URL(`../../docs/${name}`, import.meta.url), 'utf8');
const promises = read('guarantees.md');
const proofs = read('guarantees-tests.md');

const TEST_ROOT = fileURLToPath(new URL('..', import.meta.url));
const sources = readdirSync(TEST_ROOT, { recursive: true, encoding: 'utf8' })
  .filter(file => /\.test\.ts$/.test(file))
  .map(file => ({ file: file.replaceAll('\\', '/'), source: readFileSync(join(TEST_ROOT, file), 'utf8') }));

/** Matches an id in the title of a test, such as `[D3]`. */
const ID = /(?<=['`"](?:\[[A-Z]\d+\] )*)\[([A-Z]\d+)\] /g;

it('Every promise has its own id, and its row names exactly the tests whose titles have that id', () => {
  const promised = [...promises.matchAll(/^\| ([A-Z]\d+) \|/gm)].map(([, id = '']) => id);
  const rows = [...proofs.matchAll(/^\| ([A-Z]\d+) \| (.+) \|$/gm)].map(([, id = '', cells = '']) => ({
    id,
    cells,
  }));
  expect(promised.length).toBeGreaterThan(40);
  expect(new Set(promised).size).toBe(promised.length);
  expect(rows.map(({ id }) => id)).toEqual(expect.arrayContaining(promised));
  for (const { id, cells } of rows) {
    const named = [...cells.matchAll(/`([\w/.-]+\.test\.ts)`/g)].map(([, file = '']) => file);
    const tagged = sources.filter(({ source }) => source.includes(`[${id}] `)).map(({ file }) => file);
    // A bench proves a promise whose test would take minutes.
    if (/bench `\w+`/.test(cells)) continue;
    expect([id, tagged.toSorted()]).toEqual([id, named.toSorted()]);
    expect([id, named.length > 0]).toEqual([id, true]);
  }
});

it('Every id in the title of a test has a row in guarantees-tests.md', () => {
  const known = new Set([...proofs.matchAll(/^\| ([A-Z]\d+) \|/gm)].map(([, id]) => id));
  const used = sources.flatMap(({ source }) => [...source.matchAll(ID)].map(([, id]) => id));
  expect(used.length).toBeGreaterThan(60);
  expect(used.filter(id => !known.has(id))).toEqual([]);
});

it('The table of packages lists every runtime dependency with a reason, and no other package', () => {
  const named = [...proofs.matchAll(/^\| `([@\w/-]+)` \| \S/gm)].map(([, name]) => name);
  expect(named.toSorted()).toEqual(Object.keys(project.dependencies).toSorted());
});

it('Every row of the table of faults names tests that print its measurement', () => {
  const rows = [...proofs.matchAll(/^\| (\d+) \| [^|]+ \| ([^|]+) \|/gm)].map(([, row = '', tests = '']) => ({
    row,
    tests: [...tests.matchAll(/`([\w/.-]+\.test\.ts)`/g)].map(([, file = '']) => file),
  }));
  expect(rows.length).toBeGreaterThanOrEqual(16);
  expect(rows.map(({ row }) => Number(row))).toEqual(rows.map((_, i) => i + 1));
  for (const { row, tests } of rows) {
    // Row 16 names a bench and no test.
    expect([row, tests.length > 0]).toEqual([row, row !== '16']);
    for (const file of tests) {
      const source = readFileSync(new URL(`../${file}`, import.meta.url), 'utf8');
      expect([file, row, new RegExp(`measurement\\(\\s*${row},`).test(source)]).toEqual([file, row, true]);
    }
  }
});

it('Every package that ships is locked by the hash of its content, and none is deprecated', () => {
  const locked: readonly (readonly [string, object])[] = Object.entries(lock.packages);
  const shipped = locked.filter(
    ([path, entry]) => path !== '' && !('dev' in entry) && !('devOptional' in entry),
  );
  expect(shipped.length).toBeGreaterThan(Object.keys(project.dependencies).length);
  for (const [path, entry] of shipped) {
    expect([path, 'integrity' in entry && String(entry.integrity).startsWith('sha512-')]).toEqual([
      path,
      true,
    ]);
    expect([path, 'deprecated' in entry]).toEqual([path, false]);
  }
  measurement(
    'dependencies',
    `${shipped.length} packages ship: all locked by hash, 0 deprecated; npm audit has not answered`,
  );
});
