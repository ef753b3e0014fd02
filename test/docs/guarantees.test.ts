import { existsSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import project from '../../package.json' with { type: 'json' };

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
