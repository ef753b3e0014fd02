import { existsSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import project from '../../package.json' with { type: 'json' };
import lock from '../../package-lock.json' with { type: 'json' };
import { measurement } from '../support/measurements.ts';

const text = readFileSync(new URL('../../docs/guarantees.md', import.meta.url), 'utf8');

/** `file.test.ts`, and the titles named after it. */
const shown = [...text.matchAll(/`([\w/.-]+\.(?:test|facts)\.ts)`((?:[:,] "[^"]+")*)/g)].map(
  ([, file = '', titles = '']) => ({
    file,
    titles: [...titles.matchAll(/"([^"]+)"/g)].map(([, title = '']) => title),
  }),
);

it('every test that a promise names is there, under its title', () => {
  expect(shown.length).toBeGreaterThan(25);
  for (const { file, titles } of shown) {
    const path = new URL(`../${file}`, import.meta.url);
    expect([file, existsSync(path)]).toEqual([file, true]);
    // Figures of a title are constants of the test.
    const source = readFileSync(path, 'utf8').replaceAll(/\$\{LOOK_UPS\}/g, '10000');
    for (const title of titles) expect([file, title, source.includes(title)]).toEqual([file, title, true]);
  }
});

it('every runtime dependency is named with why it is there, and no other', () => {
  const named = [...text.matchAll(/^\| `([@\w/-]+)` \| \S/gm)].map(([, name]) => name);
  expect(named.toSorted()).toEqual(Object.keys(project.dependencies).toSorted());
});

it('every row of the table of faults names tests that print its figure', () => {
  const rows = [...text.matchAll(/^\| (\d+) \| [^|]+ \| ([^|]+) \|/gm)].map(([, row = '', tests = '']) => ({
    row,
    tests: [...tests.matchAll(/`([\w/.-]+\.test\.ts)`/g)].map(([, file = '']) => file),
  }));
  expect(rows.map(({ row }) => Number(row))).toEqual(Array.from({ length: 16 }, (_, i) => i + 1));
  for (const { row, tests } of rows) {
    // The last row is a bench.
    expect([row, tests.length > 0]).toEqual([row, row !== '16']);
    for (const file of tests) {
      const source = readFileSync(new URL(`../${file}`, import.meta.url), 'utf8');
      expect([file, row, new RegExp(`figure\\(\\s*${row},`).test(source)]).toEqual([file, row, true]);
    }
  }
});

it('everything that ships is locked by the hash of its content, and none of it is deprecated', () => {
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
    `${shipped.length} packages ship: all locked by hash, 0 deprecated; npm audit could not be asked`,
  );
});
