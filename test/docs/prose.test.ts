import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const DOCS = readdirSync(join(ROOT, 'docs'), { recursive: true, encoding: 'utf8' })
  .filter(name => name.endsWith('.md'))
  .map(name => `docs/${name.replaceAll('\\', '/')}`)
  .toSorted();

const MAX_README_LINES = 200;
const MAX_README_LINE = 110;
const MAX_LINE = 100;
const MAX_WORDS = 25;

/** Phrases that a newcomer cannot read, each with a plain one. */
const BANNED: Readonly<Record<string, string>> = {
  'share their fate': 'correlated events',
  'dealt anew': 'permuted',
  'none of ours': 'invalid',
  'is no name': 'is not a valid name',
  'the odds': 'the probability',
  'is told': 'receives, reads',
  'nobody has to': 'name what happens instead',
};

const read = (page: string): string => readFileSync(join(ROOT, page), 'utf8');

const lengthOf = (line: string): number => [...line].length;

/** Returns the lines of a page with empty ones in place of code blocks and tables, so that line numbers stay. */
function proseLines(text: string): string[] {
  let inCode = false;
  return text.split('\n').map(line => {
    const fence = /^ *```/.test(line);
    if (fence) inCode = !inCode;
    return fence || inCode || /^ *\|/.test(line) ? '' : line;
  });
}

/** Returns lines that are longer than a limit. A single word that exceeds it, such as a long link, cannot be wrapped. */
function tooLong(page: string, lines: readonly string[], limit: number): string[] {
  return lines.flatMap((line, i) =>
    lengthOf(line) > limit && /\S\s+\S/.test(line.replace(/^\s*(?:[-*]|\d+\.) /, ''))
      ? [`${page}:${i + 1}: ${lengthOf(line)} characters`]
      : [],
  );
}

/** Returns the sentences of a page: headings, list items and paragraphs end one, as do `.`, `!` and `?` before a space. */
function sentences(text: string): string[] {
  const blocks = proseLines(text)
    .map(line => (/^(?:#|!\[|>)/.test(line) ? '' : line.replace(/^\s*(?:[-*]|\d+\.)\s+/, '\n')))
    .join('\n')
    .split(/\n\s*\n/);
  return blocks.flatMap(block =>
    block
      .replace(/`[^`]*`/g, 'code')
      .replace(/\]\([^)]*\)/g, ']')
      .replace(/\s+/g, ' ')
      .trim()
      .split(/(?<=[.!?])["”*)]* /),
  );
}

const wordsOf = (sentence: string): number =>
  sentence.split(' ').filter(word => /[\p{L}\p{N}]/u.test(word)).length;

it('README.md has at most 200 lines of at most 110 characters', () => {
  const lines = read('README.md').trimEnd().split('\n');
  expect(lines.length).toBeLessThanOrEqual(MAX_README_LINES);
  expect(tooLong('README.md', proseLines(read('README.md')), MAX_README_LINE)).toEqual([]);
});

it('Every sentence of README.md has at most 25 words', () => {
  const all = sentences(read('README.md'));
  expect(all.length).toBeGreaterThan(40);
  expect(all.filter(sentence => wordsOf(sentence) > MAX_WORDS)).toEqual([]);
});

it('Every line of a page has at most 100 characters, outside tables and code', () => {
  const pages = [...DOCS, 'CONTRIBUTING.md', 'CHANGELOG.md', 'SECURITY.md'];
  expect(pages.flatMap(page => tooLong(page, proseLines(read(page)), MAX_LINE))).toEqual([]);
});

it('No page contains a phrase for which the list of banned phrases has a plainer one', () => {
  const found = [...DOCS, 'README.md', 'CONTRIBUTING.md'].flatMap(page => {
    const text = read(page).replace(/\s+/g, ' ').toLowerCase();
    return Object.entries(BANNED)
      .filter(([phrase]) => new RegExp(`\\b${phrase}\\b`).test(text))
      .map(([phrase, instead]) => `${page}: "${phrase}"; rather: ${instead}`);
  });
  expect(found).toEqual([]);
});
