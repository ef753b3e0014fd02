import { stripVTControlCharacters } from 'node:util';
import { expect, it } from 'vitest';
import * as format from '../../cli/format.ts';
import { type Column, renderTable, wrap } from '../../cli/table.ts';

type Row = readonly [string, number, string];
const COLUMNS: readonly Column<Row>[] = [
  { title: 'slice', value: row => row[0], wraps: true },
  { title: 'n', value: row => String(row[1]), align: 'right' },
  { title: 'why', value: row => row[2], wraps: true },
];
const ROWS: readonly Row[] = [
  ['everything', 1104, 'short'],
  [
    'bucket=nano, timeframe=15m, chain=solana, bucket_rank_position=3',
    33,
    'a reason that is longer than its share of the line',
  ],
];

it('A table fits a terminal of 80 columns: texts are wrapped, numbers are not', () => {
  const text = renderTable(COLUMNS, ROWS, { width: 80, color: false });
  expect(text).toMatchInlineSnapshot(`
    "slice                                    n  why
    everything                            1104  short
    bucket=nano, timeframe=15m,             33  a reason that is longer than its
    chain=solana, bucket_rank_position=3        share of the line"
  `);
  for (const line of text.split('\n')) expect(line.length).toBeLessThanOrEqual(80);
});

it('Columns that do not fit side by side follow below, each time beside the first column', () => {
  const wide: readonly Column<Row>[] = [
    ...COLUMNS.slice(0, 2),
    { title: 'a number of twenty characters', value: () => '1', align: 'right' },
    { title: 'last', value: row => row[0].slice(0, 4) },
  ];
  const text = renderTable(wide, ROWS, { width: 40, color: false });
  expect(text).toMatchInlineSnapshot(`
    "slice                           n
    everything                   1104
    bucket=nano, timeframe=15m,    33
    chain=solana,
    bucket_rank_position=3

    slice           a number of twenty characters
    everything                                  1
    bucket=nano,                                1
    timeframe=15m,
    chain=solana,
    bucket_rank_
    position=3

    slice                        last
    everything                   ever
    bucket=nano, timeframe=15m,  buck
    chain=solana,
    bucket_rank_position=3"
  `);
  for (const line of text.split('\n')) expect(line.length).toBeLessThanOrEqual(48);
});

it('A table has one line for each row when the output is not a terminal', () => {
  const text = renderTable(COLUMNS, ROWS, { width: Number.POSITIVE_INFINITY, color: false });
  expect(text.split('\n')).toHaveLength(3);
});

it('A table has escape sequences only with color, and the same layout with and without color', () => {
  const plain = renderTable(COLUMNS, ROWS, { width: 80, color: false });
  const colored = renderTable(COLUMNS, ROWS, { width: 80, color: true });
  expect(plain).not.toContain('\u001b');
  expect(colored).toContain('\u001b[1m');
  expect(stripVTControlCharacters(colored)).toBe(plain);
});

it('The columns of a table line up although some characters take two columns or none', () => {
  const rows: Row[] = [
    ['漢字', 1, ''],
    ['e\u0301', 22, ''],
  ];
  const lines = renderTable(COLUMNS, rows, { width: 80, color: false }).split('\n');
  expect(lines).toEqual(['slice   n  why', '漢字    1', 'e\u0301      22']);
});

it('A word is broken only when it is longer than the line, after a separator if it has one', () => {
  expect(wrap('bucket_rank_position=3', 15)).toEqual(['bucket_rank_', 'position=3']);
  expect(wrap('x'.repeat(7), 3)).toEqual(['xxx', 'xxx', 'x']);
  expect(wrap('ab cd', 5)).toEqual(['ab cd']);
});

it.each([
  [format.percent(0.2857142), '28.6 %'],
  [format.percent(1), '100.0 %'],
  [format.percentRange([0.0808, 0.41]), '8–41 %'],
  [format.percentRange([0, 0.4101]), '0–42 %'],
  [format.percentRange([0.29, 0.57]), '29–57 %'],
  [format.signed(3), '+3'],
  [format.signed(-2), '-2'],
  [format.signed(0), '0'],
  [format.count(1234567), '1,234,567'],
  [format.effect({ multiplier: 0.98511 }), '× 0.9851'],
  [format.effect({ delta: 0.0025 }), '+0.0025'],
  [format.effect({ delta: -1 }), '-1'],
  [format.slice({}), 'everything'],
  [format.slice({ bucket: 'nano', timeframe: '15m' }), 'bucket=nano, timeframe=15m'],
  [format.slice({ a: '\u001b[31mred\n' }), 'a=\\u001b[31mred\\u000a'],
  [format.instant('2025-01-20T00:00:00.500Z'), '2025-01-20 00:00:00Z'],
  [format.significant(0.1 + 0.2), '0.3'],
  [format.span(40), '40 s'],
  [format.span(720), '12 min'],
  [format.span(11_000), '3.1 h'],
  [format.span(400_000), '4.6 d'],
])('A value is formatted as %s', (formatted, expected) => {
  expect(formatted).toBe(expected);
});
