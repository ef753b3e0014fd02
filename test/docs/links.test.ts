import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const PAGES = [...markdownIn('.'), ...markdownIn('docs', true), ...markdownIn('bench/results')];
/** Pages that name files of the code in backticks. */
const PAGES_ON_CODE = ['README.md', 'CONTRIBUTING.md', ...markdownIn('docs', true)];

function markdownIn(folder: string, recursive = false): string[] {
  return readdirSync(join(ROOT, folder), { recursive, encoding: 'utf8' })
    .filter(name => name.endsWith('.md'))
    .map(name => join(folder, name).replaceAll('\\', '/'))
    .toSorted();
}

const read = (page: string): string => readFileSync(join(ROOT, page), 'utf8');

/** Returns a page without its code blocks. */
const withoutCodeBlocks = (text: string): string => text.replace(/^ *```.*\n(?:(?! *```).*\n)* *```$/gm, '');

/** Returns the text of a page without code blocks and inline code. */
const withoutCode = (text: string): string => withoutCodeBlocks(text).replace(/`[^`]*`/g, '');

/**
 * Returns the anchors of a page's headings as GitHub forms them: lower case, without punctuation, hyphens for spaces,
 * and a number behind a repeated one.
 */
function anchorsOf(text: string): Set<string> {
  const anchors = new Set<string>();
  const seen = new Map<string, number>();
  for (const [, heading = ''] of withoutCodeBlocks(text).matchAll(/^#{1,6} +(.+?) *$/gm)) {
    const anchor = heading
      .replace(/\[([^\]]*)\]\([^)]*\)/g, '$1')
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\p{M}_ -]/gu, '')
      .replaceAll(' ', '-');
    const repeats = seen.get(anchor) ?? 0;
    seen.set(anchor, repeats + 1);
    anchors.add(repeats === 0 ? anchor : `${anchor}-${repeats}`);
  }
  return anchors;
}

/** Returns the targets of inline and reference links of a page that are not absolute URLs. */
function relativeLinks(page: string): string[] {
  const text = withoutCode(read(page));
  const inline = [...text.matchAll(/\]\(\s*<?([^)\s>]+)>?[^)]*\)/g)];
  const references = [...text.matchAll(/^ *\[[^\]]+\]: +(\S+)/gm)];
  return [...inline, ...references]
    .map(([, target = '']) => target)
    .filter(target => !/^[a-z][a-z0-9+.-]*:/i.test(target));
}

/** Returns the page, the link and the reason of a broken link; undefined for a link that works. */
function broken(page: string, link: string): string | undefined {
  const [path = '', anchor] = link.split('#');
  const target = path === '' ? page : join(dirname(page), decodeURIComponent(path));
  if (!existsSync(join(ROOT, target))) return `${page}: ${link}: no such file`;
  if (anchor !== undefined && target.endsWith('.md') && !anchorsOf(read(target)).has(anchor))
    return `${page}: ${link}: no such heading`;
  return undefined;
}

it('Every relative link of a page leads to a file that exists and to a heading of it', () => {
  const links = PAGES.flatMap(page => relativeLinks(page).map(link => ({ page, link })));
  expect(links.length).toBeGreaterThan(80);
  expect(links.flatMap(({ page, link }) => broken(page, link) ?? [])).toEqual([]);
});

/** Matches a path in backticks, such as `shared/hash.ts` or `infra/monitoring/`. */
const CODE_PATH = /`((?:shared|functions|infra|local|cli|bench|test|docs)\/[\w./-]*)`/g;
/** Matches a test file in backticks, by its path below `test/`. */
const TEST_PATH = /`([\w./-]+\.test\.ts)`/g;
const PAGE_OF_TESTS = 'docs/guarantees-tests.md';

/** Returns the files and folders that a page names in backticks, relative to the root. */
function namedPaths(page: string): string[] {
  const text = withoutCodeBlocks(read(page));
  if (page === PAGE_OF_TESTS) return [...text.matchAll(TEST_PATH)].map(([, path = '']) => `test/${path}`);
  return [...text.matchAll(CODE_PATH)].map(([, path = '']) => path);
}

it('Every file and folder that a page names in backticks exists', () => {
  const named = PAGES_ON_CODE.flatMap(page => namedPaths(page).map(path => ({ page, path })));
  expect(named.length).toBeGreaterThan(120);
  const missing = named.filter(({ path }) => !existsSync(join(ROOT, path)));
  expect(missing.map(({ page, path }) => `${page}: ${path}`)).toEqual([]);
});

it('The index of the documentation lists every page of docs', () => {
  const listed = new Set(
    relativeLinks('docs/README.md').map(link => relative('.', join('docs', link.split('#')[0] ?? ''))),
  );
  const pages = markdownIn('docs', true).filter(page => page !== 'docs/README.md');
  expect(pages.filter(page => !listed.has(page))).toEqual([]);
});
