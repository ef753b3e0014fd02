import fc from 'fast-check';
import { expect, it } from 'vitest';
import { terminalPlot } from '../../../cli/plot/terminal-plot.ts';
import { textWidth } from '../../../cli/table.ts';
import { RISING } from '../support/rising-plot.ts';

it('A terminal plot has the line, the band, the guides, the labels and the legend', () => {
  expect(terminalPlot(RISING, { width: 44, height: 7 })).toMatchInlineSnapshot(`
    "what if
    utility
        │                   ┊               ░░⢀⣀
     40 ┤                   ┊       ░░░⣀⣀⠤⠤⠒⠊⠉⠁░
     20 ┤                   ┊░░░⣀⣀⠤⠔⠒⠊⠉░░░░░░
      0 ┤┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈⣀⡠⠤⠔⠒⠊⠉┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈
    -20 ┤   ░░░░░░⣀⡠⠤⠔⠒⠉⠉░░░┊
    -40 ┤░⢀⣀⡠⠤⠒⠒⠉⠉░░░       ┊
        │⠉⠁░░               ┊
        └┬─────────┬────────┬─────────┬────────┬
         0.8      0.9       1        1.1     1.2
                       multiplier
      ⠤⠤⠤⠤ utility at 2:1 (shaded: its interval)"
  `);
});

it('A terminal plot labels vertical guides side by side and names the band', () => {
  const guides = [{ x: 1, label: 'base' }, { x: 1.02, label: 'best' }, { y: 0 }, { x: 3, label: 'far' }];
  const lines = RISING.lines.map(line => ({ ...line, bandName: '90 % interval' }));
  const rows = terminalPlot({ ...RISING, guides, lines, x: { label: '', to: 1.2 } }, { width: 44 }).split(
    '\n',
  );
  expect(rows[2]).toBe('                      base best');
  expect(rows[3]?.indexOf('┊')).toBe(24);
  expect(rows.at(-1)).toBe('  ⠤⠤⠤⠤ utility at 2:1 (shaded: 90 % interval)');
});

it('A terminal plot draws lines with different strokes', () => {
  const lineAt = (y: number) => ({ name: `at ${y}`, points: [[0, y] as const, [10, y] as const] });
  const text = terminalPlot(
    { title: '', x: { label: '' }, y: { label: '' }, lines: [lineAt(1), lineAt(2), lineAt(3)] },
    { width: 40, height: 5 },
  );
  const drawn = text.split('\n').filter(line => /[\u2801-\u28ff]/.test(line) && !line.includes('at '));
  expect(new Set(drawn.map(line => line.replace(/^[^┤│]*./, ''))).size).toBe(3);
});

it('A terminal plot fits the terminal and contains no escape sequence', () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.double({ min: -1e9, max: 1e9 }), fc.double())),
      fc.integer({ min: 40, max: 200 }),
      (points, width) => {
        const sorted = points.filter(([x]) => Number.isFinite(x)).toSorted((a, b) => a[0] - b[0]);
        const plot = { ...RISING, guides: [], lines: [{ name: 'any', points: sorted }] };
        const text = terminalPlot(plot, { width });
        for (const line of text.split('\n')) expect(textWidth(line)).toBeLessThanOrEqual(Math.max(40, width));
        expect(text).not.toContain('\u001b');
      },
    ),
  );
});

it('A terminal plot draws a single point', () => {
  const plot = { ...RISING, guides: [], lines: [{ name: 'one', points: [[3, 4] as const] }] };
  expect(terminalPlot(plot, { width: 40 })).toMatch(/┤ +[\u2801-\u28ff]/);
});

it('A terminal plot escapes control characters in names', () => {
  const plot = { ...RISING, title: '\u001b[2J', lines: [{ name: '\u001b[31m', points: [] }] };
  expect(terminalPlot(plot, { width: 40 })).not.toContain('\u001b');
});
