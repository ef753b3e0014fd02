import { expect, it } from 'vitest';
import { linePlotSvg } from '../../shared/plot/line-plot-shapes.ts';
import { RISING } from './rising-plot.ts';

it('An SVG plot has a path for the line, one for the band, both guides and the texts', () => {
  const svg = linePlotSvg([RISING]);
  expect(svg.match(/<path [^>]*fill="none"/g)).toHaveLength(1);
  expect(svg.match(/fill-opacity/g)).toHaveLength(1);
  expect(svg.match(/stroke-dasharray="1 3"/g)).toHaveLength(2);
  for (const word of ['what if', 'multiplier', 'utility at 2:1']) expect(svg).toContain(`>${word}`);
});

it('An SVG plot places 0.8 at the left, 1.2 at the right, and -50 to 50 from bottom to top', () => {
  // x is 72 + 468 · its share of the range; y is 58 + 248 · (1 − its share of the range of the band).
  expect(linePlotSvg([RISING])).toContain('d="M72,281.2L306,182L540,82.8"');
});

it('An SVG plot leaves a gap where a value is missing', () => {
  const points = [
    [1, 1],
    [2, 2],
    [3, Number.NaN],
    [4, 1],
    [5, 2],
  ] as const;
  const svg = linePlotSvg([{ ...RISING, lines: [{ name: 'gap', points }] }]);
  expect(/d="([^"]*)" class="plot-line/.exec(svg)?.[1]?.match(/M/g)).toHaveLength(2);
  expect(svg).not.toContain('NaN');
});

it('An SVG plot escapes markup and control characters in names', () => {
  const svg = linePlotSvg([{ ...RISING, title: '</title><script>&\u0007' }]);
  expect(svg).toContain('&lt;/title&gt;&lt;script&gt;&amp; ');
  expect(svg).not.toContain('<script');
});

it('An SVG plot labels vertical guides without overlap', () => {
  const guides = [
    { x: 1.19, label: 'best × 1.19' },
    { x: 1.18, label: 'base' },
    { x: 9, label: 'far' },
  ];
  const svg = linePlotSvg([{ ...RISING, guides, x: { label: '', from: 0.8, to: 1.2 } }]);
  const starts = [...svg.matchAll(/<text x="([\d.]+)" y="52"[^>]*>([^<]+)</g)].map(([, x, name]) => [
    name,
    Number(x),
  ]);
  // Guide 1.18 lies at 516.6; its label of four characters starts half its width to the left, at 504.6. The other
  // label starts one character after its end.
  expect(starts).toEqual([
    ['base', 504.6],
    ['best × 1.19', 534.6],
  ]);
});

it('An SVG plot cuts a long title, and the title of the document keeps it in full', () => {
  const title = 'ts_min on '.repeat(20);
  const svg = linePlotSvg([{ ...RISING, title }]);
  expect(svg).toContain(`<title>${title}</title>`);
  expect(/font-weight="bold">([^<]*)</.exec(svg)?.[1]).toBe(`${title.slice(0, 59).trimEnd()}…`);
});

it('An SVG document has its plots side by side', () => {
  expect(linePlotSvg([RISING, RISING])).toContain('width="1120"');
});

it.each([
  ['ends in half of an emoji', `ts_min on dim=${'a'.repeat(44)}${'\u{1F600}'.repeat(5)}`],
  ['has a noncharacter', 'ts_min on dim=\ufffe\uffff'],
  ['has the second half of a pair alone', 'a\ude00b'],
  ['has controls', '\u0000\u000b\u001f\u007f\u0085'],
])('A plot whose title %s has only characters of XML 1.0', (_, title) => {
  const svg = linePlotSvg([{ ...RISING, title, lines: [{ name: title, points: [[0, 1]] }] }]);
  expect(svg).toMatch(/^[\t\n\r\u{20}-\u{d7ff}\u{e000}-\u{fffd}\u{10000}-\u{10ffff}]*$/u);
});
